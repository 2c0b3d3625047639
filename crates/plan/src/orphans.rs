//! Containers of ours for which there is no place: too many of a service, under an old name, of a service that is gone, or left
//! from before a reset by a service that nobody asked for since.

use crate::containers::{awaited_heir, farewell, is_alive};
use crate::one_off::is_abandoned;
use crate::view::View;
use crate::volumes::must_be_wiped;
use crate::{Cause, Plan, hooks};
use evenkeel_model::{Container, Target};

/// Adds the steps that remove what has no place.
pub(crate) fn plan(view: &View<'_>, plan: &mut Plan) {
    for container in view.input.observed.containers.values() {
        if !view.is_ours(container) {
            continue;
        }
        if let Some(cause) = misplaced(view, container) {
            farewell(view, container, awaited_heir(view, container).as_ref(), Vec::new(), &cause, plan);
        } else if has_no_place(view, container, Target::Stopped) && is_alive(container) {
            let grace_s = view.input.desired.intent.grace_s;
            hooks::stop(view, container, grace_s, Cause::StopAsked, Vec::new(), plan);
        }
    }
}

/// Whether a container's service should be so and has no place for it: it has made way for an heir that nobody asks for by now.
fn has_no_place(view: &View<'_>, container: &Container, target: Target) -> bool {
    let service = container.service.as_ref().filter(|_| !container.one_off).and_then(|name| view.services.get(name));
    service.is_some_and(|service| {
        view.target(service.name) == Some(target) && !service.slots.iter().any(|slot| slot.name == container.name)
    })
}

fn misplaced(view: &View<'_>, container: &Container) -> Option<Cause> {
    let desired = view.input.desired;
    if container.one_off {
        if is_abandoned(view.input, container) {
            return Some(Cause::HalfMade);
        }
        // One that runs is somebody's work.
        return (desired.intent.remove_orphans && !is_alive(container)).then_some(Cause::Orphan);
    }
    let (from, to) = (container.epoch, desired.intent.epoch);
    let target = container.service.as_ref().and_then(|name| view.target(name));
    if !target.is_some_and(Target::is_made) {
        // A reset leaves nothing behind: what stayed would hold on to the volumes that it wipes.
        if from < to {
            return Some(Cause::Reset { from, to });
        }
        if let Some(volume) = container.volumes.iter().find(|volume| must_be_wiped(view, volume)) {
            return Some(Cause::VolumeReplaced { volume: volume.clone() });
        }
    }
    let Some(service) = container.service.as_ref().and_then(|name| view.services.get(name)) else {
        return view.is_unwanted(container).then_some(Cause::Orphan);
    };
    let has_place = service.slots.iter().any(|slot| slot.name == container.name);
    if has_place {
        return None;
    }
    match target {
        Some(Target::Up | Target::Created) => {}
        Some(Target::Removed { .. }) => return Some(Cause::RemoveAsked),
        Some(Target::Stopped | Target::Paused) | None => return None,
    }
    if from < to {
        return Some(Cause::Reset { from, to });
    }
    if service.slots.iter().any(|slot| slot.number == container.number) {
        return Some(Cause::SpecChanged);
    }
    Some(Cause::ScaledDown { to: u32::try_from(service.slots.len()).unwrap_or(u32::MAX) })
}
