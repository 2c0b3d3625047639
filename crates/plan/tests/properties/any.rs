//! Any stack and any world, small enough that everything meets everything.

use chrono::TimeDelta;
use evenkeel_model::*;
use evenkeel_plan::{Input, Plan, network_hash, service_hash, slots};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt;

/// What the planner is given.
#[derive(Clone)]
pub struct Case {
    pub desired: Desired,
    pub observed: Observed,
    pub ledger: Ledger,
    pub now: Timestamp,
}

impl fmt::Debug for Case {
    /// What differs from case to case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let intent = &self.desired.intent;
        writeln!(
            f,
            "goal {:?}, orphans go: {}, no_recreate: {}",
            intent.goal, intent.remove_orphans, intent.no_recreate
        )?;
        for (name, it) in &self.desired.stack.services {
            let spec = &it.container;
            let (networks, mounts) = (spec.networks.keys().collect::<Vec<_>>(), spec.mounts.len());
            writeln!(
                f,
                "service {name}: {:?}, {:?}, after {:?}",
                intent.targets.get(name),
                spec.restart,
                it.depends_on
            )?;
            writeln!(f, "  scale {}, {:?} {networks:?}, {mounts} mounts", it.scale, spec.network_mode)?;
        }
        for (name, it) in &self.observed.containers {
            let fits = it.spec_hash.as_ref().is_none_or(|hash| hash.as_str() != "old");
            writeln!(f, "{name}: {:?}, {:?}, fits: {fits}, epoch {}", it.state, it.owner, it.epoch)?;
            writeln!(f, "  since {:?}, on {:?}, {:?}", it.started_at, it.networks.keys(), it.volumes)?;
        }
        for (name, it) in &self.observed.networks {
            writeln!(
                f,
                "network {name}: {:?}, {:?}",
                it.owner,
                it.spec_hash.as_ref().map(|hash| hash.as_str() != "old")
            )?;
        }
        for (name, it) in &self.observed.volumes {
            writeln!(f, "volume {name}: {:?}, epoch {}", it.owner, it.epoch)?;
        }
        writeln!(f, "to be made anew {:?}, begun anew {:?}", intent.stale_containers, intent.stale_runs)?;
        writeln!(f, "done {:?}, failed {:?}", self.ledger.completions.keys(), self.ledger.attempts.keys())
    }
}

impl Case {
    pub fn plan(&self) -> Plan {
        let Self { desired, observed, ledger, now } = self;
        evenkeel_plan::plan(Input { desired, observed, ledger, now: *now })
    }

    /// The service that has a place of this name, where somebody asked for it.
    pub fn wants_up_at(&self, place: &ContainerName) -> bool {
        let mut services = self.desired.stack.services.iter();
        services.any(|(name, service)| {
            self.desired.intent.targets.get(name) == Some(&Target::Up)
                && slots(&self.desired, name, service).contains(place)
        })
    }

    pub fn is_foreign(&self, place: &ContainerName) -> bool {
        self.observed.containers.get(place).is_some_and(|it| it.owner == Owner::Nobody)
    }

    pub fn is_done(&self, place: &ContainerName) -> bool {
        self.ledger.completions.contains_key(place)
    }
}

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

/// Everything is possible.
pub fn wild() -> impl Strategy<Value = Case> {
    (vec(service(), 1..5), objects(), any::<Wish>())
        .prop_map(|(services, objects, wish)| build(&services, &objects, &wish, false))
}

/// Nothing stands in the way: what is asked can be had.
pub fn clean() -> impl Strategy<Value = Case> {
    (vec(service(), 1..5), objects(), any::<Wish>())
        .prop_map(|(services, objects, wish)| build(&services, &objects, &wish, true))
}

#[derive(Debug, Clone)]
struct AnyService {
    scale: u32,
    policy: u8,
    check: bool,
    fixed_name: bool,
    shares: bool,
    networks: [bool; 2],
    volumes: [bool; 2],
    target: u8,
    /// For each service before it: not at all, started, healthy or completed, with `required` and `restart`.
    after: [(u8, bool, bool); 4],
    containers: [AnyContainer; 3],
}

#[derive(Debug, Clone)]
struct AnyContainer {
    state: u8,
    fits: bool,
    foreign: bool,
    reset: bool,
    lost: bool,
    nameless: bool,
    done: bool,
    /// Somebody has asked for another run, or for another container.
    again: u8,
    started: i64,
}

#[derive(Debug, Clone)]
struct Objects {
    networks: [u8; 2],
    volumes: [u8; 2],
    image: bool,
    orphan: bool,
}

#[derive(Debug, Clone, Copy)]
struct Wish {
    goal: u8,
    volumes: bool,
    remove_orphans: bool,
    no_recreate: bool,
}

