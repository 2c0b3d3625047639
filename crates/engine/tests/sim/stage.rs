//! One simulated engine with one stack, and the words in which the cases speak to it.

use evenkeel_engine::sim::{Behaviour, Pace, Sim, SimOptions};
use evenkeel_engine::{Engine, Error, Progress};
use evenkeel_model::{
    Action, Attachment, Container, ContainerName, ContainerSpec, ContainerState, HealthTest, Healthcheck, Interest,
    Network, NewContainer, NewNetwork, Observed, RestartPolicy, labels,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::time::Duration;

pub const MS: i64 = 1_000_000;

pub struct Stage(pub Sim);

impl Deref for Stage {
    type Target = Sim;
    fn deref(&self) -> &Sim {
        &self.0
    }
}

/// An engine that answers at once, with the image `app`.
pub fn stage() -> Stage {
    with(SimOptions::default())
}

pub fn with(options: SimOptions) -> Stage {
    let sim = Sim::new(SimOptions { pace: Pace::instant(), ..options });
    sim.outside().add_image(&"app".into());
    Stage(sim)
}

impl Stage {
    pub async fn perform(&self, action: Action) -> Result<(), Error> {
        self.0.perform(&action, &Progress::none()).await
    }

    pub async fn done(&self, action: Action) {
        self.perform(action.clone()).await.unwrap_or_else(|error| panic!("{action:?}: {error}"));
    }

    /// Creates and starts a container whose service behaves so.
    pub async fn run(&self, new: NewContainer, behaviour: Behaviour) {
        self.behave_service(service(&new), behaviour);
        let name = new.name.clone();
        self.done(create(new)).await;
        self.done(Action::StartContainer(name)).await;
    }

    pub async fn observe(&self) -> Observed {
        self.0.observe(&interest()).await.unwrap()
    }

    pub async fn container(&self, name: &str) -> Container {
        self.observe().await.containers.remove(name).unwrap_or_else(|| panic!("{name} is not there"))
    }

    /// The container's state and, where it has ended, exit code and by whom: `running`, `exited 137 Outside`.
    pub async fn state(&self, name: &str) -> String {
        let container = self.container(name).await;
        let exit = container.exit().map(|exit| format!(" {} {:?}", exit.code, exit.by)).unwrap_or_default();
        let state = match container.state {
            ContainerState::Created => "created",
            ContainerState::Running { .. } => "running",
            ContainerState::Paused => "paused",
            ContainerState::Restarting(_) => "restarting",
            ContainerState::Exited(_) => "exited",
            ContainerState::Removing | ContainerState::Dead(_) => "odd",
        };
        format!("{state}{exit}")
    }

    /// What happened so far: milliseconds since the start, and what.
    pub fn journal(&self) -> Vec<String> {
        let started_at = SimOptions::default().started_at;
        let entry = |(at, what): (evenkeel_model::Timestamp, String)| {
            format!("{} {what}", (at - started_at).num_milliseconds())
        };
        self.outside().journal().into_iter().map(entry).collect()
    }

    /// The milliseconds at which a container did something.
    pub fn when(&self, what: &str) -> Vec<i64> {
        let entries = self.journal();
        let times = entries.iter().filter_map(|entry| entry.split_once(' '));
        times.filter(|(_, entry)| *entry == what).map(|(ms, _)| ms.parse().unwrap()).collect()
    }
}

/// Lets so many simulated milliseconds pass.
pub async fn pass_ms(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub fn interest() -> Interest {
    Interest {
        stack: "shop".into(),
        containers: BTreeSet::new(),
        networks: BTreeSet::new(),
        volumes: BTreeSet::new(),
        images: BTreeSet::new(),
        adopted: Default::default(),
    }
}

pub fn service(new: &NewContainer) -> &str {
    &new.labels[labels::SERVICE]
}

fn stack_labels() -> BTreeMap<String, String> {
    let labels = [(labels::STACK, "shop"), (labels::PROJECT, "shop"), (labels::SPEC_HASH, "h"), (labels::EPOCH, "1")];
    labels.into_iter().map(|(label, value)| (label.to_owned(), value.to_owned())).collect()
}

/// A container of the stack, named as its service.
pub fn container(name: &str) -> NewContainer {
    let mut labels = stack_labels();
    labels.insert(labels::SERVICE.to_owned(), name.to_owned());
    let spec = ContainerSpec { image: Some("app".into()), ..ContainerSpec::default() };
    NewContainer {
        name: ContainerName::from(name),
        spec,
        labels,
        endpoints: Vec::new(),
        links: Vec::new(),
        inherits: None,
    }
}

pub fn restarting(name: &str, restart: RestartPolicy) -> NewContainer {
    let mut new = container(name);
    new.spec.restart = Some(restart);
    new
}

/// A container with a healthcheck every second, unhealthy after two failures.
pub fn checked(name: &str) -> NewContainer {
    let mut new = container(name);
    new.spec.healthcheck = Some(Healthcheck {
        test: Some(HealthTest::Shell("check".into())),
        interval_ns: Some(1000 * MS),
        timeout_ns: Some(500 * MS),
        retries: Some(2),
        ..Healthcheck::default()
    });
    new
}

pub fn on(mut new: NewContainer, networks: &[&str]) -> NewContainer {
    new.endpoints = networks.iter().map(|name| ((*name).into(), Attachment::default())).collect();
    new
}

pub fn create(new: NewContainer) -> Action {
    Action::CreateContainer(Box::new(new))
}

pub fn start(name: &str) -> Action {
    Action::StartContainer(name.into())
}

pub fn stop(name: &str, grace_s: u32) -> Action {
    Action::StopContainer { container: name.into(), grace_s: Some(grace_s) }
}

pub fn remove(name: &str) -> Action {
    Action::RemoveContainer { container: name.into(), volumes: true }
}

pub fn network(name: &str, subnet: Option<&str>) -> Action {
    let pool = |subnet: &str| evenkeel_model::IpamPool { subnet: Some(subnet.parse().unwrap()), ..Default::default() };
    let ipam = subnet.map(|subnet| evenkeel_model::Ipam { pools: vec![pool(subnet)], ..Default::default() });
    let network = Network { ipam, ..Network::new(name, name) };
    Action::CreateNetwork(NewNetwork { network, labels: stack_labels(), spec_hash: "h".into() })
}
