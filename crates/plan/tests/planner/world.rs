//! A small language for what should be and what is, so that a case fits in a few lines.
//!
//! Stack, a service a line: `web: after db healthy restart, after init completed; net front; vol data; anon cache; port 80; check;
//! hook post_start`.
//! World, an object a line: `web running healthy @10`, `db exited 1 itself @20`, `network front`, `volume data epoch=0`,
//! `image`. Times are seconds after an arbitrary start; a container was created a second before it was started.

use chrono::TimeDelta;
use evenkeel_model::*;
use std::collections::BTreeMap;

pub const NOW: i64 = 100;

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::seconds(second)
}

pub struct World {
    pub desired: Desired,
    pub observed: Observed,
    pub ledger: Ledger,
}

impl World {
    pub fn new(stack: &str, world: &str) -> Self {
        let stack = parse_stack(stack);
        let targets = stack.services.keys().map(|name| (name.clone(), Target::Up)).collect();
        let intent = Intent { goal: Goal::Up, targets, ..Intent::defined() };
        let desired = Desired { stack, generation: 1, intent };
        let observed = parse_world(&desired, world);
        Self { desired, observed, ledger: Ledger::default() }
    }

    pub fn input(&self) -> evenkeel_plan::Input<'_> {
        evenkeel_plan::Input { desired: &self.desired, observed: &self.observed, ledger: &self.ledger, now: at(NOW) }
    }

    pub fn plan(&self) -> String {
        evenkeel_plan::render::plan(&evenkeel_plan::plan(self.input()), at(NOW))
    }
}

fn parse_stack(text: &str) -> Stack {
    let mut stack = Stack {
        name: StackName::new("s"),
        working_dir: "/srv/s".to_owned(),
        config_files: vec!["/srv/s/compose.yaml".to_owned()],
        env_files: Vec::new(),
        disabled: Default::default(),
        underscores: false,
        check_connections_ms: None,
        services: BTreeMap::new(),
        networks: BTreeMap::new(),
        volumes: BTreeMap::new(),
    };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, rest) = line.split_once(':').expect("a service and a colon");
        let mut service = Service {
            container: ContainerSpec { image: Some(ImageRef::new("app:1")), ..ContainerSpec::default() },
            build: None,
            pull_policy: PullPolicy::Missing,
            pull_policy_given: false,
            config_hash: format!("hash of {name}"),
            scale: 1,
            container_name: None,
            depends_on: BTreeMap::new(),
            hooks: Default::default(),
            wishes: Wishes::default(),
        };
        for word in rest.split([';', ',']).map(str::trim).filter(|word| !word.is_empty()) {
            clause(&mut stack, &mut service, word);
        }
        stack.services.insert(ServiceName::new(name), service);
    }
    stack
}