impl Arbitrary for Wish {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;
    fn arbitrary_with((): ()) -> Self::Strategy {
        let all = (0..4u8, any::<bool>(), any::<bool>(), prop::bool::weighted(0.1));
        all.prop_map(|(goal, volumes, remove_orphans, no_recreate)| Self { goal, volumes, remove_orphans, no_recreate })
            .boxed()
    }
}

fn service() -> impl Strategy<Value = AnyService> {
    let traits = (0..3u32, 0..5u8, any::<bool>(), prop::bool::weighted(0.2), prop::bool::weighted(0.2));
    let uses = (any::<[bool; 2]>(), any::<[bool; 2]>(), 0..6u8);
    let after = prop::array::uniform4((0..6u8, any::<bool>(), any::<bool>()));
    let containers = prop::array::uniform3(container());
    (traits, uses, after, containers).prop_map(
        |((scale, policy, check, fixed_name, shares), (networks, volumes, target), after, containers)| AnyService {
            scale,
            policy,
            check,
            fixed_name,
            shares,
            networks,
            volumes,
            target,
            after,
            containers,
        },
    )
}

fn container() -> impl Strategy<Value = AnyContainer> {
    let rare = || prop::bool::weighted(0.15);
    let all = (0..12u8, prop::bool::weighted(0.7), rare(), rare(), (rare(), rare()), any::<bool>(), 0..12u8, 1..80i64);
    all.prop_map(|(state, fits, foreign, reset, (lost, nameless), done, again, started)| AnyContainer {
        state,
        fits,
        foreign,
        reset,
        lost,
        nameless,
        done,
        again,
        started,
    })
}

fn objects() -> impl Strategy<Value = Objects> {
    let all = (prop::array::uniform2(0..5u8), prop::array::uniform2(0..4u8), any::<bool>(), any::<bool>());
    all.prop_map(|(networks, volumes, image, orphan)| Objects { networks, volumes, image, orphan })
}

const KEYS: [&str; 2] = ["a", "b"];
/// When the runs began by which jobs are done.
const DONE: i64 = 80;

fn build(services: &[AnyService], objects: &Objects, wish: &Wish, clean: bool) -> Case {
    let names: Vec<ServiceName> = (0..services.len()).map(|index| ServiceName::new(format!("v{index}"))).collect();
    let mut stack = Stack {
        name: StackName::new("s"),
        working_dir: "/srv/s".to_owned(),
        config_files: Vec::new(),
        env_files: Vec::new(),
        disabled: Default::default(),
        underscores: false,
        check_connections_ms: None,
        services: BTreeMap::new(),
        networks: BTreeMap::new(),
        volumes: BTreeMap::new(),
    };
    for (index, any) in services.iter().enumerate() {
        let service = make(any, index, &names, &stack, clean);
        stack.services.insert(names[index].clone(), service);
        for key in KEYS {
            let name = NetworkName::new(format!("s_{key}"));
            stack.networks.insert(name.clone(), Network::new(key, name));
            let name = VolumeName::new(format!("s_{key}"));
            stack.volumes.insert(name.clone(), Volume::new(key, name));
        }
    }
    if clean {
        // A job that is done lends its namespace to nobody.
        let jobs: Vec<ServiceName> = names.iter().filter(|name| is_job(&stack, name)).cloned().collect();
        for service in stack.services.values_mut() {
            if matches!(&service.container.network_mode, NetworkMode::Service(owner) if jobs.contains(owner)) {
                service.container.network_mode = NetworkMode::Networks;
            }
        }
    }
    let targets = names.iter().zip(services).filter_map(|(name, any)| {
        let target = match any.target {
            0 if !clean => None,
            1 if !clean => Some(Target::Stopped),
            _ => Some(Target::Up),
        };
        Some((name.clone(), target?))
    });
    let down =
        DownOptions { volumes: wish.volumes, remove_orphans: wish.remove_orphans || clean, ..DownOptions::default() };
    let goal = if wish.goal == 0 { Goal::Down(down) } else { Goal::Up };
    let intent = Intent {
        epoch: 2,
        targets: targets.collect(),
        goal,
        remove_orphans: wish.remove_orphans || clean,
        no_recreate: wish.no_recreate && !clean,
        ..Intent::defined()
    };
    let desired = Desired { stack, generation: 1, intent };
    let mut case = Case { observed: empty(), ledger: Ledger::default(), desired, now: at(100) };
    furnish(&mut case, services, &names, objects, clean);
    case
}

