//! An engine that does at once what it is told, and refuses what Docker would refuse.

use crate::any::{Case, is_job, ours};
use chrono::TimeDelta;
use evenkeel_model::*;
use evenkeel_plan::{Input, Plan, account, service_hash, slots};
use std::collections::BTreeSet;

pub struct Engine {
    pub case: Case,
    ids: u32,
}

impl Engine {
    pub fn new(case: Case) -> Self {
        Self { case, ids: 0 }
    }

    /// Takes ready steps until there are none, and time moves on nothing any more.
    pub fn run(&mut self) -> Plan {
        const ROUNDS: usize = 200;
        for _ in 0..ROUNDS {
            self.end_jobs();
            let Case { desired, observed, ledger, now } = &self.case;
            let input = Input { desired, observed, ledger, now: *now };
            for update in account(input, None, &|_| false) {
                match update {
                    LedgerUpdate::Failed { object, attempt } => {
                        self.case.ledger.attempts.insert(object, attempt);
                    }
                    LedgerUpdate::Completed { container, completion } => {
                        self.case.ledger.completions.insert(container, completion);
                    }
                    LedgerUpdate::Cleared { object } => {
                        self.case.ledger.attempts.remove(&object);
                    }
                    LedgerUpdate::Follows { container, followed, following } => {
                        self.case.ledger.followings.insert((container, followed), following);
                    }
                    LedgerUpdate::HooksRan { .. } | LedgerUpdate::LastWords { .. } => {
                        panic!("nobody but the engine runs hooks")
                    }
                }
            }
            let plan = self.case.plan();
            let ready: Vec<Action> = plan.ready().map(|step| step.action.clone()).collect();
            if ready.is_empty() {
                match plan.again_at {
                    Some(at) if at > self.case.now => self.advance(at),
                    _ => return plan,
                }
                continue;
            }
            let mut busy = BTreeSet::new();
            for action in ready {
                // Two steps on one object never run at the same time.
                if busy.insert(action.object()) {
                    self.perform(&action);
                }
            }
            self.advance(self.case.now + TimeDelta::seconds(1));
        }
        self.case.plan()
    }

    /// One clock for both.
    fn advance(&mut self, to: Timestamp) {
        (self.case.now, self.case.observed.at) = (to, to);
    }

    /// Jobs that run have done their work.
    fn end_jobs(&mut self) {
        let now = self.case.now;
        for container in self.case.observed.containers.values_mut() {
            let job = container.service.as_ref().is_some_and(|name| is_job(&self.case.desired.stack, name));
            if job && matches!(container.state, ContainerState::Running { .. }) {
                let exit = Exit { code: 0, at: now, oom: false, by: EndedBy::Itself, error: String::new() };
                container.state = ContainerState::Exited(exit);
            }
        }
    }

    fn perform(&mut self, action: &Action) {
        let now = self.case.now;
        let observed = &mut self.case.observed;
        match action {
            Action::PullImage { image, .. } | Action::BuildImage { image, .. } => {
                observed.images.insert(image.clone(), ImageId::new("sha256:1"));
            }
            Action::CreateNetwork(new) => {
                self.ids += 1;
                let there = ObservedNetwork {
                    id: format!("n{}", self.ids),
                    owner: ours(),
                    spec_hash: Some(new.spec_hash.clone()),
                    subnets: Vec::new(),
                    guests: BTreeSet::new(),
                };
                assert!(observed.networks.insert(new.network.name.clone(), there).is_none(), "it is there");
            }
            Action::RemoveNetwork(name) => {
                let users = observed.containers.values().filter(|it| it.is_running());
                assert_eq!(users.filter(|it| it.networks.contains_key(name)).count(), 0, "{name} is in use");
                observed.networks.remove(name);
                for container in observed.containers.values_mut() {
                    container.networks.remove(name);
                }
            }
            Action::CreateVolume(new) => {
                let epoch = new.labels[labels::EPOCH].parse().unwrap();
                let there = ObservedVolume { owner: ours(), spec_hash: Some(new.spec_hash.clone()), epoch };
                assert!(observed.volumes.insert(new.volume.name.clone(), there).is_none(), "it is there");
            }
            Action::RemoveVolume(name) => {
                let users = observed.containers.values().filter(|it| it.volumes.contains(name));
                assert_eq!(users.count(), 0, "{name} is in use");
                observed.volumes.remove(name);
            }
            Action::CreateContainer(new) => self.create(new),
            Action::ConnectNetwork { container, network, attachment, .. } => {
                assert!(observed.networks.contains_key(network), "there is no {network}");
                let it = observed.containers.get_mut(container).unwrap();
                it.networks.insert(network.clone(), endpoint(attachment));
            }
            Action::StartContainer(name) => self.start(name),
            Action::StopContainer { container, .. } | Action::KillContainer { container, .. } => {
                let it = observed.containers.get_mut(container).unwrap();
                let exit = Exit { code: 143, at: now, oom: false, by: EndedBy::Outside, error: String::new() };
                it.state = ContainerState::Exited(exit);
            }
            Action::UnpauseContainer(name) => {
                let it = observed.containers.get_mut(name).unwrap();
                it.state = running(it.has_healthcheck, now);
            }
            Action::PauseContainer(name) => observed.containers.get_mut(name).unwrap().state = ContainerState::Paused,
            Action::RemoveContainer { container, .. } => {
                let it = observed.containers.remove(container).unwrap();
                assert_eq!(it.owner, ours());
            }
            Action::RemoveImage(image) => drop(observed.images.remove(image)),
            Action::RenameContainer { container, to } => {
                let mut it = observed.containers.remove(container).unwrap();
                assert_eq!(it.owner, ours());
                it.name = to.clone();
                assert!(observed.containers.insert(to.clone(), it).is_none(), "{to} is there");
            }
            Action::RunHooks(run) => {
                assert!(observed.containers[&run.container].is_running(), "{} does not run", run.container);
                let ran = HooksRan { run: run.run, at: now, failed: None };
                let before = self.case.ledger.hooks.insert((run.container.clone(), run.moment), ran);
                assert!(before.is_none_or(|before| before.run != run.run), "{} has run its hooks", run.container);
            }
            Action::ProbeContainer(probe) => {
                let it = observed.containers.get_mut(&probe.container).unwrap();
                it.state = running(true, now);
            }
        }
    }

