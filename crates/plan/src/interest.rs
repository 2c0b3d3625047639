//! What a stack needs to see of an engine.

use crate::slots;
use evenkeel_model::{Desired, Interest, MountSource};
use std::collections::BTreeSet;

/// The names under which a stack's objects stand or will stand, including external ones.
pub fn interest(desired: &Desired) -> Interest {
    let stack = &desired.stack;
    let services = || stack.services.iter();
    let mut images: BTreeSet<_> = services().filter_map(|(_, service)| service.container.image.clone()).collect();
    images.extend(services().flat_map(|(_, service)| &service.container.mounts).filter_map(|mount| {
        if let MountSource::Image { image, .. } = &mount.source { Some(image.clone()) } else { None }
    }));
    Interest {
        stack: stack.name.clone(),
        containers: services().flat_map(|(name, service)| slots(desired, name, service)).collect(),
        networks: stack.networks.keys().cloned().collect(),
        volumes: stack.volumes.keys().cloned().collect(),
        images,
        adopted: desired.intent.adopted.clone(),
    }
}