fn make(any: &AnyService, index: usize, names: &[ServiceName], stack: &Stack, clean: bool) -> Service {
    let mut container = ContainerSpec { image: Some(ImageRef::new("app:1")), ..ContainerSpec::default() };
    container.environment.insert("INDEX".to_owned(), Some(index.to_string()));
    container.restart = match any.policy {
        0 => Some(RestartPolicy::No),
        1 => Some(RestartPolicy::Always),
        2 => Some(RestartPolicy::OnFailure(None)),
        _ => None,
    };
    if any.check {
        container.healthcheck =
            Some(Healthcheck { test: Some(HealthTest::Shell("true".to_owned())), ..Healthcheck::default() });
    }
    let mut depends_on = BTreeMap::new();
    for (name, (condition, required, restart)) in names[..index].iter().zip(any.after) {
        let checked = stack.services[name].container.healthcheck.is_some();
        // A job that others wait for is no server; one service waits for another in one way, and so do all.
        let condition = match condition {
            0..=2 => continue,
            3 => Condition::Started,
            4 if checked || !clean => Condition::Healthy,
            _ if clean && checked => Condition::Healthy,
            _ => Condition::Completed,
        };
        depends_on.insert(name.clone(), Dependency { condition, required, restart });
    }
    if any.shares && index > 0 && stack.services[&names[index - 1]].scale > 0 {
        let owner = &names[index - 1];
        // The loader makes the dependency that follows.
        depends_on.insert(owner.clone(), Dependency { condition: Condition::Started, required: true, restart: true });
        container.network_mode = NetworkMode::Service(owner.clone());
    } else {
        for (key, _) in KEYS.iter().zip(any.networks).filter(|(_, joins)| *joins) {
            container.networks.insert(NetworkName::new(format!("s_{key}")), Attachment::default());
        }
    }
    for (key, _) in KEYS.iter().zip(any.volumes).filter(|(_, mounts)| *mounts) {
        let source = MountSource::Volume { name: VolumeName::new(format!("s_{key}")), no_copy: false, subpath: None };
        container.mounts.push(Mount { source, target: format!("/{key}"), read_only: false });
    }
    let scale = if clean { any.scale.max(1) } else { any.scale };
    let fixed = any.fixed_name && scale <= 1;
    Service {
        container,
        build: None,
        pull_policy: PullPolicy::Missing,
        pull_policy_given: false,
        config_hash: String::new(),
        scale,
        container_name: fixed.then(|| ContainerName::new(format!("fixed-{index}"))),
        depends_on,
        hooks: hooks(any),
        wishes: Wishes::default(),
    }
}

fn empty() -> Observed {
    Observed {
        at: at(100),
        capabilities: Capabilities { engine: "any".to_owned(), api: (1, 42), local: true },
        containers: BTreeMap::new(),
        networks: BTreeMap::new(),
        volumes: BTreeMap::new(),
        images: BTreeMap::new(),
    }
}

pub fn ours() -> Owner {
    Owner::Evenkeel(StackName::new("s"))
}

fn furnish(case: &mut Case, services: &[AnyService], names: &[ServiceName], objects: &Objects, clean: bool) {
    let Case { desired, observed, ledger, .. } = case;
    if objects.image {
        observed.images.insert(ImageRef::new("app:1"), ImageId::new("sha256:1"));
    }
    for (key, (network, volume)) in KEYS.iter().zip(objects.networks.into_iter().zip(objects.volumes)) {
        let name = NetworkName::new(format!("s_{key}"));
        let wanted = desired.stack.networks.get(&name).map(network_hash);
        let (owner, spec_hash) = match network {
            0 => (None, None),
            1 => (Some(ours()), Some(SpecHash::new("old"))),
            2 if !clean => (Some(Owner::Nobody), None),
            _ => (Some(ours()), wanted),
        };
        if let Some(owner) = owner {
            let there = ObservedNetwork {
                id: (*key).to_owned(),
                owner,
                spec_hash,
                subnets: Vec::new(),
                guests: Default::default(),
            };
            observed.networks.insert(name, there);
        }
        let name = VolumeName::new(format!("s_{key}"));
        let there = match volume {
            0 => None,
            1 => Some((ours(), 1)),
            2 if !clean => Some((Owner::Nobody, 0)),
            _ => Some((ours(), 2)),
        };
        if let Some((owner, epoch)) = there {
            observed.volumes.insert(name, ObservedVolume { owner, spec_hash: None, epoch });
        }
    }
    for (name, any) in names.iter().zip(services) {
        let service = desired.stack.services[name].clone();
        for (number, it) in (1..).zip(&any.containers) {
            let fixed = service.container_name.clone().filter(|_| number == 1);
            let place = fixed.unwrap_or_else(|| ContainerName::new(format!("s-{name}-{number}")));
            if it.done && slots(desired, name, &service).contains(&place) && is_job(&desired.stack, name) {
                let spec_hash = service_hash(&service.container);
                let done = Completion {
                    service: name.clone(),
                    spec_hash,
                    epoch: 2,
                    container_id: format!("id-{place}"),
                    started_at: at(DONE),
                    finished_at: at(90),
                };
                ledger.completions.insert(place.clone(), done);
            }
            let there = stand(it, name, number, &place, &service, clean);
            // What was done before somebody asked for another run is forgotten with that.
            if it.again == 1 && there.as_ref().is_some_and(|container| container.started_at != Some(at(DONE))) {
                ledger.completions.remove(&place);
            }
            // What was asked of a container that is gone by now was asked of the one that has done the job.
            let run = there.as_ref().map_or(Some(at(DONE)), |container| container.started_at);
            match (it.again, run) {
                (1, Some(run)) => drop(desired.intent.stale_runs.insert(place.clone(), run)),
                (2, _) => drop(desired.intent.stale_containers.insert(place.clone(), format!("id-{place}"))),
                _ => {}
            }
            observed.containers.extend(there.map(|container| (place, container)));
        }
    }
    if objects.orphan {
        let gone = ServiceName::new("gone");
        let place = ContainerName::new("s-gone-1");
        let spec = desired.stack.services[&names[0]].clone();
        let any = AnyContainer {
            state: 3,
            fits: true,
            foreign: false,
            reset: true,
            lost: false,
            nameless: false,
            done: false,
            again: 0,
            started: 5,
        };
        observed.containers.extend(stand(&any, &gone, 1, &place, &spec, clean).map(|it| (place, it)));
    }
}

