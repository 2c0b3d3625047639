//! What must be written down before it is acted upon: ends of containers that count as failures, and jobs that are done.

use crate::Input;
use crate::attempt::{after_failure, as_refusal};
use crate::containers::{beside, followed, stale_run};
use crate::readiness::{Ending, ending};
use crate::render;
use crate::unhealthy::{is_counted, sick};
use crate::view::{ServiceView, Slot, View};
use chrono::TimeDelta;
use evenkeel_model::{
    Completion, Container, ContainerName, ContainerState, EndedBy, Exit, Goal, Ledger, LedgerUpdate, Object, Observed,
    Target, Timestamp,
};
use std::collections::BTreeMap;

/// The updates that a stack's ledger needs because of what is observed. `previous` is the observation before, if this daemon
/// made one; `ours` says whether we ourselves removed an object since, or are
/// about to.
pub fn account(input: Input<'_>, previous: Option<&Observed>, ours: &dyn Fn(&Object) -> bool) -> Vec<LedgerUpdate> {
    if input.desired.intent.goal != Goal::Up {
        return Vec::new();
    }
    let view = View::new(input);
    let mut updates = Vec::new();
    for service in view.services.values().filter(|service| view.target(service.name) == Some(Target::Up)) {
        for slot in &service.slots {
            updates.extend(slot.container.into_iter().flat_map(|container| seen_together(&view, service, container)));
            let end = at_its_end(&view, slot, ours);
            updates.extend(end.and_then(|end| completed(&view, service, slot, end)));
            // Whoever holds the stack may break it: that counts for nothing.
            if !input.desired.intent.held {
                updates.extend(end.and_then(|end| ended(&view, service, slot, end)));
                updates.extend(unhealthy(&view, service, slot));
                updates.extend(vanished(&view, service, slot, previous, ours));
            }
        }
    }
    updates
}

/// The update after an action on an object failed, or was refused for good.
pub fn failed(ledger: &Ledger, object: Object, now: Timestamp, reason: String, refused: bool) -> LedgerUpdate {
    let attempt = after_failure(&object, ledger.attempts.get(&object), now, now, reason);
    let attempt = if refused { as_refusal(attempt, now) } else { attempt };
    LedgerUpdate::Failed { object, attempt }
}

/// The containers of services that should be up whose run ended for good, each with the start of that run: what a new request
/// tries again.
pub fn failed_runs(input: Input<'_>) -> BTreeMap<ContainerName, Timestamp> {
    let view = View::new(input);
    let mut runs = BTreeMap::new();
    for service in view.services.values() {
        // What is done stays done, though somebody has begun it again by hand and that went wrong.
        let open = service.slots.iter().filter(|slot| !view.is_completed(service, slot));
        for container in open.filter_map(|slot| slot.container) {
            let ContainerState::Exited(exit) = &container.state else { continue };
            if let (Ending::Failed, Some(started_at)) = (ending(service, container, exit), container.started_at) {
                runs.insert(container.name.clone(), started_at);
            }
        }
    }
    runs
}

/// A container's run beside those of what it follows, where that is not known yet.
fn seen_together(view: &View<'_>, service: &ServiceView<'_>, container: &Container) -> Vec<LedgerUpdate> {
    let mut updates = Vec::new();
    for (_, followed) in followed(view, service).filter(|_| view.is_ours(container)) {
        let key = (container.name.clone(), followed.name.clone());
        let following = beside(view, container, followed);
        if view.input.ledger.followings.get(&key) != Some(&following) {
            updates.push(LedgerUpdate::Follows { container: key.0, followed: key.1, following });
        }
    }
    updates
}

/// A container of ours that has ended in its place, and how.
fn at_its_end<'a>(
    view: &View<'a>,
    slot: &Slot<'a>,
    ours: &dyn Fn(&Object) -> bool,
) -> Option<(&'a Container, &'a Exit)> {
    let container = slot.container.filter(|container| view.is_ours(container))?;
    match &container.state {
        // On its way out, what it did belongs to what was before.
        ContainerState::Exited(exit) if !ours(&Object::Container(slot.name.clone())) => Some((container, exit)),
        _ => None,
    }
}

/// A job that is done, written down once.
fn completed(
    view: &View<'_>,
    service: &ServiceView<'_>,
    slot: &Slot<'_>,
    (container, exit): (&Container, &Exit),
) -> Option<LedgerUpdate> {
    let counts = ending(service, container, exit) == Ending::Completed
        && view.undone_by(service, container).is_none()
        && stale_run(view, service, container).is_none();
    (counts && !view.is_completed(service, slot)).then(|| LedgerUpdate::Completed {
        container: slot.name.clone(),
        completion: Completion {
            service: service.name.clone(),
            spec_hash: service.hash.clone(),
            epoch: view.input.desired.intent.epoch,
            container_id: container.id.clone(),
            started_at: container.started_at.unwrap_or(container.created_at),
            finished_at: exit.at,
        },
    })
}

