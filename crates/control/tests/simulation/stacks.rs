//! Random stacks, and random changes to them. How a service's process behaves stands in its `SIM_*` variables.

use crate::random::Random;
use evenkeel_model::*;
use std::collections::{BTreeMap, BTreeSet};

const NAMES: [&str; 6] = ["db", "cache", "init", "api", "web", "worker"];
pub const IMAGES: [&str; 3] = ["app:1", "app:2", "tool:1"];

/// The stack's definition as a client would send it: its only file is the stack itself.
pub fn definition(stack: &Stack) -> Definition {
    let content = serde_json::to_string(stack).unwrap();
    Definition {
        files: vec![DefinitionFile { path: "compose.yaml".into(), content }],
        compose_files: vec!["compose.yaml".into()],
        environment: BTreeMap::new(),
        profiles: Vec::new(),
        working_dir: stack.working_dir.clone(),
        env_files: Vec::new(),
        project_name: None,
    }
}

/// A stack with one service `web`, which is ready as soon as it runs.
pub fn plain() -> Stack {
    let mut stack = empty(0);
    let container = ContainerSpec { image: Some(ImageRef::new(IMAGES[0])), ..ContainerSpec::default() };
    stack.services.insert(ServiceName::new("web"), service(container));
    stack
}

/// The same `web`, which depends on another service like this.
pub fn with(other: &str, condition: Condition, restart: bool) -> Stack {
    let mut stack = plain();
    let dependency = Dependency { condition, restart, required: true };
    for service in stack.services.values_mut() {
        service.depends_on.insert(ServiceName::new(other), dependency);
    }
    let container = ContainerSpec { image: Some(ImageRef::new(IMAGES[0])), ..ContainerSpec::default() };
    stack.services.insert(ServiceName::new(other), service(container));
    stack
}

/// A stack with one to five services.
pub fn stack(random: &mut Random, index: usize) -> Stack {
    let mut stack = empty(index);
    let count = random.within(1..=5) as usize;
    for name in NAMES.iter().take(count) {
        add_service(random, index, &mut stack, name);
    }
    prune(&mut stack);
    stack
}

fn empty(index: usize) -> Stack {
    let name = format!("s{index}");
    Stack {
        working_dir: format!("/srv/{name}"),
        config_files: vec![format!("/srv/{name}/compose.yaml")],
        env_files: Vec::new(),
        disabled: BTreeSet::new(),
        underscores: false,
        check_connections_ms: None,
        name: StackName::new(name),
        services: BTreeMap::new(),
        networks: BTreeMap::new(),
        volumes: BTreeMap::new(),
    }
}

fn service(container: ContainerSpec) -> Service {
    Service {
        container,
        build: None,
        pull_policy: PullPolicy::Missing,
        pull_policy_given: false,
        config_hash: String::new(),
        scale: 1,
        container_name: None,
        depends_on: BTreeMap::new(),
        hooks: Hooks::default(),
        wishes: Wishes::default(),
    }
}

/// The stack as somebody edited it.
pub fn edited(random: &mut Random, index: usize, stack: &Stack) -> Stack {
    let mut stack = stack.clone();
    for _ in 0..random.within(1..=2) {
        let names: Vec<ServiceName> = stack.services.keys().cloned().collect();
        let chosen = random.one_of(&names).clone();
        match random.within(0..=9) {
            0 => {
                let name: &str = random.one_of::<&str>(&NAMES);
                add_service(random, index, &mut stack, name);
            }
            1 if names.len() > 1 => {
                stack.services.remove(&chosen);
                for service in stack.services.values_mut() {
                    service.depends_on.remove(&chosen);
                    if service.container.network_mode == NetworkMode::Service(chosen.clone()) {
                        service.container.network_mode = NetworkMode::Networks;
                    }
                }
            }
            2 => {
                for network in stack.networks.values_mut().filter(|network| !network.external) {
                    network.internal = !network.internal;
                }
            }
            3 => {
                for volume in stack.volumes.values_mut() {
                    volume.labels.insert("edited".into(), random.within(0..=9).to_string());
                }
            }
            _ => {
                let shares = NetworkMode::Service(chosen.clone());
                let is_shared = stack.services.values().any(|other| other.container.network_mode == shares);
                let Some(service) = stack.services.get_mut(&chosen) else { continue };
                edit(random, index, &chosen, service, is_shared);
            }
        }
    }
    prune(&mut stack);
    stack
}

