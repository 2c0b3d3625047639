//! Containers: for each place, the steps from what stands there to what should.

pub(crate) mod new;
mod succession;

pub(crate) use succession::{awaited_heir, farewell, hands_on, name_out_of_the_way};

use crate::images::is_awaited;
use crate::readiness::{Ending, Met, condition, early_probe, ending, lasting_at, not_running, runs};
use crate::unhealthy::{Sick, is_counted, sick};
use crate::view::{ServiceView, Slot, View, shared_services};
use crate::{Cause, Plan, Step, Wait, hooks};
use evenkeel_model::{
    Action, Condition, Container, ContainerState, EndedBy, Following, MountSource, Object, ServiceName, Target,
};
use new::{endpoints, links, new_container};

/// Adds the steps for the container of one place.
pub(crate) fn plan(view: &View<'_>, service: &ServiceView<'_>, slot: &Slot<'_>, target: Target, plan: &mut Plan) {
    match (slot.container, target) {
        (Some(container), _) if !view.is_ours(container) => {}
        // Left from before a reset: `orphans` removes it.
        (Some(container), Target::Stopped | Target::Paused) if container.epoch < view.input.desired.intent.epoch => {}
        (Some(container), Target::Stopped) => stop_if_running(view, service, container, plan),
        (Some(container), Target::Paused) => pause_if_running(container, plan),
        (Some(container), Target::Removed { volumes }) => leave(view, service, container, volumes, plan),
        (None, Target::Stopped | Target::Paused | Target::Removed { .. }) => {}
        (None, Target::Created) => create(view, service, slot, &Cause::Missing, Vec::new(), plan),
        (Some(container), Target::Created) => keep_created(view, service, slot, container, plan),
        (None, Target::Up) if view.is_completed(service, slot) => {}
        (None, Target::Up) => {
            let attempt = view.container_attempt(&slot.name);
            let cause = attempt.map_or(Cause::Missing, |attempt| Cause::Again { reason: attempt.reason.clone() });
            make(view, service, slot, &cause, Cleared::default(), plan);
        }
        (Some(container), Target::Up) if !is_alive(container) && view.is_completed(service, slot) => {
            // Its work is done, so nothing takes its place; it stays for its log unless something needs it gone.
            match view.undone_by(service, container) {
                None => keep(view, service, slot, container, plan),
                Some(cause) => plan.push(remove(container, cause, Vec::new())),
            }
        }
        (Some(container), Target::Up) => match view.misfit(service, container) {
            Some(cause) => replace(view, service, slot, container, &cause, plan),
            None => keep(view, service, slot, container, plan),
        },
    }
}

/// Stop, remove, make anew, start. The old container runs on until the new one's image is there.
fn replace(
    view: &View<'_>,
    service: &ServiceView<'_>,
    slot: &Slot<'_>,
    container: &Container,
    cause: &Cause,
    plan: &mut Plan,
) {
    let gone = clear(view, service, container, cause, plan);
    make(view, service, slot, cause, gone, plan);
}

/// Frees the place once the image of what takes it is there: stop and remove, or make way. What the new one's making and start wait
/// for.
fn clear(view: &View<'_>, service: &ServiceView<'_>, container: &Container, cause: &Cause, plan: &mut Plan) -> Cleared {
    let image = image_waits(view, service);
    if hands_on(view, container, cause) {
        return succession::make_way(view, container, image, cause, plan);
    }
    farewell(view, container, None, image, cause, plan);
    let before_making = vec![Wait::Gone { object: Object::Container(container.name.clone()) }];
    Cleared { before_making, before_start: Vec::new() }
}

/// A place that is being freed.
#[derive(Default)]
struct Cleared {
    before_making: Vec<Wait>,
    before_start: Vec<Wait>,
}