fn clause(stack: &mut Stack, service: &mut Service, clause: &str) {
    let words: Vec<&str> = clause.split_whitespace().collect();
    match words[..] {
        ["after", name, condition, ref rest @ ..] => {
            let condition = match condition {
                "started" => Condition::Started,
                "healthy" => Condition::Healthy,
                "completed" => Condition::Completed,
                other => panic!("condition {other}"),
            };
            let dependency =
                Dependency { condition, required: !rest.contains(&"optional"), restart: rest.contains(&"restart") };
            service.depends_on.insert(ServiceName::new(name), dependency);
        }
        ["net", key] => {
            let name = NetworkName::new(format!("s_{key}"));
            service.container.networks.insert(name.clone(), Attachment::default());
            stack.networks.insert(name.clone(), Network::new(key, name));
        }
        ["vol", key] => {
            let name = VolumeName::new(format!("s_{key}"));
            let source = MountSource::Volume { name: name.clone(), no_copy: false, subpath: None };
            service.container.mounts.push(Mount { source, target: format!("/{key}"), read_only: false });
            stack.volumes.insert(name.clone(), Volume::new(key, name));
        }
        ["anon", target] => {
            let target = format!("/{target}");
            service.container.mounts.push(Mount { source: MountSource::Anonymous, target, read_only: false });
        }
        ["hook", moment] => {
            let hook = Hook { command: vec!["prepare".to_owned()], ..Hook::default() };
            match moment {
                "post_start" => service.hooks.post_start.push(hook),
                "pre_stop" => service.hooks.pre_stop.push(hook),
                other => panic!("moment {other}"),
            }
        }
        ["named", name] => service.container_name = Some(ContainerName::new(name)),
        ["links", name] => service.container.links.push((ServiceName::new(name), name.to_owned())),
        ["port", port] => service.container.ports.push(Port {
            target: port.parse().unwrap(),
            published: Some(port.to_owned()),
            host_ip: None,
            protocol: Protocol::Tcp,
        }),
        ["check"] => {
            service.container.healthcheck =
                Some(Healthcheck { test: Some(HealthTest::Shell("true".to_owned())), ..Healthcheck::default() });
        }
        ["policy", policy] => {
            service.container.restart = Some(match policy {
                "no" => RestartPolicy::No,
                "always" => RestartPolicy::Always,
                "unless-stopped" => RestartPolicy::UnlessStopped,
                "on-failure" => RestartPolicy::OnFailure(None),
                other => panic!("policy {other}"),
            });
        }
        ["unhealthy", "ignore"] => service.wishes.unhealthy = Unhealthy::Ignore,
        ["shares", name] => service.container.network_mode = NetworkMode::Service(ServiceName::new(name)),
        ["scale", count] => service.scale = count.parse().unwrap(),
        ["env", pair] => {
            let (key, value) = pair.split_once('=').unwrap();
            service.container.environment.insert(key.to_owned(), Some(value.to_owned()));
        }
        _ => panic!("clause {clause:?}"),
    }
}

fn parse_world(desired: &Desired, text: &str) -> Observed {
    let mut observed = Observed {
        at: at(NOW),
        capabilities: Capabilities { engine: "Docker 20.10.24".to_owned(), api: (1, 41), local: true },
        containers: BTreeMap::new(),
        networks: BTreeMap::new(),
        volumes: BTreeMap::new(),
        images: BTreeMap::new(),
    };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["image"] => {
                observed.images.insert(ImageRef::new("app:1"), ImageId::new("sha256:1"));
            }
            ["network", key, ref rest @ ..] => {
                let name = NetworkName::new(format!("s_{key}"));
                let spec_hash = match rest.contains(&"old") {
                    true => Some(SpecHash::new("old")),
                    false => desired.stack.networks.get(&name).map(evenkeel_plan::network_hash),
                };
                let compose = rest.contains(&"compose");
                let network = ObservedNetwork {
                    id: key.to_owned(),
                    owner: if compose { composes() } else { ours() },
                    spec_hash: spec_hash.filter(|_| !compose),
                    subnets: Vec::new(),
                    guests: Default::default(),
                };
                observed.networks.insert(name, network);
            }
            ["volume", key, ref rest @ ..] => {
                let name = VolumeName::new(format!("s_{key}"));
                let spec_hash = match rest.contains(&"old") {
                    true => Some(SpecHash::new("old")),
                    false => desired.stack.volumes.get(&name).map(evenkeel_plan::volume_hash),
                };
                let epoch = option(rest, "epoch=").map_or(1, |epoch| epoch.parse().unwrap());
                let volume = match rest.contains(&"compose") {
                    true => ObservedVolume { owner: composes(), spec_hash: None, epoch: 0 },
                    false => ObservedVolume { owner: ours(), spec_hash, epoch },
                };
                observed.volumes.insert(name, volume);
            }
            [name, ref state @ ..] => {
                let container = container(desired, name, state);
                observed.containers.insert(container.name.clone(), container);
            }
            [] => {}
        }
    }
    observed
}

fn composes() -> Owner {
    Owner::Compose("s".to_owned())
}

fn ours() -> Owner {
    Owner::Evenkeel(StackName::new("s"))
}

fn option<'a>(words: &[&'a str], prefix: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(prefix))
}

