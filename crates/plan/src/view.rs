//! The planner's view: each place for a container, what should stand there, what does, and whether it fits.

use crate::slots::places;
use crate::{Cause, Input, service_hash};
use evenkeel_model::{
    Attempt, Condition, Container, ContainerName, ContainerState, NamespaceMode, NetworkMode, NetworkName, Object,
    Service, ServiceName, SpecHash, Stack, Target, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// Desired and observed, joined by name.
pub(crate) struct View<'a> {
    pub input: Input<'a>,
    pub services: BTreeMap<&'a ServiceName, ServiceView<'a>>,
    /// Our networks that were made from another definition.
    pub changed_networks: BTreeSet<&'a NetworkName>,
    /// Our containers of these services that stand in none of their places.
    displaced: BTreeMap<&'a ServiceName, Vec<&'a Container>>,
}

/// A service and its places.
pub(crate) struct ServiceView<'a> {
    pub name: &'a ServiceName,
    pub service: &'a Service,
    pub hash: SpecHash,
    /// Others wait for it to complete.
    pub is_job: bool,
    pub slots: Vec<Slot<'a>>,
}

/// A place for a container.
pub(crate) struct Slot<'a> {
    pub name: ContainerName,
    pub number: u32,
    pub container: Option<&'a Container>,
}

impl<'a> View<'a> {
    pub fn new(input: Input<'a>) -> Self {
        let jobs = jobs(&input.desired.stack);
        let services: BTreeMap<_, _> = input
            .desired
            .stack
            .services
            .iter()
            .map(|(name, service)| {
                let places = places(input.desired, name, service).into_iter();
                let slots = places
                    .map(|(number, place)| Slot {
                        container: input.observed.containers.get(&place),
                        name: place,
                        number,
                    })
                    .collect();
                let hash = service_hash(&service.container);
                (name, ServiceView { name, service, hash, is_job: jobs.contains(name), slots })
            })
            .collect();
        let displaced = displaced(input, &services);
        Self { input, services, changed_networks: crate::networks::changed(input), displaced }
    }