/// Changes one thing of a service; one whose namespace others share keeps a container, or these could never be up.
fn edit(random: &mut Random, index: usize, name: &ServiceName, service: &mut Service, is_shared: bool) {
    match random.within(0..=5) {
        0 => service.container.image = Some(ImageRef::new(*random.one_of(&IMAGES))),
        1 if service.container_name.is_none() && service.container.ports.is_empty() => {
            service.scale = random.within(u64::from(is_shared)..=3) as u32;
        }
        2 if service.scale == 1 => {
            service.container_name = match service.container_name {
                Some(_) => None,
                None => Some(ContainerName::new(format!("fixed-{index}-{name}"))),
            };
        }
        3 => {
            for dependency in service.depends_on.values_mut() {
                dependency.restart = !dependency.restart;
            }
        }
        _ => {
            let revision = random.within(0..=99).to_string();
            service.container.environment.insert("REVISION".into(), Some(revision));
        }
    }
}

fn add_service(random: &mut Random, index: usize, stack: &mut Stack, name: &str) {
    if stack.services.contains_key(name) {
        return;
    }
    let is_job = name == "init" || random.percent(10);
    let mut service = service(ContainerSpec {
        image: Some(ImageRef::new(*random.one_of(&IMAGES))),
        restart: policy(random, is_job),
        stop_grace_s: random.percent(50).then(|| random.within(1..=4) as u32),
        ..ContainerSpec::default()
    });
    if random.percent(10) {
        service.pull_policy = PullPolicy::Always;
    }
    service.hooks = hooks(random, is_job);
    if random.percent(20) {
        service.wishes.unhealthy = Unhealthy::Ignore;
    }
    if random.percent(60) && !is_job {
        service.container.healthcheck = Some(healthcheck(random));
    }
    if is_job && random.percent(30) {
        service.container.healthcheck = None;
    }
    service.container.environment = behaviour(random, is_job);
    if !is_job {
        // Without it an end with 0 that the daemon did not see would be read as the end of its work.
        service.container.expose.push((8080, Protocol::Tcp));
    }
    match random.within(0..=9) {
        0 => service.container_name = Some(ContainerName::new(format!("fixed-{index}-{name}"))),
        1..=2 => service.scale = random.within(2..=3) as u32,
        3..=5 if !is_job => service.container.ports.push(Port {
            target: 80,
            published: Some((8000 + 100 * index + NAMES.iter().position(|other| *other == name).unwrap()).to_string()),
            host_ip: None,
            protocol: Protocol::Tcp,
        }),
        _ => {}
    }
    depend(random, stack, name, &mut service);
    let shares = matches!(service.container.network_mode, NetworkMode::Service(_));
    if shares {
        service.container.ports.clear();
    } else {
        join(random, index, stack, &mut service);
    }
    mount(random, index, stack, &mut service);
    stack.services.insert(ServiceName::new(name), service);
}

fn policy(random: &mut Random, is_job: bool) -> Option<RestartPolicy> {
    match random.within(0..=5) {
        0 => Some(RestartPolicy::No),
        1 if !is_job => Some(RestartPolicy::Always),
        2 if !is_job => Some(RestartPolicy::UnlessStopped),
        3 => Some(RestartPolicy::OnFailure(random.percent(50).then_some(2))),
        _ => None,
    }
}

fn hooks(random: &mut Random, is_job: bool) -> Hooks {
    let mut hook = |percent| {
        let hook = Hook { command: vec!["prepare".into()], ..Hook::default() };
        (random.percent(percent) && !is_job).then_some(hook).into_iter().collect()
    };
    Hooks { post_start: hook(15), pre_stop: hook(15) }
}

fn healthcheck(random: &mut Random) -> Healthcheck {
    const SECOND: i64 = 1_000_000_000;
    Healthcheck {
        test: Some(HealthTest::Shell("check".into())),
        interval_ns: Some(SECOND * random.within(1..=10) as i64),
        timeout_ns: Some(SECOND),
        start_period_ns: random.percent(50).then(|| SECOND * random.within(1..=10) as i64),
        start_interval_ns: None,
        retries: Some(random.within(1..=3) as u32),
    }
}

