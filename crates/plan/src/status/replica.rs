//! What one place for a container is doing.

use super::{Replica, ServiceState};
use crate::attempt::{LOOP, held_until};
use crate::containers::stale_run;
use crate::hooks::{has_begun, ran};
use crate::readiness::{Ending, ending, is_ready, lasts, looping};
use crate::unhealthy::is_counted;
use crate::view::{ServiceView, Slot, View};
use crate::{Cause, Plan, Wait, render};
use chrono::TimeDelta;
use evenkeel_model::{
    Action, Attempt, Container, ContainerState, Exit, Goal, Health, HookMoment, MountSource, Object, Target, Timestamp,
};

pub(super) fn replica(view: &View<'_>, service: &ServiceView<'_>, slot: &Slot<'_>, plan: &Plan) -> Replica {
    let container = slot.container;
    let (mut state, since) = match container {
        Some(container) if !view.is_ours(container) => (taken(container), container.created_at),
        Some(container) => present(view, service, slot, container, plan),
        None => (absent(view, service, slot), view.input.now),
    };
    let last_words = last_words(view, slot, &state);
    if let (ServiceState::Failed { reason, .. } | ServiceState::Restarting { reason, .. }, Some(words)) =
        (&mut state, &last_words)
    {
        reason.push_str(&render::last_words(words));
    }
    Replica {
        container: slot.name.clone(),
        state,
        last_words,
        since,
        created_at: container.map(|container| container.created_at),
        started_at: container.and_then(|container| container.started_at),
        lasts: container.is_none_or(|container| lasts(view, container)),
        ports: container.map(|container| container.ports.clone()).unwrap_or_default(),
    }
}

/// What a container that has failed said before it ended: of the end that is told, or, in a loop, of one shortly before it.
fn last_words(view: &View<'_>, slot: &Slot<'_>, state: &ServiceState) -> Option<String> {
    let (ServiceState::Failed { exit, .. } | ServiceState::Restarting { exit, .. }) = state else { return None };
    let started_at = slot.container.and_then(|container| container.started_at);
    let told = exit.as_ref().map(|exit| exit.at).or(started_at).unwrap_or(view.engine_now());
    let words = view.input.ledger.last_words.get(&slot.name)?;
    (told - words.exit_at <= TimeDelta::minutes(1)).then(|| words.text.clone())
}

fn taken(container: &Container) -> ServiceState {
    let reason = format!(
        "the name {} is taken by a container that Evenkeel did not make; remove or rename that container",
        container.name
    );
    ServiceState::Failed { exit: None, failures: 0, next_attempt_at: None, reason }
}

fn absent(view: &View<'_>, service: &ServiceView<'_>, slot: &Slot<'_>) -> ServiceState {
    let target = view.target(service.name).filter(|_| view.input.desired.intent.goal == Goal::Up);
    if !target.is_some_and(Target::is_made) {
        return ServiceState::Stopped;
    }
    if target == Some(Target::Up) && view.is_completed(service, slot) {
        return ServiceState::Completed;
    }
    let object = Object::Container(slot.name.clone());
    let blocked = std::iter::once(object).chain(resources(service)).find_map(|object| view.attempt(&object));
    blocked.map_or(ServiceState::Creating, |attempt| after(attempt, None, view.input.now, ServiceState::Creating))
}

/// The objects that a service's containers cannot be made without.
fn resources(service: &ServiceView<'_>) -> impl Iterator<Item = Object> {
    let spec = &service.service.container;
    let images = spec.image.iter().cloned().map(Object::Image);
    let networks = spec.networks.keys().cloned().map(Object::Network);
    let volumes = spec.mounts.iter().filter_map(|mount| match &mount.source {
        MountSource::Volume { name, .. } => Some(Object::Volume(name.clone())),
        _ => None,
    });
    images.chain(networks).chain(volumes)
}