    fn create(&mut self, new: &NewContainer) {
        self.ids += 1;
        let observed = &mut self.case.observed;
        assert!(!observed.containers.contains_key(&new.name), "{} is there", new.name);
        if let Some(from) = &new.inherits {
            assert!(observed.containers.contains_key(from), "{from}, from whom it inherits, is gone");
        }
        assert!(observed.images.contains_key(new.spec.image.as_ref().unwrap()), "the image is missing");
        for (network, _) in &new.endpoints {
            assert!(observed.networks.contains_key(network), "{network} is missing");
        }
        let mounts = new.spec.mounts.iter().filter_map(|mount| match &mount.source {
            MountSource::Volume { name, .. } => Some(name.clone()),
            _ => None,
        });
        let volumes: BTreeSet<VolumeName> = mounts.collect();
        for volume in &volumes {
            assert!(observed.volumes.contains_key(volume), "{volume} is missing");
        }
        let container = Container {
            id: format!("c{}", self.ids),
            name: new.name.clone(),
            owner: ours(),
            service: Some(ServiceName::new(new.labels[labels::SERVICE].as_str())),
            number: new.labels[labels::NUMBER].parse().unwrap(),
            one_off: false,
            spec_hash: Some(SpecHash::new(new.labels[labels::SPEC_HASH].as_str())),
            config_hash: None,
            epoch: new.labels[labels::EPOCH].parse().unwrap(),
            generation: 1,
            image: ImageId::new("sha256:1"),
            state: ContainerState::Created,
            created_at: self.case.now,
            started_at: None,
            restart_count: 0,
            has_healthcheck: new.spec.healthcheck.is_some(),
            networks: new.endpoints.iter().map(|(name, it)| (name.clone(), endpoint(it))).collect(),
            volumes,
            anonymous_volumes: u32::from(new.inherits.is_some()),
            ports: Vec::new(),
            died: None,
            shares: None,
            early_probe: None,
            was_healthy: false,
            whole: true,
        };
        observed.containers.insert(new.name.clone(), container);
    }

    fn start(&mut self, name: &ContainerName) {
        let now = self.case.now;
        let service = self.case.observed.containers[name].service.clone().unwrap();
        if let NetworkMode::Service(owner) = &self.case.desired.stack.services[&service].container.network_mode {
            let owner_service = &self.case.desired.stack.services[owner];
            let place = &slots(&self.case.desired, owner, owner_service)[0];
            assert!(self.case.observed.containers[place].is_running(), "{place} does not run");
        }
        let container = self.case.observed.containers.get_mut(name).unwrap();
        assert!(!container.is_running(), "{name} runs");
        container.started_at = Some(now);
        let health = if container.has_healthcheck { Health::Starting } else { Health::None };
        container.state = ContainerState::Running { health };
    }

    /// Whether the world is as it was asked for, told without the planner.
    pub fn is_reached(&self) -> bool {
        let Case { desired, observed, ledger, .. } = &self.case;
        if let Goal::Down(options) = &desired.intent.goal {
            let volumes = !options.volumes || observed.volumes.is_empty();
            return observed.containers.is_empty() && observed.networks.is_empty() && volumes;
        }
        let mut places = BTreeSet::new();
        let all = desired.stack.services.iter().all(|(name, service)| {
            let hash = service_hash(&service.container);
            slots(desired, name, service).into_iter().all(|place| {
                let there = observed.containers.get(&place);
                let fits =
                    there.is_some_and(|it| it.spec_hash.as_ref() == Some(&hash) && it.epoch == desired.intent.epoch);
                let found = |it: &Container, network| {
                    it.networks.get(network).is_some_and(|joined| joined.aliases.contains(name.as_str()))
                };
                let is_found = |it: &Container| service.container.networks.keys().all(|network| found(it, network));
                let runs = there.is_some_and(|it| it.is_running() && is_found(it));
                let completion = ledger.completions.get(&place);
                // What somebody asked to begin anew has.
                let met = desired.intent.stale_runs.get(&place).is_none_or(|run| {
                    there.is_none_or(|it| it.started_at != Some(*run))
                        && completion.is_none_or(|done| done.started_at > *run)
                });
                let replaced = desired.intent.stale_containers.get(&place);
                let met = met && replaced.is_none_or(|id| there.is_none_or(|it| it.id != *id));
                places.insert(place);
                met && (completion.is_some() || (fits && runs))
            })
        });
        all && observed.containers.keys().all(|name| places.contains(name))
    }
}

fn endpoint(attachment: &Attachment) -> Endpoint {
    Endpoint { address: None, aliases: attachment.aliases.iter().cloned().collect() }
}

fn running(checked: bool, now: Timestamp) -> ContainerState {
    let health = if checked { Health::Healthy { since: now } } else { Health::None };
    ContainerState::Running { health }
}
