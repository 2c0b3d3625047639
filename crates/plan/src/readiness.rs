//! When a container is ready, how its end is to be read, whether a dependency is met, and when to probe early.

use crate::attempt::LOOP;
use crate::containers::stale_run;
use crate::hooks::has_begun;
use crate::view::{ServiceView, Slot, View};
use crate::wait::Never;
use chrono::TimeDelta;
use evenkeel_model::{
    Condition, Container, ContainerState, EndedBy, Exit, Health, Probe, RestartPolicy, Service, ServiceName, Stack,
    Timestamp,
};
use std::collections::BTreeSet;

/// Whether a container's service can be used: its healthcheck passes, or it runs and has none.
pub(crate) fn is_ready(container: &Container) -> bool {
    match &container.state {
        ContainerState::Running { .. } if container.died.is_some() => false,
        ContainerState::Running { health: Health::None | Health::Healthy { .. } } => true,
        // An early pass counts until the native healthcheck has its first word.
        ContainerState::Running { health: Health::Starting } => {
            container.early_probe.as_ref().is_some_and(|probe| probe.passed)
        }
        ContainerState::Running { health: Health::Unhealthy { .. } }
        | ContainerState::Created
        | ContainerState::Paused
        | ContainerState::Restarting(_)
        | ContainerState::Exited(_)
        | ContainerState::Removing
        | ContainerState::Dead(_) => false,
    }
}

/// Whether a run without a healthcheck is more than a lucky sample: it must have lasted so long before an operation calls it running. Those
/// that depend on its start do not wait for this.
const LASTING: TimeDelta = TimeDelta::milliseconds(500);
/// The same for one whose processes were seen to rest: what fails as it begins is busy until then. Not for one that has failed before.
const LASTING_AT_REST: TimeDelta = TimeDelta::milliseconds(100);

/// A run so young, of a container that was started again and again, may be another turn of the loop.
const SETTLED: TimeDelta = TimeDelta::seconds(10);

/// The failures of a container whose present run proves nothing yet, and when, by the engine's clock, it will: in a loop once it has settled; where no
/// healthcheck vouches for it, once it is more than a lucky sample. `None` for any other.
fn unproved(view: &View<'_>, container: &Container) -> Option<(u32, Timestamp)> {
    let ContainerState::Running { health: health @ (Health::None | Health::Starting | Health::Unhealthy { .. }) } =
        &container.state
    else {
        return None;
    };
    let ours = view.container_attempt(&container.name).map_or(0, |attempt| attempt.failures);
    let failures = container.restart_count.max(ours);
    let rests = container.early_probe.as_ref().is_some_and(|probe| probe.passed);
    let lasting = match (failures, health) {
        (LOOP.., _) => SETTLED,
        (0, Health::None) if rests => LASTING_AT_REST,
        (_, Health::None) => LASTING,
        _ => return None,
    };
    let started_at = container.started_at?;
    let young = (view.engine_now() - started_at).abs() < lasting;
    young.then(|| (failures, started_at + lasting))
}

/// Whether a container's present run is more than a lucky sample, as far as can be told by now.
pub(crate) fn lasts(view: &View<'_>, container: &Container) -> bool {
    unproved(view, container).is_none()
}

/// The failures of a container whose present run may be another turn of them. `None` for any other.
pub(crate) fn looping(view: &View<'_>, container: &Container) -> Option<u32> {
    unproved(view, container).map(|(failures, _)| failures).filter(|failures| *failures > 0)
}

/// When, by the engine's clock, a running container without an event may be told from what it was: its run has lasted, or its loop is over.
pub(crate) fn lasting_at(view: &View<'_>, container: &Container) -> Option<Timestamp> {
    let lives = container.died.is_none();
    unproved(view, container).map(|(_, at)| at).filter(|at| lives && *at > view.engine_now())
}

/// What a container's end means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// A job is done.
    Completed,
    /// It stays so until somebody asks again.
    Failed,
    /// It must run again: it crashed, or somebody stopped it behind our back.
    Again,
}

/// Reads the end of a run that the engine itself will not repeat: the table "who restarts what" of the architecture.
pub(crate) fn ending(service: &ServiceView<'_>, container: &Container, exit: &Exit) -> Ending {
    let policy = service.service.container.restart;
    let by_itself = ended_by_itself(service, container, exit);
    match policy {
        // The engine restarts these whenever they end by themselves; an end that stays came from outside.
        Some(RestartPolicy::Always | RestartPolicy::UnlessStopped) if !service.is_job => Ending::Again,
        _ if exit.code == 0 && by_itself => Ending::Completed,
        _ if !by_itself => Ending::Again,
        Some(RestartPolicy::No | RestartPolicy::OnFailure(_)) => Ending::Failed,
        Some(RestartPolicy::Always | RestartPolicy::UnlessStopped) => Ending::Again,
        None if service.is_job => Ending::Failed,
        None => Ending::Again,
    }
}

