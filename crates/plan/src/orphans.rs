//! Containers of ours for which there is no place: too many of a service, under an old name, of a service that is gone, or left
//! from before a reset by a service that nobody asked for since.

use crate::containers::{is_alive, remove, stop};
use crate::view::View;
use crate::volumes::must_be_wiped;
use crate::{Cause, Plan, Step, Wait};
use evenkeel_model::{Container, Target};

/// Adds the steps that remove what has no place.
pub(crate) fn plan(view: &View<'_>, plan: &mut Plan) {
    for container in view.input.observed.containers.values() {
        if !view.is_ours(container) || container.one_off {
            continue;
        }
        if let Some(cause) = misplaced(view, container) {
            let mut waits_for = Vec::new();
            if is_alive(container) {
                plan.push(Step { action: stop(view, container), cause: cause.clone(), waits_for: Vec::new() });
                waits_for.push(Wait::Stopped { container: container.name.clone() });
            }
            plan.push(remove(container, cause, waits_for));
        }
    }
}

fn misplaced(view: &View<'_>, container: &Container) -> Option<Cause> {
    let desired = view.input.desired;
    let (from, to) = (container.epoch, desired.intent.epoch);
    let target = container.service.as_ref().and_then(|name| view.target(name));
    if target != Some(Target::Up) {
        // A reset leaves nothing behind: what stayed would hold on to the volumes that it wipes.
        if from < to {
            return Some(Cause::Reset { from, to });
        }
        if let Some(volume) = container.volumes.iter().find(|volume| must_be_wiped(view, volume)) {
            return Some(Cause::VolumeReplaced { volume: volume.clone() });
        }
    }
    let Some(service) = container.service.as_ref().and_then(|name| view.services.get(name)) else {
        return desired.intent.remove_orphans.then_some(Cause::Orphan);
    };
    let has_place = service.slots.iter().any(|slot| slot.name == container.name);
    if has_place || view.target(service.name) != Some(Target::Up) {
        return None;
    }
    let to = u32::try_from(service.slots.len()).unwrap_or(u32::MAX);
    Some(if container.number > to { Cause::ScaledDown { to } } else { Cause::SpecChanged })
}