fn present(
    view: &View<'_>,
    service: &ServiceView<'_>,
    slot: &Slot<'_>,
    container: &Container,
    plan: &Plan,
) -> (ServiceState, Timestamp) {
    let started = container.started_at.unwrap_or(container.created_at);
    let intent = &view.input.desired.intent;
    let target = view.target(service.name).filter(|_| intent.goal == Goal::Up);
    if intent.goal != Goal::Up || matches!(target, Some(Target::Stopped | Target::Paused)) {
        let frozen = target == Some(Target::Paused) && container.state == ContainerState::Paused;
        let alive = crate::containers::is_alive(container) && !frozen;
        let since = container.exit().map_or(started, |exit| exit.at);
        return (if alive { ServiceState::Stopping } else { ServiceState::Stopped }, since);
    }
    if let Some(Target::Removed { .. }) = target {
        return (ServiceState::Stopping, view.input.now);
    }
    let resting = !crate::containers::is_alive(container);
    if target == Some(Target::Created) && resting {
        let object = Object::Container(container.name.clone());
        if plan.steps.iter().any(|step| step.action.object() == object) {
            return (absent(view, service, slot), view.input.now);
        }
        return (ServiceState::Stopped, container.exit().map_or(container.created_at, |exit| exit.at));
    }
    let leaving = plan.steps.iter().any(|step| match &step.action {
        // One that is unhealthy goes on until its back-off is over.
        Action::StopContainer { container: name, .. } => {
            *name == container.name && (step.waits_for.is_empty() || !matches!(step.cause, Cause::Unhealthy { .. }))
        }
        _ => false,
    });
    if leaving && crate::containers::is_alive(container) {
        return (ServiceState::Stopping, view.input.now);
    }
    match &container.state {
        ContainerState::Created => (waiting(view, container, plan), container.created_at),
        // In a loop it is restarting all along.
        ContainerState::Running { .. } if container.died.is_some() && looping(view, container).is_none() => {
            (ServiceState::Stopping, view.input.now)
        }
        ContainerState::Running { health } => {
            let state = unreachable(view, service, container).or_else(|| hooked(view, service, container));
            let state = state.unwrap_or_else(|| running(view, container, health));
            (state, ready_since(view, container, started))
        }

        ContainerState::Paused => (ServiceState::Unknown { reason: "it is paused and will go on".to_owned() }, started),
        ContainerState::Restarting(exit) => (in_loop(view, container, exit), exit.at),
        ContainerState::Removing => (ServiceState::Stopping, view.input.now),
        ContainerState::Dead(exit) => (ServiceState::Stopping, exit.at),
        ContainerState::Exited(exit) => (ended(view, service, slot, container, exit, plan), exit.at),
    }
}

fn waiting(view: &View<'_>, container: &Container, plan: &Plan) -> ServiceState {
    let waits_for = start_waits(container, plan);
    let pending = ServiceState::Pending { waits_for };
    let attempt = view.container_attempt(&container.name);
    attempt.map_or(pending.clone(), |attempt| after(attempt, container.exit().cloned(), view.input.now, pending))
}

/// What the container's next start waits for, apart from a back-off, which has a state of its own.
fn start_waits(container: &Container, plan: &Plan) -> Vec<Wait> {
    let start = plan.steps.iter().find(|step| step.action == Action::StartContainer(container.name.clone()));
    let waits = start.map(|step| step.waits_for.clone()).unwrap_or_default();
    waits.into_iter().filter(|wait| !matches!(wait, Wait::Until { .. })).collect()
}

fn running(view: &View<'_>, container: &Container, health: &Health) -> ServiceState {
    if let Some(failures) = looping(view, container) {
        let engine = || "the engine starts it again by its restart policy".to_owned();
        let reason = view.container_attempt(&container.name).map_or_else(engine, |attempt| attempt.reason.clone());
        return ServiceState::Restarting { next_attempt_at: view.input.now, failures, exit: None, reason };
    }
    // Ended again and again for its health, with a longer and longer pause.
    let failing = view.container_attempt(&container.name).filter(|attempt| attempt.failures >= LOOP);
    let failing = failing.filter(|_| matches!(health, Health::Unhealthy { .. }) && is_counted(view, container));
    if let Some(attempt) = failing {
        return after(attempt, None, view.input.now, ServiceState::Starting);
    }
    match health {
        _ if is_ready(container) && *health == Health::None => ServiceState::Running,
        _ if is_ready(container) => ServiceState::Healthy,
        Health::Unhealthy { streak, output, .. } => ServiceState::Unhealthy { streak: *streak, output: output.clone() },
        Health::None | Health::Starting | Health::Healthy { .. } => ServiceState::Starting,
    }
}