/// What exists and fits stays as it is, running or not; what does not fit is replaced and not started.
fn keep_created(view: &View<'_>, service: &ServiceView<'_>, slot: &Slot<'_>, container: &Container, plan: &mut Plan) {
    let Some(cause) = view.misfit(service, container) else {
        if container.state == ContainerState::Created && !container.whole {
            create(view, service, slot, &Cause::HalfMade, Vec::new(), plan);
        }
        return;
    };
    let cleared = clear(view, service, container, &cause, plan);
    create(view, service, slot, &cause, cleared.before_making, plan);
}

/// Stop and remove, those that depend on it and leave as well first.
fn leave(view: &View<'_>, service: &ServiceView<'_>, container: &Container, volumes: bool, plan: &mut Plan) {
    let mut before_removal = Vec::new();
    if is_alive(container) {
        let leaves = |name: &ServiceName| matches!(view.target(name), Some(Target::Removed { .. }));
        let waits_for = running_dependants(view, service.name, leaves);
        hooks::stop(view, container, view.input.desired.intent.grace_s, Cause::RemoveAsked, waits_for, plan);
        before_removal.push(Wait::Stopped { container: container.name.clone() });
    }
    let action = Action::RemoveContainer { container: container.name.clone(), volumes };
    plan.push(Step { action, cause: Cause::RemoveAsked, waits_for: before_removal });
}

/// Make and start.
fn make(view: &View<'_>, service: &ServiceView<'_>, slot: &Slot<'_>, cause: &Cause, cleared: Cleared, plan: &mut Plan) {
    let object = Object::Container(slot.name.clone());
    create(view, service, slot, cause, cleared.before_making, plan);
    let mut waits_for = vec![Wait::Exists { object }];
    waits_for.extend(cleared.before_start);
    waits_for.extend(dependency_waits(view, service));
    plan.push(Step { action: Action::StartContainer(slot.name.clone()), cause: Cause::NotStarted, waits_for });
}

/// Make.
fn create(
    view: &View<'_>,
    service: &ServiceView<'_>,
    slot: &Slot<'_>,
    cause: &Cause,
    before: Vec<Wait>,
    plan: &mut Plan,
) {
    let mut waits_for = before;
    waits_for.extend(resource_waits(view, service));
    let action = Action::CreateContainer(Box::new(new_container(view, service, slot)));
    plan.push(Step { action, cause: cause.clone(), waits_for });
}

/// Keep a container that fits doing what it should.
fn keep(view: &View<'_>, service: &ServiceView<'_>, slot: &Slot<'_>, container: &Container, plan: &mut Plan) {
    let start = |cause: Cause, mut waits_for: Vec<Wait>| {
        waits_for.extend(dependency_waits(view, service));
        Step { action: Action::StartContainer(container.name.clone()), cause, waits_for }
    };
    match &container.state {
        ContainerState::Created if !container.whole => {
            make(view, service, slot, &Cause::HalfMade, Cleared::default(), plan);
        }
        ContainerState::Created => plan.push(start(Cause::NotStarted, Vec::new())),
        ContainerState::Running { .. } | ContainerState::Paused | ContainerState::Restarting(_) => {
            if let Some(cause) = stale_run(view, service, container) {
                hooks::stop(view, container, view.input.desired.intent.grace_s, cause.clone(), Vec::new(), plan);
                plan.push(start(cause, vec![Wait::Stopped { container: container.name.clone() }]));
                return;
            }
            if restart_sick(view, service, container, plan) {
                return;
            }
            if container.state == ContainerState::Paused {
                let action = Action::UnpauseContainer(container.name.clone());
                plan.push(Step { action, cause: Cause::Paused, waits_for: Vec::new() });
            }
            if let Some(at) = lasting_at(view, container) {
                plan.look_again(view.by_our_clock(at));
            }
            reconnect(view, service, container, plan);
            hooks::after_start(view, service, container, plan);
            probe(view, service, container, plan);
        }
        ContainerState::Exited(exit) => match (stale_run(view, service, container), ending(service, container, exit)) {
            (Some(cause), _) => plan.push(start(cause, Vec::new())),
            // What is done stays done, though somebody has begun it again by hand and that went wrong.
            (None, Ending::Again) if view.is_completed(service, slot) => {}
            (None, Ending::Again) => {
                // One that we have ended ourselves because it was unhealthy is told by that.
                let counted = view.container_attempt(&container.name).filter(|attempt| {
                    exit.by != EndedBy::Itself && is_counted(view, container) && attempt.last_at != exit.at
                });
                let ended = || Cause::Ended { exit: exit.clone() };
                let cause = counted.map_or_else(ended, |attempt| Cause::Again { reason: attempt.reason.clone() });
                plan.push(start(cause, Vec::new()));
            }
            (None, Ending::Completed | Ending::Failed) => {}
        },
        ContainerState::Removing if view.is_completed(service, slot) => {}
        ContainerState::Removing => {
            let gone = Wait::Gone { object: Object::Container(container.name.clone()) };
            let cleared = Cleared { before_making: vec![gone], before_start: Vec::new() };
            make(view, service, slot, &Cause::Missing, cleared, plan);
        }
        ContainerState::Dead(_) => {}
    }
}

