//! Containers as `docker compose ps` lists them, for `-q`, `--services`, `--status` and `--format`.

use crate::failure::Failure;
use crate::format::Row;
use chrono::{DateTime, Utc};
use evenkeel_wire::{EngineContainer, EnginePort};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The states that `--status` knows.
pub const STATES: [&str; 7] = ["paused", "restarting", "removing", "running", "dead", "created", "exited"];

/// Which containers are listed.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of these services; empty means all.
    pub services: Vec<String>,
    /// Those that do not run too.
    pub all: bool,
    /// Only in these states; empty means all, and no state is left out for not running.
    pub states: Vec<String>,
    /// Only of services that the stack has.
    pub known: Option<Vec<String>>,
}

impl Wanted {
    /// Those of the containers that are wanted.
    pub fn of(&self, containers: Vec<EngineContainer>) -> Vec<EngineContainer> {
        let runs = |container: &EngineContainer| !matches!(container.state.as_str(), "created" | "exited" | "dead");
        let is_wanted = |container: &EngineContainer| {
            (self.services.is_empty() || self.services.contains(&container.service))
                && self.known.as_ref().is_none_or(|known| known.contains(&container.service))
                && match self.states.as_slice() {
                    [] => self.all || runs(container),
                    states => states.contains(&container.state),
                }
        };
        containers.into_iter().filter(is_wanted).collect()
    }
}

/// The states of `--status` and of `--filter status=…`.
pub fn states(statuses: &[String], filters: &[String]) -> Result<Vec<String>, Failure> {
    let mut states = statuses.to_vec();
    for filter in filters {
        match filter.split_once('=') {
            Some(("status", state)) => states.push(state.to_owned()),
            // Older scripts name the source of a container.
            Some(("source", _)) => {
                return Err(Failure::usage("`source` is no filter any more", "there is status=STATE"));
            }
            _ => return Err(Failure::usage(format!("`{filter}` is no filter"), "there is status=STATE")),
        }
    }
    match states.iter().find(|state| !STATES.contains(&state.as_str())) {
        Some(unknown) => Err(Failure::usage(
            format!("`{unknown}` is no state of a container"),
            format!("one of {}", STATES.join(", ")),
        )),
        None => Ok(states),
    }
}

/// A container with the fields of Docker's templates.
pub fn row(container: &EngineContainer, project: &str, whole: bool, now: DateTime<Utc>) -> Row {
    let labels: Vec<String> = container.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let mounts: Vec<String> =
        container.mounts.iter().map(|mount| if whole { mount.clone() } else { shortened(mount, 15) }).collect();
    let command = if whole { container.command.clone() } else { shortened(&container.command, 20) };
    let created = container.created_at.map(|at| at.format("%Y-%m-%d %H:%M:%S +0000 UTC").to_string());
    let running_for = container.created_at.map(|at| format!("{} ago", roughly(now - at))).unwrap_or_default();
    let id: String = if whole { container.id.clone() } else { container.id.chars().take(12).collect() };
    let row = json!({
        "Command": format!("{command:?}"),
        "CreatedAt": created.unwrap_or_default(),
        "ExitCode": container.exit_code,
        "Health": container.health,
        "ID": id,
        "Image": container.image,
        "Labels": labels.join(","),
        "LocalVolumes": container.local_volumes.to_string(),
        "Mounts": mounts.join(","),
        "Name": container.name,
        "Names": container.name,
        "Networks": container.networks.join(","),
        "Ports": ports(&container.ports),
        "Project": project,
        "Publishers": publishers(&container.ports),
        "RunningFor": running_for,
        "Service": container.service,
        "Size": "0B",
        "State": container.state,
        "Status": container.status,
    });
    match row {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}

fn publishers(ports: &[EnginePort]) -> Value {
    let publisher = |port: &EnginePort| {
        json!({
            "URL": port.host_ip.map(|ip| ip.to_string()).unwrap_or_default(),
            "TargetPort": port.target,
            "PublishedPort": port.published.unwrap_or_default(),
            "Protocol": protocol(port),
        })
    };
    Value::Array(ports.iter().map(publisher).collect())
}

/// `0.0.0.0:8001-8002->8001-8002/tcp, 443/tcp`: ports that follow one another are one entry, as Docker folds them.
fn ports(ports: &[EnginePort]) -> String {
    // What is published comes first, each address and protocol by itself.
    type Pairs = Vec<(u16, Option<u16>)>;
    let mut runs: BTreeMap<(bool, String, &str), Pairs> = BTreeMap::new();
    for port in ports {
        let address = port.host_ip.map(|ip| if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() });
        let key = (port.published.is_none(), address.unwrap_or_default(), protocol(port));
        runs.entry(key).or_default().push((port.target, port.published));
    }
    let mut entries = Vec::new();
    for ((_, address, protocol), mut pairs) in runs {
        pairs.sort_unstable();
        pairs.dedup();
        let mut pairs = pairs.into_iter().peekable();
        while let Some((first, first_published)) = pairs.next() {
            let (mut last, mut last_published) = (first, first_published);
            while let Some(next) = pairs.next_if(|(target, published)| {
                Some(*target) == last.checked_add(1)
                    && *published == last_published.map(|published| published.wrapping_add(1))
            }) {
                (last, last_published) = next;
            }
            entries.push(entry(&address, (first, last), first_published.zip(last_published), protocol));
        }
    }
    entries.join(", ")
}

