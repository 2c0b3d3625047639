//! Volumes: made where they are missing, wiped by a reset, and otherwise never removed. A changed definition leaves the volume
//! as it is, because a replacement would lose its data.

use crate::view::View;
use crate::{Cause, Plan, Step, Wait, volume_differs, volume_hash};
use evenkeel_model::{Action, NewVolume, Object, ServiceName, Volume, VolumeName, labels};
use std::collections::BTreeMap;

/// Whether a volume of ours is from before the last reset, or is to be made anew because its definition changed.
pub(crate) fn must_be_wiped(view: &View<'_>, name: &VolumeName) -> bool {
    let desired = view.input.desired;
    let there = view.input.observed.volumes.get(name).filter(|volume| volume.owner.is(&desired.stack.name));
    let wanted = desired.stack.volumes.get(name).filter(|volume| !volume.external);
    let (Some(there), Some(wanted)) = (there, wanted) else { return false };
    let stale = desired.intent.stale_volumes.contains(name) && volume_differs(there, wanted);
    stale || there.epoch < desired.intent.epoch
}

/// Adds the steps for the volumes that the wanted services use, or that are to be there without a user.
pub(crate) fn plan(view: &View<'_>, needed: &BTreeMap<&VolumeName, Option<&ServiceName>>, plan: &mut Plan) {
    let desired = view.input.desired;
    for (name, by) in needed {
        let Some(volume) = desired.stack.volumes.get(*name).filter(|volume| !volume.external) else { continue };
        let object = Object::Volume(volume.name.clone());
        let present = view.input.observed.volumes.get(*name);
        let wipe = must_be_wiped(view, name);
        if present.is_some() && !wipe {
            continue;
        }
        let mut waits_for: Vec<Wait> = Vec::new();
        let mut cause = by.map_or(Cause::Missing, |service| Cause::NeededBy { service: service.clone() });
        if let (Some(there), true) = (present, wipe) {
            let (from, to) = (there.epoch, desired.intent.epoch);
            cause = if from < to { Cause::Reset { from, to } } else { Cause::SpecChanged };
            let action = Action::RemoveVolume(volume.name.clone());
            plan.push(Step { action, cause: cause.clone(), waits_for: mounted(view, name) });
            waits_for.push(Wait::Gone { object });
        }
        plan.push(Step { action: Action::CreateVolume(new_volume(view, volume)), cause, waits_for });
    }
}

/// The containers that hold a volume, each of which must be gone before it can be.
pub(crate) fn mounted(view: &View<'_>, name: &VolumeName) -> Vec<Wait> {
    let containers = view.input.observed.containers.values();
    let mounting = containers.filter(|container| view.is_ours(container) && container.volumes.contains(name));
    mounting.map(|container| Wait::Gone { object: Object::Container(container.name.clone()) }).collect()
}

fn new_volume(view: &View<'_>, volume: &Volume) -> NewVolume {
    let spec_hash = volume_hash(volume);
    let desired = view.input.desired;
    let stack = desired.stack.name.to_string();
    let mut all = volume.labels.clone();
    all.insert(labels::PROJECT.to_owned(), stack.clone());
    all.insert(labels::VOLUME.to_owned(), volume.key.clone());
    all.insert(labels::VERSION.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    all.insert(labels::CONFIG_HASH.to_owned(), spec_hash.to_string());
    all.insert(labels::STACK.to_owned(), stack);
    all.insert(labels::SPEC_HASH.to_owned(), spec_hash.to_string());
    all.insert(labels::EPOCH.to_owned(), desired.intent.epoch.to_string());
    NewVolume { volume: volume.clone(), labels: all, spec_hash }
}