/// Why a container's present run must end, or, where it has ended, why a new one begins.
pub(crate) fn stale_run(view: &View<'_>, service: &ServiceView<'_>, container: &Container) -> Option<Cause> {
    let started_at = container.started_at?;
    if view.input.desired.intent.stale_runs.get(&container.name) == Some(&started_at) {
        return Some(Cause::RestartAsked);
    }
    // What has done its work does not do it again because something else has begun anew.
    let ended_by_itself = container.exit().is_some_and(|exit| exit.by == EndedBy::Itself);
    if ended_by_itself || (!is_alive(container) && view.is_done(service, &container.name)) {
        return None;
    }
    // Somebody has said that this run goes on.
    if view.input.desired.intent.excused_runs.get(&container.name) == Some(&started_at) {
        return None;
    }
    let ahead = followed(view, service).find(|(_, other)| {
        let following = beside(view, container, other);
        // One that was ended for it begins with it, however long that takes; one that runs is not ended for what does not.
        following.behind && (following.beside.is_some() || !is_alive(container))
    });
    ahead.map(|(dependency, _)| Cause::DependencyRestarted { dependency: dependency.clone() })
}

/// The containers that those of a service follow, with their services: when one begins anew, so do they.
pub(crate) fn followed<'a>(
    view: &View<'a>,
    service: &ServiceView<'a>,
) -> impl Iterator<Item = (&'a ServiceName, &'a Container)> {
    let restarting = service.service.depends_on.iter().filter(|(_, dependency)| dependency.restart);
    let others = restarting.filter_map(|(name, _)| view.services.get(name));
    // A job that runs again is no reason: it has done its work and ended by the time that others see it.
    let others = others.filter(|other| !other.is_job);
    others.flat_map(|other| other.slots.iter().filter_map(|slot| Some((other.name, slot.container?))))
}

/// How a container's newest run stands to that of one which it follows.
pub(crate) fn beside(view: &View<'_>, container: &Container, followed: &Container) -> Following {
    let run = container.started_at;
    let beside = followed.started_at.filter(|_| followed.is_running());
    let known = view.input.ledger.followings.get(&(container.name.clone(), followed.name.clone()));
    let behind = match known {
        Some(known) if known.run == run => known.behind || (beside.is_some() && known.beside != beside),
        // Its run began while that one was there.
        Some(known) if known.beside == beside => false,
        // Nobody saw which of them began first.
        _ => beside > run,
    };
    Following { run, beside, behind: behind && run.is_some() }
}

/// Ends an unhealthy run where the service's policy says so, and begins another. Says whether it does.
fn restart_sick(view: &View<'_>, service: &ServiceView<'_>, container: &Container, plan: &mut Plan) -> bool {
    let Some(Sick { due, reason }) = sick(view, service, container) else { return false };
    if due > view.engine_now() {
        plan.look_again(view.by_our_clock(due));
        return false;
    }
    let cause = Cause::Unhealthy { reason };
    hooks::stop(view, container, view.input.desired.intent.grace_s, cause.clone(), Vec::new(), plan);
    let waits_for = vec![Wait::Stopped { container: container.name.clone() }];
    plan.push(Step { action: Action::StartContainer(container.name.clone()), cause, waits_for });
    true
}

