//! A container of the simulated world: its parts and what an inspection would tell of it.

use super::behaviour::Behaviour;
use super::files::Files;
use super::health::{Checks, Health};
use super::lines::Lines;
use super::owner;
use super::shelf::Belongs;
use evenkeel_model::{
    Attachment, Condition, Container, ContainerState, Endpoint, Exit, Health as Word, ImageId, MountSource,
    NetworkName, NewContainer, PublishedPort, ServiceName, SpecHash, Timestamp, VolumeName, labels,
};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

/// A container.
#[derive(Debug, Clone)]
pub(super) struct SimContainer {
    pub(super) id: String,
    /// What it was made from.
    pub(super) new: NewContainer,
    pub(super) image: ImageId,
    /// Its healthcheck, from the file or its image.
    pub(super) checks: Option<Checks>,
    pub(super) created_at: Timestamp,
    pub(super) phase: Phase,
    /// Its newest run.
    pub(super) run: Option<Run>,
    pub(super) restart_count: u32,
    /// The restart policy's last pause.
    pub(super) backoff: Duration,
    /// Somebody stopped or killed it since it was last started by hand: the policy leaves it alone.
    pub(super) hands_off: bool,
    pub(super) attachments: BTreeMap<NetworkName, Attached>,
    /// Volumes without a name, by where they are mounted: made with it, or taken over from its predecessor.
    pub(super) anonymous: BTreeMap<String, VolumeName>,
    pub(super) ports: Vec<PublishedPort>,
    /// Its injected files are in place.
    pub(super) files_copied: bool,
    pub(super) lines: Lines,
    pub(super) files: Files,
}

/// By Compose's label, as its stack's name is the project's.
impl Belongs for SimContainer {
    fn project(&self) -> Option<&str> {
        self.new.labels.get(labels::PROJECT).map(String::as_str)
    }
}

/// What a container is doing.
#[derive(Debug, Clone)]
pub(super) enum Phase {
    Created,
    Running,
    /// With what would have happened to its process meanwhile.
    Paused(Vec<super::agenda::What>),
    Restarting(Exit),
    Exited(Exit),
}

/// One run of a container's main process.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// 1 for the first.
    pub(super) number: u32,
    pub(super) began: Instant,
    pub(super) ended: Option<Instant>,
    pub(super) started_at: Timestamp,
    pub(super) behaviour: Behaviour,
    pub(super) health: Option<Health>,
    /// It can serve.
    pub(super) ready: bool,
    /// The engine was down when a native probe was due.
    pub(super) probe_lost: bool,
    /// Its healthcheck is forced to this verdict from outside.
    pub(super) forced: Option<bool>,
    /// A signal that ends processes was sent.
    pub(super) signalled: bool,
}

impl Run {
    /// Whether the process listens on its ports at that moment.
    pub(super) fn listens(&self, at: Instant) -> bool {
        let after = self.behaviour.listens_after.or(self.behaviour.ready_after);
        after.is_some_and(|after| at.saturating_duration_since(self.began) >= after)
    }

    /// Whether its healthcheck would pass at that moment.
    pub(super) fn passes(&self, at: Instant) -> bool {
        let elapsed = at.saturating_duration_since(self.began);
        let ready = self.behaviour.ready_after.is_some_and(|after| elapsed >= after);
        let sick = self.behaviour.sick_after.is_some_and(|after| elapsed >= after);
        self.forced.unwrap_or(ready && !sick)
    }
}

/// A container's place in a network.
#[derive(Debug, Clone)]
pub(super) struct Attached {
    pub(super) attachment: Attachment,
    /// The network's id, once the container was started or connected: from then on a network of the same name is another.
    pub(super) network_id: Option<String>,
    /// Its address while it runs.
    pub(super) address: Option<IpAddr>,
}

impl Attached {
    fn endpoint(&self) -> Endpoint {
        Endpoint { address: self.address, aliases: self.attachment.aliases.iter().cloned().collect() }
    }
}