/// Whether the main process ended on its own account. Where the end was not seen it is told from the traces: a signal's exit
/// code means somebody sent one, and a server does not end with 0 unasked.
fn ended_by_itself(service: &ServiceView<'_>, container: &Container, exit: &Exit) -> bool {
    match exit.by {
        EndedBy::Itself => true,
        EndedBy::Outside => false,
        EndedBy::Unknown if exit.oom => true,
        EndedBy::Unknown if exit.code == 0 => service.is_job || !is_server(service.service, container),
        EndedBy::Unknown => !matches!(exit.code, 130 | 137 | 143),
    }
}

/// Somebody reaches it by a port, or asks for its health.
fn is_server(service: &Service, container: &Container) -> bool {
    container.has_healthcheck || !service.container.ports.is_empty() || !service.container.expose.is_empty()
}

/// Whether a dependency's condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Met {
    Yes,
    NotYet,
    Never(Never),
}

/// Evaluates a condition over all containers of a service: the worst of them decides.
pub(crate) fn condition(view: &View<'_>, service: &ServiceView<'_>, condition: Condition) -> Met {
    let mut met = Met::Yes;
    for slot in &service.slots {
        match slot_condition(view, service, slot, condition) {
            Met::Yes => {}
            Met::NotYet => met = Met::NotYet,
            never @ Met::Never(_) => return never,
        }
    }
    met
}

/// Whether a service's first container, whose namespaces others share, runs.
pub(crate) fn runs(service: &ServiceView<'_>) -> bool {
    let container = service.slots.first().and_then(|slot| slot.container);
    container.is_some_and(|container| container.is_running() && container.died.is_none())
}

/// Why a service's first container, whose namespaces others share, does not run; `None` where it does.
pub(crate) fn not_running(view: &View<'_>, service: &ServiceView<'_>) -> Option<Met> {
    let Some(container) = service.slots.first().and_then(|slot| slot.container) else { return Some(Met::NotYet) };
    match &container.state {
        // It is about to begin anew.
        ContainerState::Exited(_) if stale_run(view, service, container).is_some() => Some(Met::NotYet),
        _ if container.died.is_some() => Some(Met::NotYet),
        ContainerState::Running { .. } | ContainerState::Paused => None,
        ContainerState::Exited(exit) => match ending(service, container, exit) {
            Ending::Again => Some(Met::NotYet),
            Ending::Completed | Ending::Failed => Some(Met::Never(Never::Exited { code: exit.code })),
        },
        ContainerState::Created
        | ContainerState::Restarting(_)
        | ContainerState::Removing
        | ContainerState::Dead(_) => Some(Met::NotYet),
    }
}

fn slot_condition(view: &View<'_>, service: &ServiceView<'_>, slot: &Slot<'_>, condition: Condition) -> Met {
    let completed = view.is_completed(service, slot);
    if completed && condition != Condition::Healthy {
        return Met::Yes;
    }
    let Some(container) = slot.container.filter(|container| view.misfit(service, container).is_none()) else {
        return Met::NotYet;
    };
    // Its run is over before a dependant could make use of it.
    if stale_run(view, service, container).is_some() {
        return Met::NotYet;
    }
    // What its hooks prepare is not there yet.
    if !has_begun(view, service, container) {
        return Met::NotYet;
    }
    let ended = match &container.state {
        ContainerState::Exited(exit) => Some((ending(service, container, exit), exit.code)),
        _ => None,
    };
    match (condition, ended) {
        (_, Some((Ending::Again, _))) => Met::NotYet,
        (Condition::Started, Some(_)) => Met::Yes,
        (Condition::Started, None) => yes_if(container.is_running()),
        (Condition::Completed, Some((Ending::Completed, _))) => Met::Yes,
        (Condition::Completed, None) => Met::NotYet,
        (Condition::Completed | Condition::Healthy, Some((_, code))) => Met::Never(Never::Exited { code }),
        (Condition::Healthy, None) if container.is_running() && !container.has_healthcheck => {
            Met::Never(Never::NoHealthcheck)
        }
        (Condition::Healthy, None) => yes_if(is_ready(container)),
    }
}

fn yes_if(holds: bool) -> Met {
    if holds { Met::Yes } else { Met::NotYet }
}

/// The shortest and the longest pause between looks at a container that should listen, until it does: a tenth of what it has taken so far.
const LOOK: (TimeDelta, TimeDelta) = (TimeDelta::milliseconds(50), TimeDelta::milliseconds(250));
/// The first probe of a container of which nothing is known: some checks cost seconds of CPU and slow what they wait for. Where the engine
/// sees to it that the container is quiet first, it may come sooner.
const BLIND: TimeDelta = TimeDelta::seconds(3);
const BLIND_AND_QUIET: TimeDelta = TimeDelta::seconds(1);
/// The shortest and the longest pause between two probes.
const PAUSE: (TimeDelta, TimeDelta) = (TimeDelta::milliseconds(250), TimeDelta::seconds(3));
/// Between them, the pause is so many times what the probe took. On the engine's host one waits besides until the container is quiet; elsewhere nobody
/// knows what a probe costs those who are still starting.
const PAID_LOCALLY: i64 = 1;
const PAID_ELSEWHERE: i64 = 4;