/// Attaches a container to the networks that it has lost, and once more to those where it lacks a name.
fn reconnect(view: &View<'_>, service: &ServiceView<'_>, container: &Container, plan: &mut Plan) {
    let lost = view.lost_networks(service, container);
    for (network, attachment) in endpoints(service, &container.name) {
        let cause = match container.networks.get(&network) {
            _ if lost.contains(&network) => Cause::NetworkLost { network: network.clone() },
            Some(there) => {
                match attachment.lost_alias(container.name.as_str(), |alias| there.aliases.contains(alias)) {
                    Some(alias) => Cause::AliasLost { network: network.clone(), alias: alias.clone() },
                    None => continue,
                }
            }
            // It has a network mode instead.
            None => continue,
        };
        let object = Object::Network(network.clone());
        let waits_for = if view.input.observed.networks.contains_key(&network) {
            Vec::new()
        } else {
            vec![Wait::Exists { object }]
        };
        let attachment = Box::new(attachment);
        let links = links(view, &service.service.container);
        let action = Action::ConnectNetwork { container: container.name.clone(), network, attachment, links };
        plan.push(Step { action, cause, waits_for });
    }
}

fn probe(view: &View<'_>, service: &ServiceView<'_>, container: &Container, plan: &mut Plan) {
    let Some((due, probe)) = early_probe(view, service, container) else { return };
    if due > view.engine_now() {
        plan.look_again(view.by_our_clock(due));
    } else {
        plan.push(Step { action: Action::ProbeContainer(probe), cause: Cause::Starting, waits_for: Vec::new() });
    }
}

/// Dependants that are asked to stop as well end first.
fn stop_if_running(view: &View<'_>, service: &ServiceView<'_>, container: &Container, plan: &mut Plan) {
    if !is_alive(container) {
        return;
    }
    let stops = |name: &ServiceName| view.target(name) == Some(Target::Stopped);
    let waits_for = running_dependants(view, service.name, stops);
    hooks::stop(view, container, view.input.desired.intent.grace_s, Cause::StopAsked, waits_for, plan);
}

/// What is paused as asked stays so, whatever its file says by now; a container that does not run has nothing to freeze.
fn pause_if_running(container: &Container, plan: &mut Plan) {
    if let ContainerState::Running { .. } = container.state {
        let action = Action::PauseContainer(container.name.clone());
        plan.push(Step { action, cause: Cause::PauseAsked, waits_for: Vec::new() });
    }
}

/// A wait for each running container of the services that depend on this one and are themselves on their way to a stop.
pub(crate) fn running_dependants(
    view: &View<'_>,
    name: &ServiceName,
    stops: impl Fn(&ServiceName) -> bool,
) -> Vec<Wait> {
    let dependants = crate::depends::dependants(&view.input.desired.stack);
    let dependants = dependants.get(name).into_iter().flatten().filter(|name| stops(name));
    let slots = dependants.filter_map(|name| view.services.get(*name)).flat_map(|service| &service.slots);
    let alive = slots
        .filter_map(|slot| slot.container)
        .filter(|container| view.is_ours(container) && is_alive(container) && !is_over(view, container));
    alive.map(|container| Wait::Stopped { container: container.name.clone() }).collect()
}

/// The oldest API of an engine that cleans up behind several containers of one network at a time, and never locks itself up over it
/// (moby/moby#46661).
const CLEANS_UP_TOGETHER: (u32, u32) = (1, 42);

