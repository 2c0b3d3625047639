//! What the mirror holds: the engine's objects, and what a stack sees of them. No IO.

use super::event::Key;
use super::runs::{RunEvent, Runs};
use crate::docker::convert_container::Inspected;
use crate::docker::image_reference::ImageIndex;
use evenkeel_model::{
    Capabilities, Container, ContainerName, ContainerState, EarlyProbe, Health, Interest, NetworkName, Observed,
    ObservedNetwork, ObservedVolume, Owner, Timestamp, VolumeName,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The engine's objects. Containers and networks are kept by id: a name may pass from one to another.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) containers: HashMap<String, Inspected>,
    pub(super) networks: HashMap<String, (NetworkName, ObservedNetwork)>,
    pub(super) volumes: BTreeMap<VolumeName, ObservedVolume>,
    pub(super) images: ImageIndex,
    pub(super) runs: Runs,
}

impl World {
    /// What a stack sees.
    pub(super) fn observe(&self, interest: &Interest, capabilities: Capabilities, at: Timestamp) -> Observed {
        let containers = self.containers.values().filter(|seen| {
            concerns(&seen.container.owner, interest) || interest.containers.contains(&seen.container.name)
        });
        let mut networks: BTreeMap<NetworkName, ObservedNetwork> = BTreeMap::new();
        for (id, (name, network)) in &self.networks {
            // The engine allows several networks of one name: ours comes first.
            let first = !networks.contains_key(name) || network.owner.is(&interest.stack);
            if first && (concerns(&network.owner, interest) || interest.networks.contains(name)) {
                networks.insert(name.clone(), ObservedNetwork { guests: self.guests(id, interest), ..network.clone() });
            }
        }
        let volumes = self
            .volumes
            .iter()
            .filter(|(name, volume)| concerns(&volume.owner, interest) || interest.volumes.contains(*name));
        let images =
            interest.images.iter().filter_map(|image| self.images.get(image).map(|id| (image.clone(), id.clone())));
        let mut observed = Observed {
            at,
            capabilities,
            containers: containers.map(|seen| (seen.container.name.clone(), self.with_living_networks(seen))).collect(),
            networks,
            volumes: volumes.map(|(name, volume)| (name.clone(), volume.clone())).collect(),
            images: images.collect(),
        };
        interest.adopted.mark(&interest.stack, &mut observed);
        observed
    }

    /// Running containers on a network that are not the stack's.
    fn guests(&self, network: &str, interest: &Interest) -> BTreeSet<ContainerName> {
        let guests = self.attached(network).filter(|it| it.is_running() && !it.owner.is(&interest.stack));
        guests.map(|it| it.name.clone()).collect()
    }

    /// Takes an event about a container's run into account. Says whether the container was ended or has crashed by it, which the engine itself will
    /// show only later.
    pub(super) fn fold(&mut self, id: &str, event: RunEvent) -> bool {
        self.runs.fold(id, event);
        let Some(seen) = self.containers.get_mut(id) else { return false };
        // What is shown is the run before, until it is looked at again.
        if event == RunEvent::Start {
            return false;
        }
        let had_died = seen.container.died.is_some();
        self.runs.mark(&mut seen.container);
        seen.container.died.is_some() && !had_died
    }

    /// Takes in a container that was just inspected.
    pub(super) fn put_container(&mut self, mut seen: Inspected) {
        self.runs.complete(&mut seen.container);
        if let Some(before) = self.containers.get(&seen.container.id) {
            keep_since(&before.container, &mut seen.container);
        }
        self.containers.insert(seen.container.id.clone(), seen);
    }

    /// Replaces all containers by what a new listing shows.
    pub(super) fn replace_containers(&mut self, seen: Vec<Inspected>) {
        let mut before = std::mem::take(&mut self.containers);
        for seen in seen {
            if let Some(old) = before.remove(&seen.container.id) {
                self.containers.insert(old.container.id.clone(), old);
            }
            self.put_container(seen);
        }
    }

    /// The container of this name.
    pub(super) fn container(&self, name: &ContainerName) -> Option<&Inspected> {
        self.containers.values().find(|seen| seen.container.name == *name)
    }

    /// The containers that are attached to a network, by its id, running or not.
    pub(super) fn attached(&self, network: &str) -> impl Iterator<Item = &Container> {
        let name = self.networks.get(network).map(|(name, _)| name.clone());
        let attached = move |seen: &&Inspected| {
            // A container that was never started names its networks without their ids.
            seen.container.networks.keys().any(|joined| match seen.network_ids.get(joined) {
                Some(id) => id == network,
                None => name.as_ref() == Some(joined),
            })
        };
        self.containers.values().filter(attached).map(|seen| &seen.container)
    }

    /// A container has been completed; shown with its next look.
    pub(super) fn made_whole(&mut self, id: &str) {
        self.runs.made_whole(id);
    }

    /// Records an early probe of the run that began then, and shows it.
    pub(super) fn probed(&mut self, id: &str, started_at: Timestamp, probe: EarlyProbe) {
        self.runs.probed(id, started_at, probe);
        if let Some(seen) = self.containers.get_mut(id) {
            self.runs.mark(&mut seen.container);
        }
    }

    /// Whose the object is, as far as it is known.
    pub(super) fn owner(&self, key: &Key) -> Option<Owner> {
        match key {
            Key::Container(id) => self.containers.get(id).map(|seen| seen.container.owner.clone()),
            Key::Network(id) => self.networks.get(id).map(|(_, network)| network.owner.clone()),
            Key::Volume(name) => self.volumes.get(name).map(|volume| volume.owner.clone()),
            Key::Images => None,
        }
    }

    /// The container without networks that are gone: the engine goes on listing them until the container is started, and then
    /// refuses to start it.
    fn with_living_networks(&self, seen: &Inspected) -> Container {
        let mut container = seen.container.clone();
        container.networks.retain(|name, _| match seen.network_ids.get(name) {
            Some(id) => self.networks.contains_key(id),
            None => self.networks.values().any(|(known, _)| known == name),
        });
        container
    }
}

/// Whether an object is the stack's, or of a Compose project of its name, which it may take over.
fn concerns(owner: &Owner, interest: &Interest) -> bool {
    owner.is(&interest.stack) || matches!(owner, Owner::Compose(project) if project == interest.stack.as_str())
}

/// A container that is healthy yet is so since it was first seen to be: the engine forgets all but the last five probes.
fn keep_since(before: &Container, now: &mut Container) {
    if before.started_at != now.started_at {
        return;
    }
    if let (ContainerState::Running { health: old }, ContainerState::Running { health: new }) =
        (&before.state, &mut now.state)
    {
        match (old, new) {
            (Health::Healthy { since: old }, Health::Healthy { since: new })
            | (Health::Unhealthy { since: old, .. }, Health::Unhealthy { since: new, .. }) => *new = *old,
            _ => {}
        }
    }
}