fn behaviour(random: &mut Random, is_job: bool) -> BTreeMap<String, Option<String>> {
    let mut variables = BTreeMap::new();
    let mut set = |name: &str, value: u64| variables.insert(name.to_owned(), Some(value.to_string()));
    set("SIM_READY_MS", *random.one_of(&[0, 50, 300, 2_000, 9_000]));
    if is_job {
        set("SIM_EXIT_AFTER_MS", *random.one_of(&[0, 100, 1_000, 6_000]));
        set("SIM_EXIT_CODE", 0);
    }
    if random.percent(15) {
        set("SIM_CRASHES", random.within(1..=2));
    }
    if random.percent(10) {
        set("SIM_DEAF", 1);
    }
    if random.percent(20) {
        set("SIM_STOP_MS", *random.one_of(&[0, 500, 3_000]));
    }
    if random.percent(30) {
        set("SIM_STOP_CODE", *random.one_of(&[0, 1, 143]));
    }
    variables
}

/// Only on services that are there already, so never in a circle.
fn depend(random: &mut Random, stack: &Stack, name: &str, service: &mut Service) {
    let position = |name: &str| NAMES.iter().position(|other| *other == name);
    for (other, there) in &stack.services {
        if position(other.as_str()) >= position(name) || !random.percent(45) {
            continue;
        }
        let condition = if there.container.environment.contains_key("SIM_EXIT_AFTER_MS") {
            Condition::Completed
        } else if there.container.healthcheck.is_some() && random.percent(75) {
            Condition::Healthy
        } else {
            Condition::Started
        };
        let dependency = Dependency { condition, required: random.percent(85), restart: random.percent(25) };
        service.depends_on.insert(other.clone(), dependency);
        if condition == Condition::Started && there.scale == 1 && random.percent(15) {
            // The loader makes the dependency that follows from a shared namespace.
            service.container.network_mode = NetworkMode::Service(other.clone());
            let dependency = Dependency { condition, required: true, restart: true };
            service.depends_on.insert(other.clone(), dependency);
        }
    }
}

fn join(random: &mut Random, index: usize, stack: &mut Stack, service: &mut Service) {
    for (number, key) in ["back", "front"].into_iter().enumerate() {
        if !random.percent(if number == 0 { 80 } else { 30 }) {
            continue;
        }
        let name = NetworkName::new(format!("s{index}_{key}"));
        service.container.networks.insert(name.clone(), Attachment::default());
        let subnet = format!("10.{index}.{number}.0/24").parse().unwrap();
        let pool = IpamPool { subnet: Some(subnet), ..IpamPool::default() };
        let fixed = random.percent(30).then(|| Ipam { pools: vec![pool], ..Ipam::default() });
        stack.networks.entry(name.clone()).or_insert_with(|| network(key, name, fixed));
    }
    if random.percent(10) {
        let name = NetworkName::new("outer");
        service.container.networks.insert(name.clone(), Attachment::default());
        let outer = Network { external: true, ..network("outer", name.clone(), None) };
        stack.networks.insert(name, outer);
    }
}

fn network(key: &str, name: NetworkName, ipam: Option<Ipam>) -> Network {
    Network { ipam, ..Network::new(key, name) }
}

fn mount(random: &mut Random, index: usize, stack: &mut Stack, service: &mut Service) {
    let mut add = |source: MountSource, target: &str| {
        service.container.mounts.push(Mount { source, target: target.to_owned(), read_only: false });
    };
    for key in ["data", "logs"] {
        if random.percent(35) {
            let name = VolumeName::new(format!("s{index}_{key}"));
            add(MountSource::Volume { name: name.clone(), no_copy: false, subpath: None }, key);
            stack.volumes.entry(name.clone()).or_insert_with(|| volume(key, name, false));
        }
    }
    if random.percent(10) {
        let name = VolumeName::new("shared");
        add(MountSource::Volume { name: name.clone(), no_copy: false, subpath: None }, "shared");
        stack.volumes.insert(name.clone(), volume("shared", name, true));
    }
    if random.percent(25) {
        add(MountSource::Anonymous, "/scratch");
    }
}

fn volume(key: &str, name: VolumeName, external: bool) -> Volume {
    Volume { external, ..Volume::new(key, name) }
}

/// The loader keeps only what services use.
fn prune(stack: &mut Stack) {
    let services = stack.services.values();
    let used: Vec<NetworkName> = services.flat_map(|service| service.container.networks.keys().cloned()).collect();
    stack.networks.retain(|name, _| used.contains(name));
    let mounts = stack.services.values().flat_map(|service| &service.container.mounts);
    let used: Vec<VolumeName> = mounts
        .filter_map(|mount| match &mount.source {
            MountSource::Volume { name, .. } => Some(name.clone()),
            _ => None,
        })
        .collect();
    stack.volumes.retain(|name, _| used.contains(name));
}
