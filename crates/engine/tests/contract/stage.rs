//! Where a case plays: one engine, one stack of its own, and what a case says to them. Containers behave the same on a real
//! engine, by their command, and on the simulated one, by `SIM_*` variables.

use evenkeel_engine::{Engine, Error, Progress};
use evenkeel_model::{
    Action, Attachment, Container, ContainerName, ContainerSpec, ImageRef, Interest, Network, NetworkName,
    NewContainer, NewNetwork, NewVolume, Observed, SpecHash, StackName, Volume, VolumeName, labels,
};
use futures::StreamExt;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A busybox that is there on every machine that runs these tests.
pub const IMAGE: &str = "evenkeel/busybox:1.35";
/// Longer than anything that a case waits for.
const DEADLINE: Duration = Duration::from_secs(60);

/// One engine and one stack.
pub struct Stage {
    pub engine: Arc<dyn Engine>,
    pub stack: StackName,
    pub image: ImageRef,
}

impl Stage {
    pub fn new(engine: Arc<dyn Engine>, image: ImageRef, case: &str) -> Self {
        // A process id keeps two runs on one engine apart.
        let stack = StackName::new(format!("ektest-{}-{case}", std::process::id()));
        Self { engine, stack, image }
    }

    pub async fn perform(&self, action: Action) -> Result<(), Error> {
        self.engine.perform(&action, &Progress::none()).await
    }

    /// Performs what must succeed.
    pub async fn done(&self, action: Action) {
        if let Err(error) = self.perform(action.clone()).await {
            panic!("{} {}: {error}", action.verb(), action.object());
        }
    }

    /// Performs what must be a conflict, and gives the engine's words.
    pub async fn conflict(&self, action: Action) -> String {
        match self.perform(action.clone()).await {
            Err(Error::Conflict { object, message }) => {
                assert_eq!(object, action.object());
                message
            }
            other => panic!("{} {}: {other:?} is no conflict", action.verb(), action.object()),
        }
    }

    pub fn interest(&self) -> Interest {
        Interest {
            stack: self.stack.clone(),
            containers: BTreeSet::new(),
            networks: BTreeSet::new(),
            volumes: BTreeSet::new(),
            images: BTreeSet::new(),
            adopted: Default::default(),
        }
    }

    pub async fn observe(&self) -> Observed {
        self.engine.observe(&self.interest()).await.expect("an observation")
    }

    /// The container of a service, which must be there.
    pub async fn container(&self, service: &str) -> Container {
        let name = self.name(service);
        self.observe().await.containers.remove(&name).unwrap_or_else(|| panic!("{name} is not observed"))
    }

    /// Waits until a service's container is so, looking again whenever something changes.
    pub async fn until(&self, what: &str, service: &str, so: impl Fn(&Container) -> bool) -> Container {
        let mut changes = self.engine.changes();
        let seen = async {
            loop {
                let container = self.container(service).await;
                if so(&container) {
                    return container;
                }
                changes.next().await;
            }
        };
        match tokio::time::timeout(DEADLINE, seen).await {
            Ok(container) => container,
            Err(_) => panic!("never {what}: {:?}", self.container(service).await),
        }
    }

    /// Waits until a service's container is not there any more.
    pub async fn until_gone(&self, service: &str) {
        let mut changes = self.engine.changes();
        let gone = async {
            while self.observe().await.containers.contains_key(&self.name(service)) {
                changes.next().await;
            }
        };
        tokio::time::timeout(DEADLINE, gone).await.expect("it goes");
    }

    pub fn name(&self, service: &str) -> ContainerName {
        ContainerName::new(format!("{}-{service}-1", self.stack))
    }

    pub fn network_name(&self, key: &str) -> NetworkName {
        NetworkName::new(format!("{}_{key}", self.stack))
    }

    pub fn volume_name(&self, key: &str) -> VolumeName {
        VolumeName::new(format!("{}_{key}", self.stack))
    }

    /// All labels of an object of the stack.
    pub fn labels(&self, hash: &str) -> BTreeMap<String, String> {
        let labels = [
            (labels::STACK, self.stack.as_str()),
            (labels::PROJECT, self.stack.as_str()),
            (labels::SPEC_HASH, hash),
            (labels::EPOCH, "1"),
            (labels::GENERATION, "4"),
        ];
        labels.into_iter().map(|(label, value)| (label.to_owned(), value.to_owned())).collect()
    }

    /// A container without a network that runs a line of shell.
    pub fn new_container(&self, service: &str, script: &str, sim: &[(&str, &str)]) -> NewContainer {
        let mut labels = self.labels("h1");
        labels.insert(labels::SERVICE.to_owned(), service.to_owned());
        labels.insert(labels::NUMBER.to_owned(), "1".to_owned());
        labels.insert(labels::ONE_OFF.to_owned(), "False".to_owned());
        let spec = ContainerSpec {
            image: Some(self.image.clone()),
            command: Some(vec!["sh".to_owned(), "-c".to_owned(), script.to_owned()]),
            environment: sim.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))).collect(),
            stop_grace_s: Some(5),
            ..ContainerSpec::default()
        };
        NewContainer {
            name: self.name(service),
            spec,
            labels,
            endpoints: Vec::new(),
            links: Vec::new(),
            inherits: None,
        }
    }

    /// A container that runs until it is asked to end, and then ends at once.
    pub fn obedient(&self, service: &str) -> NewContainer {
        self.new_container(service, "trap 'exit 0' TERM; sleep 600 & wait", &[("SIM_STOP_MS", "1")])
    }

    pub fn new_network(&self, key: &str, hash: &str) -> NewNetwork {
        let network = Network::new(key, self.network_name(key));
        NewNetwork { network, labels: self.labels(hash), spec_hash: SpecHash::from(hash) }
    }

    pub fn new_volume(&self, key: &str, hash: &str) -> NewVolume {
        let volume = Volume::new(key, self.volume_name(key));
        NewVolume { volume, labels: self.labels(hash), spec_hash: SpecHash::from(hash) }
    }

    pub fn create(&self, new: NewContainer) -> Action {
        Action::CreateContainer(Box::new(new))
    }

    pub fn start(&self, service: &str) -> Action {
        Action::StartContainer(self.name(service))
    }

    pub fn stop(&self, service: &str) -> Action {
        Action::StopContainer { container: self.name(service), grace_s: Some(5) }
    }

    pub fn remove(&self, service: &str) -> Action {
        Action::RemoveContainer { container: self.name(service), volumes: true }
    }

    /// Creates and starts a container.
    pub async fn run(&self, new: NewContainer) {
        let start = Action::StartContainer(new.name.clone());
        self.done(self.create(new)).await;
        self.done(start).await;
    }

    /// Removes all that is left of the stack.
    pub async fn clear(&self) {
        let Ok(observed) = self.engine.observe(&self.interest()).await else { return };
        let containers = observed.containers.into_keys();
        let networks = observed.networks.into_keys();
        let volumes = observed.volumes.into_keys();
        for action in containers
            .map(|container| Action::RemoveContainer { container, volumes: true })
            .chain(networks.map(Action::RemoveNetwork))
            .chain(volumes.map(Action::RemoveVolume))
        {
            if let Err(error) = self.perform(action).await {
                eprintln!("left behind: {error}");
            }
        }
    }
}

/// An attachment with one alias.
pub fn alias(alias: &str) -> Attachment {
    Attachment { aliases: vec![alias.to_owned()], ..Attachment::default() }
}