impl SimContainer {
    /// Running, paused or not.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Paused(_))
    }

    /// Somebody has sent a signal that ends processes.
    pub(super) fn signalled(&mut self) {
        self.hands_off = true;
        if let Some(run) = &mut self.run {
            run.signalled = true;
        }
    }

    pub(super) fn run_number(&self) -> u32 {
        self.run.as_ref().map_or(0, |run| run.number)
    }

    pub(super) fn service(&self) -> Option<ServiceName> {
        self.new.labels.get(labels::SERVICE).map(|name| ServiceName::from(name.as_str()))
    }

    /// The services that it waits for to complete, by Compose's label.
    pub(super) fn awaited_jobs(&self) -> impl Iterator<Item = &str> {
        let entries = self.new.labels.get(labels::DEPENDS_ON).map(String::as_str).unwrap_or_default();
        entries.split(',').filter_map(|entry| {
            let mut parts = entry.split(':');
            let service = parts.next()?;
            (parts.next() == Some(Condition::Completed.as_str())).then_some(service)
        })
    }

    /// Whether it waits for another container's service, of the same stack, to complete.
    pub(super) fn awaits(&self, job: &Self) -> bool {
        let is_it = |service: &str| job.new.labels.get(labels::SERVICE).is_some_and(|name| name == service);
        self.awaited_jobs().any(is_it) && self.new.labels.get(labels::PROJECT) == job.new.labels.get(labels::PROJECT)
    }

    /// The names of the named volumes that it mounts.
    pub(super) fn volumes(&self) -> BTreeSet<VolumeName> {
        let named = self.new.spec.mounts.iter().filter_map(|mount| match &mount.source {
            MountSource::Volume { name, .. } => Some(name.clone()),
            _ => None,
        });
        named.collect()
    }

    /// As an inspection tells it, with networks that are gone.
    pub(super) fn inspect(&self) -> Container {
        let number = |label: &str| self.new.labels.get(label).and_then(|text| text.parse().ok());
        Container {
            id: self.id.clone(),
            name: self.new.name.clone(),
            owner: owner::of(&self.new.labels),
            service: self.service(),
            number: number(labels::NUMBER).and_then(|number| u32::try_from(number).ok()).unwrap_or(0),
            one_off: self.new.labels.get(labels::ONE_OFF).is_some_and(|text| text.eq_ignore_ascii_case("true")),
            config_hash: self.new.labels.get(labels::CONFIG_HASH).cloned(),
            spec_hash: self.new.labels.get(labels::SPEC_HASH).map(|hash| SpecHash::from(hash.as_str())),
            epoch: number(labels::EPOCH).unwrap_or(0),
            generation: number(labels::GENERATION).unwrap_or(0),
            image: self.image.clone(),
            state: self.state(),
            created_at: self.created_at,
            started_at: self.run.as_ref().map(|run| run.started_at),
            restart_count: self.restart_count,
            has_healthcheck: self.checks.is_some(),
            was_healthy: self.run.as_ref().and_then(|run| run.health.as_ref()).is_some_and(|health| health.passed),
            networks: self.attachments.iter().map(|(name, it)| (name.clone(), it.endpoint())).collect(),
            volumes: self.volumes(),
            anonymous_volumes: u32::try_from(self.anonymous.len()).unwrap_or(u32::MAX),
            ports: self.ports.clone(),
            whole: !matches!(self.phase, Phase::Created) || self.files_copied || self.new.spec.files.is_empty(),
            died: None,
            shares: self.new.labels.get(labels::SHARES).map(|ids| labels::shared_ids(ids)),
            early_probe: None,
        }
    }

    fn state(&self) -> ContainerState {
        match &self.phase {
            Phase::Created => ContainerState::Created,
            Phase::Running => {
                let health = self.run.as_ref().and_then(|run| run.health.as_ref());
                ContainerState::Running { health: health.map_or(Word::None, |health| health.word.clone()) }
            }
            Phase::Paused(_) => ContainerState::Paused,
            Phase::Restarting(exit) => ContainerState::Restarting(exit.clone()),
            Phase::Exited(exit) => ContainerState::Exited(exit.clone()),
        }
    }
}
