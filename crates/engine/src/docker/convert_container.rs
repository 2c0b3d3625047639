//! What the engine tells of a container → `model::Container`.

use super::convert_labels::{ours, owner};
use bollard::models::{
    ContainerInspectResponse, ContainerState as BollardState, ContainerStateStatusEnum as Status, HealthConfig,
    HealthStatusEnum, HealthcheckResult, PortBinding,
};
use evenkeel_model::{
    Container, ContainerName, ContainerState, EndedBy, Endpoint, Exit, Health, ImageId, NetworkName, Protocol,
    PublishedPort, ServiceName, SpecHash, Timestamp, VolumeName, labels,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr};

/// Bytes that are kept of a failing probe's output.
const PROBE_OUTPUT_BYTES: usize = 400;

/// A container as the engine tells it, with the networks' ids beside their names. Who ended it and early probes are not the
/// engine's to tell: [`super::mirror`] adds them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Inspected {
    /// The container.
    pub(super) container: Container,
    /// The ids of the networks that it is attached to, by name; empty before the first start on older engines.
    pub(super) network_ids: BTreeMap<NetworkName, String>,
    /// Its main process on the engine's host; `None` while it does not run.
    pub(super) pid: Option<i32>,
    /// What its healthcheck runs, the image's shell included. Empty where there is none.
    pub(super) check: Vec<String>,
}

/// Reads an inspection. `None` where it lacks an id or a name.
pub(super) fn inspected(inspect: ContainerInspectResponse) -> Option<Inspected> {
    let id = inspect.id?;
    let name = ContainerName::new(inspect.name?.trim_start_matches('/'));
    let config = inspect.config.unwrap_or_default();
    let labels = config.labels.unwrap_or_default();
    let state = inspect.state.unwrap_or_default();
    let retries = retries(config.healthcheck.as_ref());
    let test = config.healthcheck.and_then(|health| health.test).unwrap_or_default();
    let check = check(test, config.shell.unwrap_or_default());
    let has_healthcheck = !check.is_empty();
    let pid = state.pid.and_then(|pid| i32::try_from(pid).ok()).filter(|pid| *pid > 0);
    let settings = inspect.network_settings.unwrap_or_default();
    let mut networks = BTreeMap::new();
    let mut network_ids = BTreeMap::new();
    for (network, endpoint) in settings.networks.unwrap_or_default() {
        let network = NetworkName::new(network);
        let address = endpoint.ip_address.and_then(|ip| ip.parse().ok());
        let address = address.or_else(|| endpoint.global_ipv6_address.and_then(|ip| ip.parse().ok()));
        if let Some(network_id) = endpoint.network_id.filter(|id| !id.is_empty()) {
            network_ids.insert(network.clone(), network_id);
        }
        let aliases = endpoint.aliases.unwrap_or_default().into_iter().collect();
        networks.insert(network, Endpoint { address, aliases });
    }
    let mounts = inspect.mounts.unwrap_or_default().into_iter();
    let (anonymous, named): (Vec<_>, Vec<_>) = mounts
        .filter(|mount| mount.typ.as_deref() == Some("volume"))
        .filter_map(|mount| mount.name)
        .partition(|name| is_anonymous(name));
    let container = Container {
        owner: owner(&labels),
        service: labels.get(labels::SERVICE).map(|name| ServiceName::new(name.as_str())),
        number: labels.get(labels::NUMBER).and_then(|text| text.parse().ok()).unwrap_or(0),
        one_off: labels.get(labels::ONE_OFF).is_some_and(|text| text.eq_ignore_ascii_case("true")),
        spec_hash: labels.get(labels::SPEC_HASH).map(|hash| SpecHash::new(hash.as_str())),
        config_hash: labels.get(labels::CONFIG_HASH).cloned(),
        epoch: ours(&labels, labels::EPOCH),
        generation: ours(&labels, labels::GENERATION),
        image: ImageId::new(inspect.image.unwrap_or_default()),
        created_at: inspect.created.unwrap_or_default(),
        started_at: moment(state.started_at.as_deref()),
        restart_count: inspect.restart_count.and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
        has_healthcheck,
        was_healthy: has_passed(&state),
        state: container_state(&state, has_healthcheck.then_some(retries)),
        networks,
        volumes: named.into_iter().map(VolumeName::new).collect::<BTreeSet<_>>(),
        anonymous_volumes: u32::try_from(anonymous.len()).unwrap_or(u32::MAX),
        ports: published(settings.ports.unwrap_or_default()),
        whole: state.status != Some(Status::CREATED) || !labels.contains_key(labels::FILES),
        died: None,
        shares: labels.get(labels::SHARES).map(|ids| labels::shared_ids(ids)),
        early_probe: None,
        id,
        name,
    };
    Some(Inspected { container, network_ids, pid, check })
}