/// Its process has ended, so that it needs nobody any more, though it takes the engine a tenth of a second to clean up behind it and show it.
/// One that ended by itself the engine may be about to start again.
fn is_over(view: &View<'_>, container: &Container) -> bool {
    container.died == Some(EndedBy::Outside) && view.input.observed.capabilities.api >= CLEANS_UP_TOGETHER
}

/// Its processes run, or the engine is about to start them again.
pub(crate) fn is_alive(container: &Container) -> bool {
    container.is_running() || matches!(container.state, ContainerState::Restarting(_))
}

/// Anonymous volumes go with the container only in a reset: removing data is never implied.
pub(crate) fn remove(container: &Container, cause: Cause, waits_for: Vec<Wait>) -> Step {
    let volumes = matches!(cause, Cause::Reset { .. });
    let action = Action::RemoveContainer { container: container.name.clone(), volumes };
    Step { action, cause, waits_for }
}

fn image_waits(view: &View<'_>, service: &ServiceView<'_>) -> Vec<Wait> {
    let image = service.service.container.image.iter();
    let awaited = image.filter(|image| is_awaited(view, image));
    awaited.map(|image| Wait::Exists { object: Object::Image(image.clone()) }).collect()
}

/// What must exist before a container can be made.
pub(crate) fn resource_waits(view: &View<'_>, service: &ServiceView<'_>) -> Vec<Wait> {
    let observed = view.input.observed;
    let spec = &service.service.container;
    let mut waits = image_waits(view, service);
    for name in spec.networks.keys() {
        if !observed.networks.contains_key(name) || crate::networks::must_be_replaced(view, name) {
            waits.push(Wait::Exists { object: Object::Network(name.clone()) });
        }
    }
    for mount in &spec.mounts {
        let MountSource::Volume { name, .. } = &mount.source else { continue };
        if !observed.volumes.contains_key(name) || crate::volumes::must_be_wiped(view, name) {
            waits.push(Wait::Exists { object: Object::Volume(name.clone()) });
        }
    }
    for parent in view.parents(service.service) {
        let fits = observed.containers.get(&parent).is_some_and(|container| {
            let owner = container.service.as_ref().and_then(|name| view.services.get(name));
            owner.is_some_and(|owner| view.misfit(owner, container).is_none())
        });
        if !fits {
            waits.push(Wait::Exists { object: Object::Container(parent) });
        }
    }
    waits
}

/// What must be so before a container may start.
pub(crate) fn dependency_waits(view: &View<'_>, service: &ServiceView<'_>) -> Vec<Wait> {
    let mut waits = predecessors(view, service);
    let shared = shared_services(service.service);
    for (name, dependency) in &service.service.depends_on {
        let Some(other) = view.services.get(name) else { continue };
        if view.target(name) != Some(Target::Up) {
            // A dependency that nobody asked for (`--no-deps`, or stopped) is not waited for, unless its namespace is shared.
            if shared.contains(name) && !runs(other) {
                waits.push(Wait::Dependency { service: name.clone(), condition: Condition::Started });
            }
            continue;
        }
        // A namespace can only be shared with a container that runs.
        let met = match shared.contains(name) {
            true => not_running(view, other).unwrap_or_else(|| condition(view, other, dependency.condition)),
            false => condition(view, other, dependency.condition),
        };
        match met {
            Met::Yes => {}
            Met::NotYet => waits.push(Wait::Dependency { service: name.clone(), condition: dependency.condition }),
            Met::Never(_) if !dependency.required => {}
            Met::Never(because) => waits.push(Wait::Never { service: name.clone(), because }),
        }
    }
    waits
}

/// A wait for each container that runs in a place of the service under a name that the place no longer has: the two would want
/// the same ports and data.
fn predecessors(view: &View<'_>, service: &ServiceView<'_>) -> Vec<Wait> {
    let in_its_place = |container: &&Container| {
        is_alive(container) && service.slots.iter().any(|slot| slot.number == container.number)
    };
    let renamed = view.displaced(service.name).filter(in_its_place);
    renamed.map(|container| Wait::Stopped { container: container.name.clone() }).collect()
}
