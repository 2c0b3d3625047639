//! What a client remembers of the world: a whole look, taken again when something was told to have changed.

use super::container::SimContainer;
use super::owner;
use super::world::World;
use evenkeel_model::{
    Capabilities, Container, EarlyProbe, EndedBy, ImageId, ImageRef, Interest, NetworkName, Observed, ObservedNetwork,
    ObservedVolume, Owner, SpecHash, Timestamp, VolumeName, labels,
};
use evenkeel_model::{ContainerName, ContainerState};
use std::collections::{BTreeMap, BTreeSet};

/// All that a client has seen, at one moment.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// How much had been told by then.
    pub(super) told: u64,
    containers: BTreeMap<ContainerName, Container>,
    networks: BTreeMap<NetworkName, ObservedNetwork>,
    volumes: BTreeMap<VolumeName, ObservedVolume>,
    images: BTreeMap<ImageRef, ImageId>,
}

/// Early probes by container id and start of the run: a client knows its own alone.
pub(super) type EarlyProbes = BTreeMap<String, (Timestamp, EarlyProbe)>;

impl World {
    /// What the engine can do.
    pub(super) fn capabilities(&self) -> Capabilities {
        let (major, minor) = self.options.api;
        Capabilities {
            engine: format!("Simulated engine, API {major}.{minor}"),
            api: self.options.api,
            local: self.options.local,
        }
    }

    /// Running containers on a network that belong to somebody else than it.
    fn guests(&self, network: &NetworkName, whose: &Owner) -> BTreeSet<ContainerName> {
        let on_it = self.containers.values().filter(|it| it.is_running() && it.attachments.contains_key(network));
        let guests = on_it.filter(|it| owner::of(&it.new.labels) != *whose);
        guests.map(|it| it.new.name.clone()).collect()
    }

    /// A whole look.
    pub(super) fn look(&self) -> Seen {
        let is_there = |id: &str| self.networks.values().any(|network| network.id == id);
        let inspect = |container: &SimContainer| container.inspect(is_there);
        let named = |name: &VolumeName| name.as_str().len() != 64;
        Seen {
            told: self.hints.told(),
            containers: self.containers.iter().map(|(name, container)| (name.clone(), inspect(container))).collect(),
            networks: self
                .networks
                .iter()
                .map(|(name, network)| {
                    let observed = ObservedNetwork {
                        id: network.id.clone(),
                        owner: owner::of(&network.labels),
                        spec_hash: spec_hash(&network.labels),
                        subnets: network.subnets.clone(),
                        guests: self.guests(name, &owner::of(&network.labels)),
                    };
                    (name.clone(), observed)
                })
                .collect(),
            volumes: self
                .volumes
                .iter()
                .filter(|(name, _)| named(name))
                .map(|(name, volume)| {
                    let epoch = volume.labels.get(labels::EPOCH).and_then(|text| text.parse().ok()).unwrap_or(0);
                    let observed = ObservedVolume {
                        owner: owner::of(&volume.labels),
                        spec_hash: spec_hash(&volume.labels),
                        epoch,
                    };
                    (name.clone(), observed)
                })
                .collect(),
            images: self.images.present.clone(),
        }
    }
}

impl Seen {
    /// The part that somebody is interested in.
    pub(super) fn of(&self, interest: &Interest, at: Timestamp, capabilities: Capabilities) -> Observed {
        let stack = &interest.stack;
        let concerns =
            |owner: &Owner| owner.is(stack) || matches!(owner, Owner::Compose(project) if project == stack.as_str());
        let mut observed = Observed {
            at,
            capabilities,
            containers: part(&self.containers, |name, it| concerns(&it.owner) || interest.containers.contains(name)),
            networks: part(&self.networks, |name, it| concerns(&it.owner) || interest.networks.contains(name)),
            volumes: part(&self.volumes, |name, it| concerns(&it.owner) || interest.volumes.contains(name)),
            images: part(&self.images, |name, _| interest.images.contains(name)),
        };
        interest.adopted.mark(stack, &mut observed);
        observed
    }

    /// Whether a container of that id was there.
    pub(super) fn has(&self, id: &str) -> bool {
        self.containers.values().any(|container| container.id == id)
    }

    /// Everything.
    pub(super) fn all(self, at: Timestamp, capabilities: Capabilities) -> Observed {
        let Self { containers, networks, volumes, images, .. } = self;
        Observed { at, capabilities, containers, networks, volumes, images }
    }
}

/// What a client that began then adds to what the engine tells, and what it cannot know.
pub(super) fn as_seen_by(observed: &mut Observed, since: Timestamp, probes: &EarlyProbes) {
    for container in observed.containers.values_mut() {
        if let ContainerState::Exited(exit) | ContainerState::Restarting(exit) = &mut container.state
            && exit.at < since
        {
            exit.by = EndedBy::Unknown;
        }
        let probe = probes.get(&container.id).filter(|(run, _)| Some(*run) == container.started_at);
        container.early_probe = probe.map(|(_, probe)| probe.clone());
    }
}

fn part<K: Ord + Clone, V: Clone>(all: &BTreeMap<K, V>, wanted: impl Fn(&K, &V) -> bool) -> BTreeMap<K, V> {
    all.iter().filter(|(name, it)| wanted(name, it)).map(|(name, it)| (name.clone(), it.clone())).collect()
}

fn spec_hash(labels: &BTreeMap<String, String>) -> Option<SpecHash> {
    labels.get(labels::SPEC_HASH).map(|hash| SpecHash::from(hash.as_str()))
}