/// It runs, and those who need it cannot reach it.
fn unreachable(view: &View<'_>, service: &ServiceView<'_>, container: &Container) -> Option<ServiceState> {
    let network = view.lost_networks(service, container).into_iter().next()?;
    Some(ServiceState::Unhealthy { streak: 0, output: format!("is not attached to network {network}") })
}

/// It runs, and its hooks are not through, or have failed.
fn hooked(view: &View<'_>, service: &ServiceView<'_>, container: &Container) -> Option<ServiceState> {
    if has_begun(view, service, container) {
        return None;
    }
    Some(match ran(view, container, HookMoment::PostStart).and_then(|ran| ran.failed.clone()) {
        None => ServiceState::Starting,
        Some(reason) => ServiceState::Failed { exit: None, failures: 1, next_attempt_at: None, reason },
    })
}

fn ready_since(view: &View<'_>, container: &Container, started: Timestamp) -> Timestamp {
    let hooks = ran(view, container, HookMoment::PostStart).map_or(started, |ran| ran.at);
    healthy_since(container, started).max(hooks)
}

fn healthy_since(container: &Container, started: Timestamp) -> Timestamp {
    match &container.state {
        ContainerState::Running { health: Health::Healthy { since } | Health::Unhealthy { since, .. } } => {
            // The native word comes up to one interval after an early pass.
            container.early_probe.as_ref().filter(|probe| probe.passed).map_or(*since, |probe| probe.at.min(*since))
        }
        ContainerState::Running { health: Health::Starting } => {
            container.early_probe.as_ref().filter(|probe| probe.passed).map_or(started, |probe| probe.at)
        }
        _ => started,
    }
}

fn in_loop(view: &View<'_>, container: &Container, exit: &Exit) -> ServiceState {
    let failures = container.restart_count;
    let reason = render::exit(exit);
    if failures >= LOOP {
        return ServiceState::Failed { exit: Some(exit.clone()), failures, next_attempt_at: None, reason };
    }
    ServiceState::Restarting {
        next_attempt_at: view.input.now,
        failures: failures.max(1),
        exit: Some(exit.clone()),
        reason,
    }
}

fn ended(
    view: &View<'_>,
    service: &ServiceView<'_>,
    slot: &Slot<'_>,
    container: &Container,
    exit: &Exit,
    plan: &Plan,
) -> ServiceState {
    if view.is_completed(service, slot) {
        return ServiceState::Completed;
    }
    if stale_run(view, service, container).is_some() || view.misfit(service, container).is_some() {
        return ServiceState::Pending { waits_for: start_waits(container, plan) };
    }
    match ending(service, container, exit) {
        Ending::Completed => ServiceState::Completed,
        Ending::Failed => ServiceState::Failed {
            exit: Some(exit.clone()),
            failures: 1,
            next_attempt_at: None,
            reason: render::exit(exit),
        },
        Ending::Again => {
            let pending = ServiceState::Pending { waits_for: start_waits(container, plan) };
            let attempt = view.container_attempt(&container.name);
            attempt.map_or(pending.clone(), |attempt| after(attempt, Some(exit.clone()), view.input.now, pending))
        }
    }
}

/// The state of something that failed: it waits for its next attempt, or counts as failed; `meanwhile` once that is due.
fn after(attempt: &Attempt, exit: Option<Exit>, now: Timestamp, meanwhile: ServiceState) -> ServiceState {
    let (failures, reason) = (attempt.failures, attempt.reason.clone());
    if failures >= LOOP || attempt.refused {
        return ServiceState::Failed { exit, failures, next_attempt_at: Some(attempt.next_at), reason };
    }
    match held_until(attempt, now) {
        Some(next_attempt_at) => ServiceState::Restarting { next_attempt_at, failures, exit, reason },
        None => meanwhile,
    }
}