/// The command of a healthcheck, as the engine runs it.
fn check(test: Vec<String>, shell: Vec<String>) -> Vec<String> {
    let mut words = test.into_iter();
    match words.next().as_deref() {
        Some("CMD") => words.collect(),
        Some("CMD-SHELL") => {
            let shell = if shell.is_empty() { vec!["/bin/sh".to_owned(), "-c".to_owned()] } else { shell };
            shell.into_iter().chain(words).collect()
        }
        _ => Vec::new(),
    }
}

/// An anonymous volume's name: 64 hexadecimal digits.
pub(super) fn is_anonymous(volume: &str) -> bool {
    volume.len() == 64 && volume.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `80/tcp` → port and protocol.
pub(super) fn port_key(text: &str) -> Option<(u16, Protocol)> {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = match protocol {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        _ => return None,
    };
    Some((port.parse().ok()?, protocol))
}

/// The engine's time. Its zero value, in year 1, is none.
pub(super) fn moment(text: Option<&str>) -> Option<Timestamp> {
    let at = chrono::DateTime::parse_from_rfc3339(text?).ok()?.with_timezone(&chrono::Utc);
    (at.timestamp() > 0).then_some(at)
}

/// The engine notes the start of a short run after the end that containerd tells it. An end long before the start is by a clock that was set back.
fn ended_at(started: Option<Timestamp>, finished: Option<Timestamp>) -> Option<Timestamp> {
    let late = chrono::TimeDelta::seconds(5);
    finished.filter(|finished| started.is_some_and(|started| started - *finished > late)).or(finished.max(started))
}

fn container_state(state: &BollardState, retries: Option<i64>) -> ContainerState {
    let exit = || Exit {
        code: state.exit_code.unwrap_or(0),
        at: ended_at(moment(state.started_at.as_deref()), moment(state.finished_at.as_deref())).unwrap_or_default(),
        oom: state.oom_killed.unwrap_or(false),
        by: EndedBy::Unknown,
        error: state.error.clone().unwrap_or_default(),
    };
    match state.status {
        // STOPPING: the stop signal was sent, the main process runs yet.
        Some(Status::RUNNING | Status::STOPPING) => {
            let health = retries.map_or(Health::None, |retries| health(state, retries));
            ContainerState::Running { health }
        }
        Some(Status::PAUSED) => ContainerState::Paused,
        Some(Status::RESTARTING) => ContainerState::Restarting(exit()),
        Some(Status::EXITED) => ContainerState::Exited(exit()),
        Some(Status::REMOVING) => ContainerState::Removing,
        Some(Status::DEAD) => ContainerState::Dead(exit()),
        Some(Status::CREATED | Status::EMPTY) | None => ContainerState::Created,
    }
}

/// The failures in a row after which the engine calls a container ill.
fn retries(check: Option<&HealthConfig>) -> i64 {
    check.and_then(|check| check.retries).filter(|retries| *retries > 0).unwrap_or(3)
}

/// The native healthcheck's word. `since` is the end of the first probe of the newest unbroken row of the results that
/// agree with it, as far back as the engine keeps results: a healthy container may have failed its last probes, while they
/// are fewer than its `retries`. Where no result agrees it is the oldest one's start. Results
/// of the run before, which the engine keeps when it starts a container again, do not count.
fn health(state: &BollardState, retries: i64) -> Health {
    let Some(health) = &state.health else { return Health::Starting };
    let began = moment(state.started_at.as_deref());
    let of_this_run = |result: &&HealthcheckResult| result.start.map(|start| start.to_utc()) >= began;
    let all = health.log.as_deref().unwrap_or_default();
    let log: Vec<&HealthcheckResult> = all.iter().filter(of_this_run).collect();
    if log.is_empty() && !all.is_empty() {
        return Health::Starting;
    }
    let row = |passing: bool| {
        let agrees = |result: &&&HealthcheckResult| (result.exit_code == Some(0)) == passing;
        let row = log.iter().rev().skip_while(|result| !agrees(result)).take_while(agrees);
        let first = row.last().and_then(|result| result.end).or_else(|| log.first().and_then(|result| result.start));
        first.unwrap_or_default()
    };
    match health.status {
        // The engine calls one so whose checks it has ceased to run, and does while it is frozen: until the next check, a whole interval
        // after it goes on, nobody knows (`CloseMonitorChannel` in moby's container/health.go).
        Some(HealthStatusEnum::UNHEALTHY) if health.failing_streak.is_some_and(|streak| streak < retries) => {
            Health::Starting
        }
        Some(HealthStatusEnum::HEALTHY) => Health::Healthy { since: row(true) },
        Some(HealthStatusEnum::UNHEALTHY) => Health::Unhealthy {
            since: row(false),
            streak: health.failing_streak.and_then(|streak| u32::try_from(streak).ok()).unwrap_or(0),
            output: log.last().and_then(|result| result.output.as_deref()).map(end_of).unwrap_or_default(),
        },
        _ => Health::Starting,
    }
}

/// Whether a probe of this run is known to have passed.
fn has_passed(state: &BollardState) -> bool {
    let began = moment(state.started_at.as_deref());
    let log = state.health.iter().flat_map(|health| health.log.iter().flatten());
    let mut of_this_run = log.filter(|result| result.start.map(|start| start.to_utc()) >= began);
    of_this_run.any(|result| result.exit_code == Some(0))
}

/// The last bytes of a text, from a character's start, trimmed.
fn end_of(text: &str) -> String {
    let text = text.trim();
    let start = text.len().saturating_sub(PROBE_OUTPUT_BYTES);
    let start = (start..text.len()).find(|index| text.is_char_boundary(*index)).unwrap_or(0);
    text[start..].to_owned()
}

fn published(ports: HashMap<String, Option<Vec<PortBinding>>>) -> Vec<PublishedPort> {
    let mut published = Vec::new();
    for (key, bindings) in ports {
        let Some((target, protocol)) = port_key(&key) else { continue };
        for binding in bindings.unwrap_or_default() {
            let Some(port) = binding.host_port.and_then(|port| port.parse().ok()).filter(|port| *port != 0) else {
                continue;
            };
            let host_ip = binding.host_ip.and_then(|ip| ip.parse().ok()).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
            published.push(PublishedPort { target, protocol, host_ip, published: port });
        }
    }
    published.sort();
    published.dedup();
    published
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_model::Owner;
    use serde_json::json;

    fn read(value: serde_json::Value) -> Inspected {
        inspected(serde_json::from_value(value).expect("an inspection")).expect("a container")
    }

    #[test]
    fn a_word_of_the_healthcheck_is_as_old_as_the_results_that_agree_with_it() {
        // Each probe is its exit code; it starts at the minute of its place, and ends ten seconds later.
        for (status, codes, expected) in [
            ("healthy", &[1, 0, 0][..], "00:01:10"),
            ("healthy", &[0, 0, 1], "00:00:10"),
            ("healthy", &[1, 0, -1, -1], "00:01:10"),
            ("healthy", &[-1, -1], "00:00:00"),
            ("unhealthy", &[0, 1, 1], "00:01:10"),
        ] {
            let probe = |(minute, code)| {
                let at = |second| format!("2026-01-02T00:{minute:02}:{second:02}Z");
                json!({"Start": at(0), "End": at(10), "ExitCode": code, "Output": ""})
            };
            let log: Vec<_> = codes.iter().enumerate().map(probe).collect();
            let streak = codes.iter().rev().take_while(|code| **code != 0).count();
            let state = json!({"Health": {"Status": status, "FailingStreak": streak, "Log": log}});
            let state: BollardState = serde_json::from_value(state).expect("a state");
            let (Health::Healthy { since } | Health::Unhealthy { since, .. }) = health(&state, 1) else {
                panic!("{codes:?}: neither healthy nor unhealthy");
            };
            assert_eq!(since.format("%H:%M:%S").to_string(), expected, "{status} {codes:?}");
        }
    }

    #[test]
    fn who_is_not_probed_is_not_ill() {
        let result =
            json!({"Start": "2026-01-02T00:00:00Z", "End": "2026-01-02T00:00:10Z", "ExitCode": 0, "Output": ""});
        for (streak, retries, ill) in [(0, 1, false), (1, 2, false), (2, 2, true)] {
            let state = json!({"Health": {"Status": "unhealthy", "FailingStreak": streak, "Log": [result]}});
            let health = health(&serde_json::from_value(state).expect("a state"), retries);
            assert_eq!(health != Health::Starting, ill, "{streak} of {retries}");
        }
    }

    #[test]
    fn the_run_before_says_nothing_of_the_health_of_this_one() {
        let probe = |minute: u32| {
            let at = |second: u32| format!("2026-01-02T00:{minute:02}:{second:02}Z");
            json!({"Start": at(0), "End": at(1), "ExitCode": 0, "Output": ""})
        };
        for (log, expected) in [
            // Shown for an instant after a start, before the engine begins anew.
            (json!([probe(1), probe(2)]), "Starting"),
            (json!([probe(1), probe(4), probe(5)]), "Healthy { since: 2026-01-02T00:04:01Z }"),
            (json!([]), "Healthy { since: 1970-01-01T00:00:00Z }"),
        ] {
            let health_of = json!({"Status": "healthy", "FailingStreak": 0, "Log": log});
            let state = json!({"StartedAt": "2026-01-02T00:03:00Z", "Health": health_of});
            let state: BollardState = serde_json::from_value(state).expect("a state");
            assert_eq!(format!("{:?}", health(&state, 1)), expected, "{log}");
        }
    }

    #[test]
    fn a_running_container_of_a_stack() {
        let Inspected { container, network_ids, .. } = read(json!({
            "Id": "abc", "Name": "/shop-web-1", "Image": "sha256:1", "Created": "2026-01-02T03:04:05.5Z", "RestartCount": 2,
            "State": {"Status": "running", "Running": true, "StartedAt": "2026-01-02T03:04:06Z",
                "FinishedAt": "0001-01-01T00:00:00Z", "Health": {"Status": "healthy", "FailingStreak": 0, "Log": [
                    {"Start": "2026-01-02T03:04:07Z", "End": "2026-01-02T03:04:08Z", "ExitCode": 1, "Output": "no"},
                    {"Start": "2026-01-02T03:04:09Z", "End": "2026-01-02T03:04:10Z", "ExitCode": 0, "Output": "ok"},
                    {"Start": "2026-01-02T03:04:11Z", "End": "2026-01-02T03:04:12Z", "ExitCode": 0, "Output": "ok"}]}},
            "Config": {"Healthcheck": {"Test": ["CMD", "true"]}, "Labels": {"dev.evenkeel.stack": "shop",
                "com.docker.compose.project": "shop", "com.docker.compose.service": "web", "com.docker.compose.oneoff": "False",
                "com.docker.compose.container-number": "1", "dev.evenkeel.spec-hash": "h", "dev.evenkeel.epoch": "3",
                "dev.evenkeel.generation": "7"}},
            "Mounts": [{"Type": "volume", "Name": "shop_data"}, {"Type": "volume", "Name": "f".repeat(64)}, {"Type": "bind"}],
            "NetworkSettings": {
                "Networks": {"shop_default": {"NetworkID": "n1", "IPAddress": "172.18.0.2", "Aliases": ["web", "abc"]},
                    "other": {"IPAddress": "", "Aliases": null}},
                "Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}],
                    "9/udp": null}},
        }));
        assert_eq!(container.name.as_str(), "shop-web-1");
        assert_eq!(container.owner, Owner::Evenkeel("shop".into()));
        assert_eq!((container.number, container.one_off, container.epoch, container.generation), (1, false, 3, 7));
        assert_eq!(container.restart_count, 2);
        let ContainerState::Running { health: Health::Healthy { since } } = container.state else {
            panic!("not healthy")
        };
        assert_eq!(since.to_rfc3339(), "2026-01-02T03:04:10+00:00");
        let endpoint = Endpoint {
            address: Some("172.18.0.2".parse().expect("an address")),
            aliases: BTreeSet::from(["web".to_owned(), "abc".to_owned()]),
        };
        assert_eq!(container.networks[&NetworkName::from("shop_default")], endpoint);
        assert_eq!(container.networks[&NetworkName::from("other")], Endpoint::default());
        assert_eq!(network_ids[&NetworkName::from("shop_default")], "n1");
        assert_eq!(container.volumes, BTreeSet::from(["shop_data".into()]));
        assert_eq!(container.anonymous_volumes, 1);
        assert_eq!(container.ports.len(), 2);
        assert_eq!((container.ports[0].target, container.ports[0].published), (80, 8080));
    }

    #[test]
    fn states() {
        let state = |state: serde_json::Value| {
            let inspect = json!({"Id": "a", "Name": "/a", "State": state});
            format!("{:?}", read(inspect).container.state)
        };
        let ended = |status: &str| {
            json!({"Status": status, "ExitCode": 137, "OOMKilled": true, "Error": "", "StartedAt": "2026-01-02T03:04:06Z",
                "FinishedAt": "2026-01-02T03:04:07Z"})
        };
        for (value, expected) in [
            (json!({"Status": "created", "StartedAt": "0001-01-01T00:00:00Z"}), "Created"),
            (json!({"Status": "running"}), "Running { health: None }"),
            (json!({"Status": "paused", "Paused": true}), "Paused"),
            (json!({"Status": "removing"}), "Removing"),
            (
                ended("exited"),
                "Exited(Exit { code: 137, at: 2026-01-02T03:04:07Z, oom: true, by: Unknown, error: \"\" })",
            ),
            (
                ended("restarting"),
                "Restarting(Exit { code: 137, at: 2026-01-02T03:04:07Z, oom: true, by: Unknown, error: \"\" })",
            ),
            (ended("dead"), "Dead(Exit { code: 137, at: 2026-01-02T03:04:07Z, oom: true, by: Unknown, error: \"\" })"),
        ] {
            assert_eq!(state(value), expected);
        }
    }

    #[test]
    fn a_healthcheck_that_is_off_is_none() {
        for (test, shell, check) in [
            (json!(["NONE"]), json!(null), &[][..]),
            (json!([]), json!(null), &[]),
            (json!(null), json!(null), &[]),
            (json!(["CMD-SHELL", "a b"]), json!(null), &["/bin/sh", "-c", "a b"]),
            (json!(["CMD-SHELL", "a b"]), json!(["/bin/bash", "-ec"]), &["/bin/bash", "-ec", "a b"]),
            (json!(["CMD", "a", "b"]), json!(null), &["a", "b"]),
        ] {
            let config = json!({"Healthcheck": {"Test": test}, "Shell": shell});
            let read = read(json!({"Id": "a", "Name": "/a", "Config": config}));
            assert_eq!(read.check, check, "{test}");
            assert_eq!(read.container.has_healthcheck, !check.is_empty(), "{test}");
        }
    }

    #[test]
    fn a_probes_output_is_cut_at_a_character() {
        let long = "é".repeat(PROBE_OUTPUT_BYTES);
        assert!(end_of(&long).len() <= PROBE_OUTPUT_BYTES);
        assert_eq!(end_of(" short \n"), "short");
    }
}