/// Whether what is dated so was before the engine's clock was set back. One that is elsewhere is known to some hundredths of a second alone.
fn is_to_come(view: &View<'_>, at: Timestamp) -> bool {
    at - view.engine_now() > TimeDelta::seconds(5)
}

/// When, by the engine's clock, a container that has just been started should be probed ahead of the engine, and how; `None` where it should not.
pub(crate) fn early_probe(
    view: &View<'_>,
    service: &ServiceView<'_>,
    container: &Container,
) -> Option<(Timestamp, Probe)> {
    // It would answer for the next run only, and hold up that one's own.
    if container.died.is_some() {
        return None;
    }
    if container.state == (ContainerState::Running { health: Health::None }) {
        return rest_probe(view, container);
    }
    let starting = matches!(container.state, ContainerState::Running { health: Health::Starting });
    let passed = container.early_probe.as_ref().is_some_and(|probe| probe.passed);
    let started_at = container.started_at?;
    if !starting || passed {
        return None;
    }
    let expects_ports = expected_ports(&view.input.desired.stack, service.name, service.service);
    // Whether it listens cannot be seen from afar, and a check that passes without it may be a database initialising.
    let local = view.input.observed.capabilities.local;
    if !expects_ports.is_empty() && !local {
        return None;
    }
    let times = if local { PAID_LOCALLY } else { PAID_ELSEWHERE };
    let due = match &container.early_probe {
        None if is_to_come(view, started_at) => view.engine_now(),
        Some(last) if is_to_come(view, last.at) => view.engine_now(),
        None if expects_ports.is_empty() => started_at + if local { BLIND_AND_QUIET } else { BLIND },
        None => started_at + LOOK.0,
        Some(last) if last.listening == Some(false) => last.at + ((last.at - started_at) / 10).clamp(LOOK.0, LOOK.1),
        Some(last) => {
            let paid = TimeDelta::milliseconds(i64::try_from(last.took_ms).unwrap_or(i64::MAX).saturating_mul(times));
            last.at + paid.clamp(PAUSE.0, PAUSE.1)
        }
    };
    let timeout_ms = service.service.container.healthcheck.as_ref().and_then(|check| check.timeout_ns);
    let timeout_ms =
        timeout_ms.and_then(|ns| u64::try_from(ns / 1_000_000).ok()).filter(|ms| *ms > 0).unwrap_or(30_000);
    Some((due, Probe { container: container.name.clone(), timeout_ms, expects_ports }))
}

/// The same for one without a healthcheck: whether its processes rest, where that can be seen and makes a difference.
fn rest_probe(view: &View<'_>, container: &Container) -> Option<(Timestamp, Probe)> {
    let (failures, until) = unproved(view, container)?;
    if failures > 0 || container.early_probe.is_some() || !view.input.observed.capabilities.local {
        return None;
    }
    let left = (until - view.engine_now()).num_milliseconds();
    let timeout_ms = u64::try_from(left).ok().filter(|left| *left > 0)?;
    let probe = Probe { container: container.name.clone(), timeout_ms, expects_ports: BTreeSet::new() };
    Some((view.engine_now(), probe))
}

/// The TCP ports on which a service is expected to listen: those it publishes or exposes, and those by which another service
/// addresses it (`postgres:5432` in a variable or an argument). An image's EXPOSE is no evidence: Airflow's scheduler shares
/// its image with the webserver.
pub(crate) fn expected_ports(stack: &Stack, name: &ServiceName, service: &Service) -> BTreeSet<u16> {
    let tcp = evenkeel_model::Protocol::Tcp;
    let spec = &service.container;
    let published = spec.ports.iter().filter(|port| port.protocol == tcp).map(|port| port.target);
    let exposed = spec.expose.iter().filter(|(_, protocol)| *protocol == tcp).map(|(port, _)| *port);
    let mut ports: BTreeSet<u16> = published.chain(exposed).collect();
    let needle = format!("{name}:");
    for other in stack.services.iter().filter(|(other, _)| *other != name).map(|(_, other)| &other.container) {
        let values = other.environment.values().flatten();
        let words = other.command.iter().chain(&other.entrypoint).flatten();
        ports.extend(values.chain(words).flat_map(|text| addressed_ports(text, &needle)));
    }
    ports
}

/// The numbers after each whole-word occurrence of `name:` in a text.
fn addressed_ports<'t>(text: &'t str, needle: &'t str) -> impl Iterator<Item = u16> + 't {
    text.match_indices(needle).filter_map(move |(start, _)| {
        let before = text[..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) {
            return None;
        }
        let rest = &text[start + needle.len()..];
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok().filter(|port| *port != 0)
    })
}
