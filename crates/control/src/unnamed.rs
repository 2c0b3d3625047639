//! `up SERVICE…` with a changed file: what nobody named keeps the definition that it has.

use evenkeel_model::{Desired, Goal, MountSource, Service, ServiceName, Stack, UpOptions};
use evenkeel_plan::with_dependencies;
use std::collections::BTreeSet;

/// The definition that comes into force: the new one, in which services that were asked for before and that the request does not
/// name, nor needs, are as they were, with the networks and volumes that they use.
pub(crate) fn keep_unnamed(new: Stack, before: &Desired, options: &UpOptions) -> Stack {
    if options.services.is_empty() || before.intent.goal != Goal::Up {
        return new;
    }
    let named = options.services.iter().cloned();
    let chosen: BTreeSet<ServiceName> = if options.no_deps { named.collect() } else { with_dependencies(&new, named) };
    keep_all_but(new, before, &chosen)
}

/// The same, for a choice that may be empty.
pub(crate) fn keep_all_but(new: Stack, before: &Desired, chosen: &BTreeSet<ServiceName>) -> Stack {
    if before.intent.goal != Goal::Up {
        return new;
    }
    let mut kept = new;
    for (name, old) in &before.stack.services {
        let is_up = before.intent.targets.contains_key(name);
        if !is_up || chosen.contains(name) || !kept.services.contains_key(name) {
            continue;
        }
        kept.services.insert(name.clone(), old.clone());
        take_resources(&mut kept, &before.stack, old);
    }
    kept
}

/// What a kept service refers to and the new definition lacks.
fn take_resources(kept: &mut Stack, before: &Stack, service: &Service) {
    for name in service.container.networks.keys() {
        if let Some(network) = before.networks.get(name) {
            kept.networks.entry(name.clone()).or_insert_with(|| network.clone());
        }
    }
    for mount in &service.container.mounts {
        if let MountSource::Volume { name, .. } = &mount.source
            && let Some(volume) = before.volumes.get(name)
        {
            kept.volumes.entry(name.clone()).or_insert_with(|| volume.clone());
        }
    }
}