    /// Our containers of a service that stand in none of its places; not those of a `run`.
    pub fn displaced(&self, service: &ServiceName) -> impl Iterator<Item = &'a Container> {
        self.displaced.get(service).into_iter().flatten().copied()
    }

    /// Whether a container of ours stays where it is: nobody asked for its service, or not for its removal.
    pub fn stays(&self, container: &Container) -> bool {
        let intent = &self.input.desired.intent;
        let service = container.service.as_ref().filter(|_| !container.one_off);
        match service.and_then(|name| self.services.get(name)) {
            Some(service) => {
                let leaves = |target| matches!(target, Target::Up | Target::Created | Target::Removed { .. });
                !self.target(service.name).is_some_and(leaves) && container.epoch >= intent.epoch
            }
            None => container.one_off || !self.is_unwanted(container) && container.epoch >= intent.epoch,
        }
    }

    /// Whether a container of a service that the file does not have is to go. One of a service that the profiles leave out is not.
    pub fn is_unwanted(&self, container: &Container) -> bool {
        let desired = self.input.desired;
        let disabled = container.service.as_ref().is_some_and(|name| desired.stack.disabled.contains(name));
        let named = container.service.as_ref().is_some_and(|name| desired.intent.unwanted.contains(name));
        named || desired.intent.remove_orphans && !disabled
    }

    /// What was asked for a service.
    pub fn target(&self, service: &ServiceName) -> Option<Target> {
        self.input.desired.intent.targets.get(service).copied()
    }

    /// The failures of an object that count now.
    pub fn attempt(&self, object: &Object) -> Option<&'a Attempt> {
        self.input.ledger.attempts.get(object)
    }

    /// The failures of a container that count now.
    pub fn container_attempt(&self, name: &ContainerName) -> Option<&'a Attempt> {
        self.attempt(&Object::Container(name.clone()))
    }

    /// The time by the engine's clock. What the engine has dated is as old as this says, not our own clock, which may show another time.
    pub fn engine_now(&self) -> Timestamp {
        self.input.observed.at
    }

    /// What our clock will show when the engine's shows that.
    pub fn by_our_clock(&self, at: Timestamp) -> Timestamp {
        at + (self.input.now - self.engine_now())
    }

    /// Whether this place's job has been done, for this definition and since the last reset.
    pub fn is_completed(&self, service: &ServiceView<'_>, slot: &Slot<'_>) -> bool {
        self.is_done(service, &slot.name)
    }

    /// As [`Self::is_completed`], by the name of the place. What ended well is not what stands there now, and counts for nothing from the
    /// moment on at which somebody asks for its replacement or its restart.
    pub fn is_done(&self, service: &ServiceView<'_>, place: &ContainerName) -> bool {
        let intent = &self.input.desired.intent;
        let Some(done) = self.input.ledger.completions.get(place) else { return false };
        let there = self.input.observed.containers.get(place).filter(|container| self.is_ours(container));
        // An earlier schema did not write down who has done it.
        let another = there.is_some_and(|container| container.id != done.container_id && !done.container_id.is_empty());
        // What was done in this place before somebody asked is forgotten with the request; it may have been written down just after.
        let replaced = intent.stale_containers.get(place) == Some(&done.container_id);
        let repeated = intent.stale_runs.get(place) == Some(&done.started_at);
        !another && !replaced && !repeated && done.spec_hash == service.hash && done.epoch == intent.epoch
    }

    /// Whether the container is of this stack and ours to touch.
    pub fn is_ours(&self, container: &Container) -> bool {
        container.owner.is(&self.input.desired.stack.name)
    }

    /// Why a job must be done again that this container has done. What it was attached to and what it shared is nothing to it any more.
    pub fn undone_by(&self, service: &ServiceView<'_>, container: &Container) -> Option<Cause> {
        let cause = self.misfit(service, container)?;
        (!matches!(cause, Cause::NetworkLost { .. } | Cause::ParentReplaced { .. })).then_some(cause)
    }

    /// Why the container in this place must be replaced; what [`Self::undone_by`] leaves out comes last. `None` where it fits.
    pub fn misfit(&self, service: &ServiceView<'_>, container: &Container) -> Option<Cause> {
        let intent = &self.input.desired.intent;
        if matches!(container.state, ContainerState::Dead(_)) {
            return Some(Cause::Dead);
        }
        if container.epoch < intent.epoch {
            return Some(Cause::Reset { from: container.epoch, to: intent.epoch });
        }
        if intent.stale_containers.get(&container.name) == Some(&container.id) {
            return Some(Cause::RecreateAsked);
        }
        if !is_made_from(container, service.service, &service.hash) && !intent.no_recreate {
            return Some(Cause::SpecChanged);
        }
        if self.compose_would_replace(service, container) && !intent.no_recreate {
            return Some(Cause::ImageChanged);
        }
        if let Some(cause) = self.resource_replaced(service, container) {
            return Some(cause);
        }
        if let Some(parent) = self.other_parent(service, container) {
            return Some(Cause::ParentReplaced { parent });
        }
        // A stopped container cannot be attached anew under a name that it still holds for a network which is gone.
        if !container.is_running() && !matches!(container.state, ContainerState::Restarting(_)) {
            let lost = self.lost_networks(service, container).into_iter().next();
            return lost.map(|network| Cause::NetworkLost { network });
        }
        None
    }

    /// Whether a container that Compose made runs another image than its reference names by now: Compose's next `up` would replace it,
    /// and nothing of ours says which image it was meant to run.
    fn compose_would_replace(&self, service: &ServiceView<'_>, container: &Container) -> bool {
        let image = service.service.container.image.as_ref().filter(|_| container.spec_hash.is_none());
        let there = image.and_then(|image| self.input.observed.images.get(image));
        there.is_some_and(|there| *there != container.image)
    }

    /// The networks that the file asks for and the container is not attached to.
    pub fn lost_networks(&self, service: &ServiceView<'_>, container: &Container) -> Vec<NetworkName> {
        let spec = &service.service.container;
        if spec.network_mode != NetworkMode::Networks {
            return Vec::new();
        }
        let lost = |name: &&NetworkName| {
            !container.networks.contains_key(*name) || !self.input.observed.networks.contains_key(*name)
        };
        spec.networks.keys().filter(lost).cloned().collect()
    }

    fn resource_replaced(&self, service: &ServiceView<'_>, container: &Container) -> Option<Cause> {
        let network =
            service.service.container.networks.keys().find(|name| crate::networks::must_be_replaced(self, name));
        if let Some(network) = network {
            return Some(Cause::NetworkReplaced { network: network.clone() });
        }
        let volume = container.volumes.iter().find(|name| crate::volumes::must_be_wiped(self, name))?;
        Some(Cause::VolumeReplaced { volume: volume.clone() })
    }

    /// A container whose namespace or mounts this one should share, and which is not the one that it shares.
    fn other_parent(&self, service: &ServiceView<'_>, container: &Container) -> Option<ContainerName> {
        // It was made from a definition that may have named others, and is left as it is while those are there.
        let ids = || self.input.observed.containers.values().map(|other| &other.id);
        let is_whole = || container.shares.iter().flatten().all(|shared| ids().any(|id| id == shared));
        if self.input.desired.intent.no_recreate
            && !is_made_from(container, service.service, &service.hash)
            && is_whole()
        {
            return None;
        }
        self.parents(service.service).into_iter().find(|parent| {
            let observed = self.input.observed.containers.get(parent);
            observed.is_some_and(|parent| match &container.shares {
                Some(shared) => !shared.contains(&parent.id),
                None => parent.created_at > container.created_at,
            })
        })
    }

    /// The containers of this stack whose namespaces or mounts a service shares.
    pub fn parents(&self, service: &Service) -> BTreeSet<ContainerName> {
        shared_services(service).into_iter().filter_map(|name| self.first_slot(name)).collect()
    }

    /// The name of a service's first container.
    pub fn first_slot(&self, name: &ServiceName) -> Option<ContainerName> {
        let service = self.input.desired.stack.services.get(name)?;
        places(self.input.desired, name, service).into_iter().next().map(|(_, place)| place)
    }
}

