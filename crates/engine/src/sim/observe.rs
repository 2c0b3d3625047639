//! What a client remembers of the world, brought up to date when something was told to have changed.

use super::container::SimContainer;
use super::networks::SimNetwork;
use super::owner;
use super::shelf::{Belongs, Shelf};
use super::volumes::SimVolume;
use super::world::World;
use evenkeel_model::{
    Capabilities, Container, ContainerName, ContainerState, EarlyProbe, EndedBy, ImageId, ImageRef, Interest,
    NetworkName, Observed, ObservedNetwork, ObservedVolume, Owner, SpecHash, StackName, Timestamp, VolumeName, labels,
};
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::Instant;

/// All that a client has seen, at one moment.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Which look at the world was the last.
    number: u64,
    /// How far the world's shelves had moved by then.
    moment: Moment,
    containers: Shelf<ContainerName, SeenContainer>,
    networks: Shelf<NetworkName, ObservedNetwork>,
    volumes: Shelf<VolumeName, ObservedVolume>,
    images: BTreeMap<ImageRef, ImageId>,
}

/// A moment of the world's shelves.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Moment {
    containers: u64,
    networks: u64,
    volumes: u64,
}

/// A container as it was inspected, when its newest run ended, and the ids of the networks that it was started or connected in.
#[derive(Debug)]
struct SeenContainer {
    container: Container,
    ended: Option<Instant>,
    network_ids: BTreeMap<NetworkName, String>,
}

/// What a look brings: all that was touched since the one before. What is `None` is gone.
#[derive(Debug)]
pub(super) struct News {
    number: u64,
    /// How much had been told by then.
    pub(super) told: u64,
    moment: Moment,
    containers: Vec<(ContainerName, Option<SeenContainer>)>,
    networks: Vec<(NetworkName, Option<ObservedNetwork>)>,
    volumes: Vec<(VolumeName, Option<ObservedVolume>)>,
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

    /// A look at what was touched after that moment.
    pub(super) fn look(&mut self, since: Moment) -> News {
        self.looks += 1;
        let containers = self.containers.since(since.containers);
        let networks = self.networks.since(since.networks);
        let volumes = self.volumes.since(since.volumes).filter(|(name, _)| name.as_str().len() != 64);
        News {
            number: self.looks,
            told: self.hints.told(),
            moment: Moment {
                containers: self.containers.now(),
                networks: self.networks.now(),
                volumes: self.volumes.now(),
            },
            containers: containers.map(|(name, there)| (name.clone(), there.map(seen_container))).collect(),
            networks: networks.map(|(name, there)| (name.clone(), there.map(observed_network))).collect(),
            volumes: volumes.map(|(name, there)| (name.clone(), there.map(observed_volume))).collect(),
            images: self.images.present.clone(),
        }
    }

    /// All that there is, as one sees it who has seen nothing before.
    pub(super) fn seen(&mut self) -> Seen {
        let mut seen = Seen::default();
        let news = self.look(seen.moment());
        seen.take_in(news);
        seen
    }
}

impl Seen {
    /// From where on a look has to tell.
    pub(super) fn moment(&self) -> Moment {
        self.moment
    }

    /// Takes news in, and returns the ids of the containers that are gone. `None` for a look that was overtaken by a later one,
    /// which tells nothing.
    pub(super) fn take_in(&mut self, news: News) -> Option<BTreeSet<String>> {
        if news.number <= self.number {
            return None;
        }
        let before = news.containers.iter().filter_map(|(name, _)| self.containers.get(name));
        let mut gone: BTreeSet<_> = before.map(|seen| seen.container.id.clone()).collect();
        for seen in news.containers.iter().filter_map(|(_, there)| there.as_ref()) {
            gone.remove(&seen.container.id);
        }
        (self.number, self.moment, self.images) = (news.number, news.moment, news.images);
        put(&mut self.containers, news.containers);
        put(&mut self.networks, news.networks);
        put(&mut self.volumes, news.volumes);
        Some(gone)
    }

    /// The part that somebody is interested in, as it is known to a client that began then.
    pub(super) fn of(
        &self,
        interest: &Interest,
        since: Instant,
        at: Timestamp,
        capabilities: Capabilities,
    ) -> Observed {
        let images = interest.images.iter().filter_map(|image| self.images.get_key_value(image));
        let containers = part(&self.containers, &interest.stack, &interest.containers);
        let networks = part(&self.networks, &interest.stack, &interest.networks);
        let volumes = part(&self.volumes, &interest.stack, &interest.volumes);
        let mut observed = Observed {
            at,
            capabilities,
            containers: containers.map(|(name, seen)| (name.clone(), self.known_since(seen, since))).collect(),
            networks: networks.map(|(name, network)| (name.clone(), self.network(name, network))).collect(),
            volumes: volumes.map(|(name, volume)| (name.clone(), volume.clone())).collect(),
            images: images.map(|(image, id)| (image.clone(), id.clone())).collect(),
        };
        interest.adopted.mark(&interest.stack, &mut observed);
        observed
    }