/// `web running healthy @10`, `web-2 created`, `db exited 137 outside @20 old epoch=0 foreign compose lost anonymous=1 named=old-db-1`;
/// `shares=id-db` was made to share with the container of this id; `died` and `crashed` have ended, by somebody and by itself, behind which
/// the engine is still cleaning up; `lapsed` has been healthy in this run; `nameless` is on its networks without its aliases; `run` was made by
/// `run`.
fn container(desired: &Desired, name: &str, words: &[&str]) -> Container {
    let (service, number) = name.rsplit_once('-').and_then(|(s, n)| Some((s, n.parse().ok()?))).unwrap_or((name, 1));
    let spec = desired.stack.services.get(service);
    let started = option(words, "@").map(|second| at(second.parse().unwrap()));
    let moment = started.unwrap_or(at(0));
    let exit = || Exit {
        code: words[1].parse().unwrap(),
        at: at(90),
        oom: words.contains(&"oom"),
        by: match words[2] {
            "itself" => EndedBy::Itself,
            "outside" => EndedBy::Outside,
            _ => EndedBy::Unknown,
        },
        error: String::new(),
    };
    let state = match words[0] {
        "created" => ContainerState::Created,
        "paused" => ContainerState::Paused,
        "exited" => ContainerState::Exited(exit()),
        "restarting" => ContainerState::Restarting(exit()),
        "running" => ContainerState::Running {
            health: match words.get(1) {
                Some(&"healthy") => Health::Healthy { since: moment },
                Some(&"starting") => Health::Starting,
                Some(&"unhealthy") => Health::Unhealthy { since: moment, streak: 3, output: "no".to_owned() },
                _ => Health::None,
            },
        },
        other => panic!("state {other}"),
    };
    let lost = words.contains(&"lost");
    let compose = words.contains(&"compose");
    let networks =
        spec.into_iter().flat_map(|spec| &spec.container.networks).filter(|_| !lost).map(|(network, joined)| {
            let aliases =
                joined.aliases.iter().cloned().chain([service.to_owned()]).filter(|_| !words.contains(&"nameless"));
            (network.clone(), Endpoint { address: None, aliases: aliases.collect() })
        });
    let volumes = spec.into_iter().flat_map(|spec| &spec.container.mounts).filter_map(|mount| match &mount.source {
        MountSource::Volume { name, .. } => Some(name.clone()),
        _ => None,
    });
    let hash = match words.contains(&"old") {
        true => Some(SpecHash::new("old")),
        false => spec.map(|spec| evenkeel_plan::service_hash(&spec.container)),
    };
    Container {
        id: format!("id-{name}"),
        name: match option(words, "named=") {
            Some(name) => ContainerName::new(name),
            None => ContainerName::new(format!("s-{service}-{number}")),
        },
        owner: match (words.contains(&"foreign"), compose) {
            (true, _) => Owner::Nobody,
            (false, true) => composes(),
            (false, false) => ours(),
        },
        service: Some(ServiceName::new(service)),
        number,
        one_off: words.contains(&"run"),
        spec_hash: hash.filter(|_| !compose),
        config_hash: match words.contains(&"old") {
            true => Some("old".to_owned()),
            false => spec.map(|spec| spec.config_hash.clone()),
        },
        epoch: if compose { 0 } else { option(words, "epoch=").map_or(1, |epoch| epoch.parse().unwrap()) },
        generation: 1,
        image: ImageId::new("sha256:1"),
        state,
        created_at: moment - TimeDelta::seconds(1),
        started_at: started,
        restart_count: 0,
        has_healthcheck: spec.is_some_and(|spec| spec.container.healthcheck.is_some()),
        networks: networks.collect(),
        volumes: volumes.collect(),
        anonymous_volumes: option(words, "anonymous=").map_or(0, |count| count.parse().unwrap()),
        ports: Vec::new(),
        whole: !words.contains(&"half"),
        died: words.iter().find_map(|word| match *word {
            "died" => Some(EndedBy::Outside),
            "crashed" => Some(EndedBy::Itself),
            _ => None,
        }),
        shares: option(words, "shares=").map(labels::shared_ids),
        early_probe: None,
        was_healthy: words.contains(&"lapsed"),
    }
}