fn entry(address: &str, (first, last): (u16, u16), published: Option<(u16, u16)>, protocol: &str) -> String {
    let range = |(first, last): (u16, u16)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    let mut entry = String::new();
    if let Some(published) = published {
        let _ = write!(entry, "{address}:{}->", range(published));
    }
    let _ = write!(entry, "{}/{protocol}", range((first, last)));
    entry
}

fn protocol(port: &EnginePort) -> &'static str {
    match port.protocol {
        evenkeel_wire::Protocol::Tcp => "tcp",
        evenkeel_wire::Protocol::Udp => "udp",
        evenkeel_wire::Protocol::Sctp => "sctp",
    }
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// `4 seconds`, `About an hour`: a time as Docker rounds it.
pub fn roughly(time: chrono::TimeDelta) -> String {
    let seconds = time.num_seconds().max(0);
    match seconds {
        0 => "Less than a second".to_owned(),
        1 => "1 second".to_owned(),
        2..60 => format!("{seconds} seconds"),
        60..120 => "About a minute".to_owned(),
        120..3600 => format!("{} minutes", seconds / 60),
        3600..5400 => "About an hour".to_owned(),
        _ => {
            let hours = (seconds + 1800) / 3600;
            match hours {
                0..48 => format!("{hours} hours"),
                48..336 => format!("{} days", hours / 24),
                336..1440 => format!("{} weeks", hours / 24 / 7),
                1440..17520 => format!("{} months", hours / 24 / 30),
                _ => format!("{} years", hours / 24 / 365),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_wire::Protocol;

    fn port(host_ip: Option<[u8; 4]>, published: Option<u16>, target: u16) -> EnginePort {
        EnginePort { target, published, host_ip: host_ip.map(Into::into), protocol: Protocol::Tcp }
    }

    #[test]
    fn ports_are_folded_as_docker_folds_them() {
        let any = Some([0, 0, 0, 0]);
        for (given, expected) in [
            (vec![], ""),
            (vec![port(None, None, 80), port(None, None, 443)], "80/tcp, 443/tcp"),
            (vec![port(Some([127, 0, 0, 1]), Some(8001), 8000)], "127.0.0.1:8001->8000/tcp"),
            (vec![port(any, Some(91), 91), port(any, Some(90), 90)], "0.0.0.0:90-91->90-91/tcp"),
            (vec![port(any, Some(90), 80), port(None, None, 81)], "0.0.0.0:90->80/tcp, 81/tcp"),
            (vec![EnginePort { host_ip: "::".parse().ok(), ..port(any, Some(90), 80) }], "[::]:90->80/tcp"),
        ] {
            assert_eq!(ports(&given), expected);
        }
    }

    #[test]
    fn who_is_listed() {
        let container = |name: &str, service: &str, state: &str| EngineContainer {
            name: name.to_owned(),
            service: service.to_owned(),
            state: state.to_owned(),
            ..EngineContainer::default()
        };
        let all =
            || vec![container("a", "web", "running"), container("b", "web", "exited"), container("c", "db", "paused")];
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        for (wanted, expected) in [
            (Wanted::default(), vec!["a", "c"]),
            (Wanted { all: true, ..Wanted::default() }, vec!["a", "b", "c"]),
            (Wanted { services: texts(&["web"]), ..Wanted::default() }, vec!["a"]),
            (Wanted { states: texts(&["exited"]), ..Wanted::default() }, vec!["b"]),
            (Wanted { known: Some(texts(&["db"])), all: true, ..Wanted::default() }, vec!["c"]),
        ] {
            let listed = wanted.of(all());
            assert_eq!(listed.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), expected, "{wanted:?}");
        }
        assert!(states(&texts(&["up"]), &[]).is_err() && states(&[], &texts(&["name=x"])).is_err());
        assert_eq!(states(&texts(&["exited"]), &texts(&["status=dead"])).expect("states"), ["exited", "dead"]);
    }

    #[test]
    fn a_row_has_the_fields_of_dockers_templates() {
        let now = DateTime::from_timestamp(1_000_000, 0).expect("a time");
        let container = EngineContainer {
            id: "2b2d495ea547410d".to_owned(),
            name: "shop-web-1".to_owned(),
            service: "web".to_owned(),
            command: "/docker-entrypoint.sh nginx".to_owned(),
            created_at: DateTime::from_timestamp(999_990, 0),
            mounts: vec!["/a/very/long/path/indeed".to_owned(), "data".to_owned()],
            ports: vec![port(None, None, 80)],
            ..EngineContainer::default()
        };
        let short = row(&container, "shop", false, now);
        for (field, expected) in [
            ("ID", json!("2b2d495ea547")),
            ("Command", json!("\"/docker-entrypoint.…\"")),
            ("RunningFor", json!("10 seconds ago")),
            ("Mounts", json!("/a/very/long/p…,data")),
            ("CreatedAt", json!("1970-01-12 13:46:30 +0000 UTC")),
            ("Publishers", json!([{"URL": "", "TargetPort": 80, "PublishedPort": 0, "Protocol": "tcp"}])),
            ("Project", json!("shop")),
            ("ExitCode", json!(0)),
        ] {
            assert_eq!(short[field], expected, "{field}");
        }
        assert_eq!(row(&container, "shop", true, now)["ID"], json!("2b2d495ea547410d"));
    }
}