fn displaced<'a>(
    input: Input<'a>,
    services: &BTreeMap<&'a ServiceName, ServiceView<'a>>,
) -> BTreeMap<&'a ServiceName, Vec<&'a Container>> {
    let mut displaced: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for container in input.observed.containers.values() {
        let Some(service) = container.service.as_ref().and_then(|name| services.get(name)) else { continue };
        let in_place = service.slots.iter().any(|slot| slot.name == container.name);
        if !in_place && !container.one_off && container.owner.is(&input.desired.stack.name) {
            displaced.entry(service.name).or_default().push(container);
        }
    }
    displaced
}

/// Whether a container was made from this definition: by our hash, or, where Compose made it, by Compose's.
pub fn is_made_from(container: &Container, service: &Service, hash: &SpecHash) -> bool {
    match &container.spec_hash {
        Some(there) => there == hash,
        None => !service.config_hash.is_empty() && container.config_hash.as_ref() == Some(&service.config_hash),
    }
}

/// The services that somebody waits for to complete.
pub(crate) fn jobs(stack: &Stack) -> BTreeSet<&ServiceName> {
    let dependencies = stack.services.values().flat_map(|service| &service.depends_on);
    dependencies.filter(|(_, d)| d.condition == Condition::Completed).map(|(name, _)| name).collect()
}

pub(crate) fn shared_services(service: &Service) -> BTreeSet<&ServiceName> {
    let spec = &service.container;
    let mut shared = BTreeSet::new();
    if let NetworkMode::Service(name) = &spec.network_mode {
        shared.insert(name);
    }
    let modes = [&spec.pid, &spec.ipc, &spec.uts].into_iter().flatten();
    for mode in modes.chain(spec.volumes_from.iter().map(|from| &from.from)) {
        if let NamespaceMode::Service(name) = mode {
            shared.insert(name);
        }
    }
    shared
}