fn hooks(any: &AnyService) -> Hooks {
    let hook = |wanted: bool| wanted.then(|| Hook { command: vec!["prepare".to_owned()], ..Hook::default() });
    Hooks {
        post_start: hook(any.policy == 3).into_iter().collect(),
        pre_stop: hook(any.policy >= 3).into_iter().collect(),
    }
}

pub fn is_job(stack: &Stack, name: &ServiceName) -> bool {
    let mut dependencies = stack.services.values().flat_map(|service| &service.depends_on);
    dependencies.any(|(other, it)| other == name && it.condition == Condition::Completed)
}

fn stand(
    any: &AnyContainer,
    service: &ServiceName,
    number: u32,
    place: &ContainerName,
    definition: &Service,
    clean: bool,
) -> Option<Container> {
    let started = at(any.started);
    let checked = definition.container.healthcheck.is_some();
    let exit = |code, by| Exit { code, at: at(any.started + 1), oom: false, by, error: String::new() };
    let health = if checked { Health::Healthy { since: started } } else { Health::None };
    let state = match any.state {
        0..=2 => return None,
        3..=4 => ContainerState::Running { health },
        5 if checked => ContainerState::Running { health: Health::Starting },
        6 => ContainerState::Created,
        7 => ContainerState::Exited(exit(137, EndedBy::Outside)),
        8 if !clean => ContainerState::Exited(exit(1, EndedBy::Itself)),
        9 if !clean => ContainerState::Exited(exit(0, EndedBy::Unknown)),
        10 => ContainerState::Paused,
        11 if !clean => ContainerState::Removing,
        _ => ContainerState::Exited(exit(143, EndedBy::Unknown)),
    };
    let running = matches!(state, ContainerState::Running { .. } | ContainerState::Paused);
    let died = match any.started % 8 {
        1 if running && !clean => Some(EndedBy::Outside),
        5 if running && !clean => Some(EndedBy::Itself),
        _ => None,
    };
    let never_ran = state == ContainerState::Created;
    let aliases = (!any.nameless).then(|| service.to_string()).into_iter().collect();
    let endpoint = Endpoint { address: None, aliases };
    let joined = definition.container.networks.keys().filter(|_| !any.lost);
    let networks = joined.map(|name| (name.clone(), endpoint.clone()));
    let volumes = definition.container.mounts.iter().filter_map(|mount| match &mount.source {
        MountSource::Volume { name, .. } => Some(name.clone()),
        _ => None,
    });
    let hash = service_hash(&definition.container);
    Some(Container {
        id: format!("id-{place}"),
        name: place.clone(),
        owner: if any.foreign && !clean { Owner::Nobody } else { ours() },
        service: Some(service.clone()),
        number,
        one_off: false,
        spec_hash: Some(if any.fits { hash } else { SpecHash::new("old") }),
        config_hash: None,
        epoch: if any.reset { 1 } else { 2 },
        generation: 1,
        image: ImageId::new("sha256:1"),
        state,
        created_at: started - TimeDelta::seconds(1),
        started_at: (!never_ran).then_some(started),
        restart_count: 0,
        has_healthcheck: checked,
        networks: networks.collect(),
        volumes: volumes.collect(),
        anonymous_volumes: u32::from(any.started % 3 == 0),
        ports: Vec::new(),
        died,
        shares: None,
        early_probe: None,
        was_healthy: any.started % 2 == 0,
        whole: true,
    })
}
