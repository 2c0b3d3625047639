//! What must be written down before it is acted upon: ends of containers that count as failures, and jobs that are done.

use crate::Input;
use crate::attempt::after_failure;
use crate::containers::stale_run;
use crate::readiness::{Ending, ending};
use crate::render;
use crate::view::{ServiceView, Slot, View};
use evenkeel_model::{
    Completion, ContainerName, ContainerState, Goal, Ledger, LedgerUpdate, Object, Observed, Target, Timestamp,
};
use std::collections::BTreeMap;

/// The updates that a stack's ledger needs because of what is observed. `previous` is the observation before, if this daemon
/// made one; `ours` says whether we ourselves removed an object since, or are
/// about to.
pub fn account(input: Input<'_>, previous: Option<&Observed>, ours: &dyn Fn(&Object) -> bool) -> Vec<LedgerUpdate> {
    if input.desired.intent.held || input.desired.intent.goal != Goal::Up {
        return Vec::new();
    }
    let view = View::new(input);
    let mut updates = Vec::new();
    for service in view.services.values().filter(|service| view.target(service.name) == Some(Target::Up)) {
        for slot in &service.slots {
            updates.extend(ended(&view, service, slot, ours));
            updates.extend(vanished(&view, service, slot, previous, ours));
        }
    }
    updates
}

/// The update after an action on an object failed.
pub fn failed(ledger: &Ledger, object: Object, now: Timestamp, reason: String) -> LedgerUpdate {
    let attempt = after_failure(ledger.attempts.get(&object), now, reason);
    LedgerUpdate::Failed { object, attempt }
}

/// The containers of services that should be up whose run ended for good, each with the start of that run: what a new request
/// tries again.
pub fn failed_runs(input: Input<'_>) -> BTreeMap<ContainerName, Timestamp> {
    let view = View::new(input);
    let mut runs = BTreeMap::new();
    for service in view.services.values() {
        for container in service.slots.iter().filter_map(|slot| slot.container) {
            let ContainerState::Exited(exit) = &container.state else { continue };
            if let (Ending::Failed, Some(started_at)) = (ending(service, container, exit), container.started_at) {
                runs.insert(container.name.clone(), started_at);
            }
        }
    }
    runs
}

fn ended(
    view: &View<'_>,
    service: &ServiceView<'_>,
    slot: &Slot<'_>,
    ours: &dyn Fn(&Object) -> bool,
) -> Option<LedgerUpdate> {
    let container = slot.container.filter(|container| view.is_ours(container))?;
    if ours(&Object::Container(slot.name.clone())) {
        // It is on its way out: what it did belongs to what was before.
        return None;
    }
    let ContainerState::Exited(exit) = &container.state else { return None };
    if view.misfit(service, container).is_some() || stale_run(view, service, container).is_some() {
        return None;
    }
    match ending(service, container, exit) {
        Ending::Failed => None,
        Ending::Completed if view.is_completed(service, slot) => None,
        Ending::Completed => Some(LedgerUpdate::Completed {
            container: slot.name.clone(),
            completion: Completion {
                service: service.name.clone(),
                spec_hash: service.hash.clone(),
                epoch: view.input.desired.intent.epoch,
                finished_at: exit.at,
            },
        }),
        Ending::Again if view.is_completed(service, slot) => None,
        Ending::Again => failure(view, slot, exit.at, || render::exit(exit)),
    }
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
    failure(view, slot, view.input.now, || "it was removed from outside".to_owned())
}

/// One more failure of a container, unless this very one is written down already.
fn failure(view: &View<'_>, slot: &Slot<'_>, at: Timestamp, reason: impl FnOnce() -> String) -> Option<LedgerUpdate> {
    let known = view.container_attempt(&slot.name);
    if known.is_some_and(|attempt| attempt.last_at >= at) {
        return None;
    }
    let object = Object::Container(slot.name.clone());
    Some(LedgerUpdate::Failed { object, attempt: after_failure(known, at, reason()) })
}