    /// Everything.
    pub(super) fn all(&self, at: Timestamp, capabilities: Capabilities) -> Observed {
        Observed {
            at,
            capabilities,
            containers: self.containers.iter().map(|(name, seen)| (name.clone(), self.container(seen))).collect(),
            networks: self.networks.iter().map(|(name, network)| (name.clone(), self.network(name, network))).collect(),
            volumes: self.volumes.iter().map(|(name, volume)| (name.clone(), volume.clone())).collect(),
            images: self.images.clone(),
        }
    }

    /// The containers that Compose has made.
    pub(super) fn composed(&self) -> Vec<Container> {
        let by_compose = self.containers.values().filter(|seen| matches!(seen.container.owner, Owner::Compose(_)));
        by_compose.map(|seen| self.container(seen)).collect()
    }

    /// A container without the networks that are gone.
    fn container(&self, seen: &SeenContainer) -> Container {
        let mut container = seen.container.clone();
        let is_there = |id: &String| self.networks.values().any(|network| network.id == *id);
        container.networks.retain(|name, _| seen.network_ids.get(name).is_none_or(is_there));
        container
    }

    /// A container as it is known to a client that began then: how it ended before, the engine does not tell.
    fn known_since(&self, seen: &SeenContainer, since: Instant) -> Container {
        let mut container = self.container(seen);
        if let ContainerState::Exited(exit) | ContainerState::Restarting(exit) = &mut container.state
            && seen.ended.is_some_and(|ended| ended < since)
        {
            exit.by = EndedBy::Unknown;
        }
        container
    }

    /// A network with its guests: running containers on it that belong to somebody else.
    fn network(&self, name: &NetworkName, network: &ObservedNetwork) -> ObservedNetwork {
        let containers = self.containers.values().map(|seen| &seen.container);
        let on_it = containers.filter(|it| it.is_running() && it.networks.contains_key(name));
        let guests = on_it.filter(|it| it.owner != network.owner).map(|it| it.name.clone()).collect();
        ObservedNetwork { guests, ..network.clone() }
    }
}

/// What a client adds to what the engine tells.
pub(super) fn add_probes(observed: &mut Observed, probes: &EarlyProbes) {
    for container in observed.containers.values_mut() {
        let probe = probes.get(&container.id).filter(|(run, _)| Some(*run) == container.started_at);
        container.early_probe = probe.map(|(_, probe)| probe.clone());
    }
}

/// A stack's objects, also those of a Compose project of its name, and what stands under one of these names.
fn part<'a, K: Ord + Clone, V: Belongs>(
    shelf: &'a Shelf<K, V>,
    stack: &StackName,
    names: &'a BTreeSet<K>,
) -> impl Iterator<Item = (&'a K, &'a V)> {
    shelf.of(stack.as_str()).chain(names.iter().filter_map(|name| shelf.get_key_value(name)))
}

fn put<K: Ord + Clone, V: Belongs>(shelf: &mut Shelf<K, V>, news: Vec<(K, Option<V>)>) {
    for (key, there) in news {
        match there {
            Some(value) => shelf.insert(key, value),
            None => drop(shelf.remove(&key)),
        }
    }
}

fn seen_container(container: &SimContainer) -> SeenContainer {
    let id = |(name, attached): (&NetworkName, &super::container::Attached)| {
        attached.network_id.clone().map(|id| (name.clone(), id))
    };
    SeenContainer {
        container: container.inspect(),
        ended: container.run.as_ref().and_then(|run| run.ended),
        network_ids: container.attachments.iter().filter_map(id).collect(),
    }
}

fn observed_network(network: &SimNetwork) -> ObservedNetwork {
    ObservedNetwork {
        id: network.id.clone(),
        owner: owner::of(&network.labels),
        spec_hash: spec_hash(&network.labels),
        subnets: network.subnets.clone(),
        guests: BTreeSet::new(),
    }
}

fn observed_volume(volume: &SimVolume) -> ObservedVolume {
    ObservedVolume {
        owner: owner::of(&volume.labels),
        spec_hash: spec_hash(&volume.labels),
        epoch: volume.labels.get(labels::EPOCH).and_then(|text| text.parse().ok()).unwrap_or(0),
    }
}

fn spec_hash(labels: &BTreeMap<String, String>) -> Option<SpecHash> {
    labels.get(labels::SPEC_HASH).map(|hash| SpecHash::from(hash.as_str()))
}

fn project(owner: &Owner) -> Option<&str> {
    match owner {
        Owner::Evenkeel(stack) => Some(stack.as_str()),
        Owner::Compose(project) => Some(project),
        Owner::Nobody => None,
    }
}

impl Belongs for SeenContainer {
    fn project(&self) -> Option<&str> {
        project(&self.container.owner)
    }
}

impl Belongs for ObservedNetwork {
    fn project(&self) -> Option<&str> {
        project(&self.owner)
    }
}

impl Belongs for ObservedVolume {
    fn project(&self) -> Option<&str> {
        project(&self.owner)
    }
}