/// A run that is to begin again, counted once.
fn ended(
    view: &View<'_>,
    service: &ServiceView<'_>,
    slot: &Slot<'_>,
    (container, exit): (&Container, &Exit),
) -> Option<LedgerUpdate> {
    let again = ending(service, container, exit) == Ending::Again
        && view.misfit(service, container).is_none()
        && stale_run(view, service, container).is_none();
    // Its run may have been ended because of what has been counted already.
    let counted = exit.by != EndedBy::Itself && is_counted(view, container);
    if !again || counted || view.is_completed(service, slot) {
        return None;
    }
    failure(view, slot, exit.at, || render::exit(exit))
}

/// An unhealthy run that is to be ended, counted once.
fn unhealthy(view: &View<'_>, service: &ServiceView<'_>, slot: &Slot<'_>) -> Option<LedgerUpdate> {
    let container = slot.container.filter(|container| view.is_ours(container))?;
    if view.misfit(service, container).is_some() || stale_run(view, service, container).is_some() {
        return None;
    }
    let sick = sick(view, service, container).filter(|sick| sick.due <= view.engine_now())?;
    // Where the engine's clock was set back since it began, the same run must not fail twice.
    let at = container.started_at.map_or(view.engine_now(), |started_at| started_at.max(view.engine_now()));
    if is_counted(view, container) { None } else { failure(view, slot, at, || sick.reason) }
}

fn vanished(
    view: &View<'_>,
    service: &ServiceView<'_>,
    slot: &Slot<'_>,
    previous: Option<&Observed>,
    ours: &dyn Fn(&Object) -> bool,
) -> Option<LedgerUpdate> {
    let was_there = previous?.containers.get(&slot.name).is_some_and(|container| view.is_ours(container));
    let gone = slot.container.is_none() && was_there && !view.is_completed(service, slot);
    if !gone || ours(&Object::Container(slot.name.clone())) {
        return None;
    }
    failure(view, slot, view.engine_now(), || "it was removed from outside".to_owned())
}

/// A container whose run ended though it should go on, or badly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Which.
    pub container: ContainerName,
    /// When that run began.
    pub started_at: Timestamp,
    /// When it ended.
    pub exit_at: Timestamp,
}

/// Last words in a loop of the engine's own are asked for no more often than this.
const HEARD: TimeDelta = TimeDelta::seconds(10);

/// The containers whose last words are not known and say why something failed.
pub fn unheard(input: Input<'_>) -> Vec<Ended> {
    if input.desired.intent.held || input.desired.intent.goal != Goal::Up {
        return Vec::new();
    }
    let view = View::new(input);
    let mut unheard = Vec::new();
    for service in view.services.values().filter(|service| view.target(service.name) == Some(Target::Up)) {
        for container in service.slots.iter().filter_map(|slot| slot.container) {
            let pause = match &container.state {
                ContainerState::Exited(exit) if ending(service, container, exit) != Ending::Completed => {
                    TimeDelta::zero()
                }
                ContainerState::Restarting(_) => HEARD,
                _ => continue,
            };
            let (Some(exit), Some(started_at)) = (container.exit(), container.started_at) else { continue };
            let known = input.ledger.last_words.get(&container.name);
            let heard = known.is_some_and(|words| (exit.at - words.exit_at).abs() <= pause);
            if !heard && exit.by != EndedBy::Outside && view.is_ours(container) {
                unheard.push(Ended { container: container.name.clone(), started_at, exit_at: exit.at });
            }
        }
    }
    unheard
}

/// One more failure of a container, unless this very one is written down already.
fn failure(view: &View<'_>, slot: &Slot<'_>, at: Timestamp, reason: impl FnOnce() -> String) -> Option<LedgerUpdate> {
    let known = view.container_attempt(&slot.name);
    // By its very time, as the clock may have been set back since another one.
    if known.is_some_and(|attempt| attempt.times.contains(&at)) {
        return None;
    }
    let object = Object::Container(slot.name.clone());
    // An end that is still to come by the engine's clock was before that was set back.
    let noticed = view.by_our_clock(at.min(view.engine_now()));
    let attempt = after_failure(&object, known, at, noticed, reason());
    Some(LedgerUpdate::Failed { object, attempt })
}
