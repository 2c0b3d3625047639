//! How what Compose made becomes a stack's own, and how a volume ceases to be known for it.

use crate::accept::write_intent;
use crate::entry::Entry;
use crate::shared::Shared;
use evenkeel_model::{Adopted, Desired, Intent, Observed, Undone, VolumeName};
use std::sync::Arc;

/// The wish together with what there is of a Compose project of the stack's name, which is the stack's own from here on; and for people,
/// what was not so before.
pub(crate) fn take_over(desired: Desired, observed: &mut Observed) -> (Desired, Option<String>) {
    let (name, before) = (&desired.stack.name, &desired.intent.adopted);
    let adopted = Adopted::all_of(name, observed, desired.intent.epoch, before);
    let containers = adopted.containers.keys().filter(|id| !before.containers.contains_key(*id)).count();
    let networks = adopted.networks.difference(&before.networks).count();
    let volumes = adopted.volumes.keys().filter(|volume| !before.volumes.contains_key(*volume));
    let volumes: Vec<&str> = volumes.map(VolumeName::as_str).collect();
    adopted.mark(name, observed);
    let told = (containers + networks + volumes.len() > 0).then(|| {
        let mut told = format!(
            "taken over from Compose: containers {containers}, networks {networks}, volumes {}; what fits the files is left as it runs",
            volumes.len()
        );
        if !volumes.is_empty() {
            told += &format!(
                "; `reset` and `down --volumes` take volumes with their data, these too from then on: {}",
                volumes.join(", ")
            );
        }
        told
    });
    (Desired { intent: Intent { adopted, ..desired.intent.clone() }, ..desired }, told)
}

/// A volume that was taken over is gone, by our own hand. It is known by its name alone: one that Compose makes under it later is
/// another, and must not be taken for one from before a reset.
pub(crate) async fn volume_removed(shared: &Arc<Shared>, entry: &Arc<Entry>, volume: &VolumeName) {
    let _turn = entry.requests.lock().await;
    let desired = entry.state().desired;
    if !desired.intent.adopted.volumes.contains_key(volume) {
        return;
    }
    let mut intent = desired.intent.clone();
    intent.adopted.volumes.remove(volume);
    write_intent(shared, entry, (*desired).clone(), intent, Undone::nothing()).await;
}
