//! `x-evenkeel`: what the owner of a stack wants from Evenkeel in particular.

use super::read::Read;
use crate::codes;
use crate::diagnostic::Report;
use crate::quantity::duration_ns;
use crate::suggestion;
use crate::tree::{Map, Node, Value};
use evenkeel_model::{ApplicationProtocol, DeclaredConnection, ServiceName, Stack, Unhealthy, Wishes};

const KEY: &str = "x-evenkeel";
const OF_SERVICE: [&str; 3] = ["stand_in", "connections", "unhealthy"];
const OF_PROJECT: [&str; 2] = ["connections", "check_connections"];
const OF_NETWORK: [&str; 1] = ["create"];
const OF_CONNECTION: [&str; 3] = ["to", "port", "protocol"];
const OF_PROJECT_CONNECTION: [&str; 4] = ["from", "to", "port", "protocol"];

pub(super) fn of_service(service: &Read<'_>) -> Wishes {
    let Some(node) = service.map.get(KEY) else { return Wishes::default() };
    let path = format!("{}.{KEY}", service.path);
    let Some(map) = mapping(node, &path, service.report) else { return Wishes::default() };
    known(map, &path, &OF_SERVICE, service.report);
    let stand_in = map.get("stand_in").and_then(|node| {
        if node.as_text().is_none() {
            let message = format!("{path}.stand_in must be text: what the container is, and is not");
            service.report.value_error(node, codes::WRONG_TYPE, message, None);
        }
        node.as_text().map(str::to_owned)
    });
    let connections = items(map, &path, service.report);
    let connections = connections.filter_map(|(path, item)| connection(item, &path, &OF_CONNECTION, service.report));
    let unhealthy = map.get("unhealthy").map(|node| unhealthy(node, &path, service.report));
    Wishes { stand_in, connections: connections.collect(), unhealthy: unhealthy.unwrap_or_default() }
}

/// What becomes of an unhealthy container.
fn unhealthy(node: &Node, path: &str, report: &Report) -> Unhealthy {
    match node.as_text() {
        Some("restart") => Unhealthy::Restart,
        Some("ignore") => Unhealthy::Ignore,
        _ => {
            let message = format!("{path}.unhealthy must be `restart` or `ignore`");
            let help = "`ignore` leaves a container alone whose healthcheck fails; without it, it is restarted";
            report.value_error(node, codes::INVALID_VALUE, message, Some(help));
            Unhealthy::default()
        }
    }
}

/// The top level's: how often connections are tried, and connections of any service, which are the service's own from here on.
pub(super) fn of_project(tree: &Map, stack: &mut Stack, report: &Report) {
    let Some(map) = tree.get(KEY).and_then(|node| mapping(node, KEY, report)) else { return };
    known(map, KEY, &OF_PROJECT, report);
    stack.check_connections_ms = map.get("check_connections").and_then(|node| check_connections_ms(node, report));
    let services = &mut stack.services;
    for (path, item) in items(map, KEY, report) {
        let Some(declared) = connection(item, &path, &OF_PROJECT_CONNECTION, report) else { continue };
        let from = item.as_map().and_then(|map| map.get("from"));
        match from.and_then(Node::as_text) {
            None => {
                let message = format!("{path} must name the service that opens the connection as `from`");
                report.value_error(item, codes::WRONG_TYPE, message, None);
            }
            Some(name) => match services.get_mut(&ServiceName::new(name)) {
                Some(service) => service.wishes.connections.push(declared),
                None => {
                    let help = suggestion::did_you_mean(name, services.keys().map(ServiceName::as_str));
                    let message = format!("{path}.from: there is no service `{name}`");
                    report.value_error(from.unwrap_or(item), codes::UNDEFINED_SERVICE, message, help.as_deref());
                }
            },
        }
    }
}

/// How often connections are tried.
fn check_connections_ms(node: &Node, report: &Report) -> Option<u64> {
    const SHORTEST_NS: i64 = 1_000_000_000;
    let interval_ns = node.value.to_text().and_then(|text| duration_ns(&text)).filter(|ns| *ns >= SHORTEST_NS);
    if interval_ns.is_none() {
        let message = format!("{KEY}.check_connections must be a duration of at least 1s, such as 30s");
        let help = "each connection between services that are ready is tried this often; leave it out to have them tried on demand only";
        report.value_error(node, codes::INVALID_VALUE, message, Some(help));
    }
    u64::try_from(interval_ns? / 1_000_000).ok()
}

/// A network's: whether an external one is made where it is missing.
pub(super) fn creates(network: &Read<'_>) -> bool {
    let Some(node) = network.map.get(KEY) else { return false };
    let path = format!("{}.{KEY}", network.path);
    let Some(map) = mapping(node, &path, network.report) else { return false };
    known(map, &path, &OF_NETWORK, network.report);
    let Some(node) = map.get("create") else { return false };
    let external = network.map.get("external").and_then(Node::as_bool) == Some(true);
    match node.as_bool() {
        Some(true) if !external => {
            let message = format!("{path}.create: only an external network can be missing");
            network.report.value_error(
                node,
                codes::INVALID_VALUE,
                message,
                Some("leave it out: the stack makes its own networks"),
            );
            false
        }
        Some(create) => create,
        None => {
            let message = format!("{path}.create must be true or false");
            network.report.value_error(node, codes::WRONG_TYPE, message, None);
            false
        }
    }
}

/// The items of `connections`, each with its path.
fn items<'a>(map: &'a Map, path: &str, report: &Report) -> impl Iterator<Item = (String, &'a Node)> {
    let node = map.get("connections").filter(|node| !node.is_null());
    if let Some(node) = node.filter(|node| node.as_list().is_none()) {
        let message = format!("{path}.connections must be a list, and is {}", node.value.kind());
        report.value_error(
            node,
            codes::WRONG_TYPE,
            message,
            Some("write `- redis:6379` or `- {to: redis, port: 6379}`"),
        );
    }
    let path = format!("{path}.connections");
    let items = node.and_then(Node::as_list).unwrap_or_default().iter().enumerate();
    items.map(move |(number, item)| (format!("{path}[{number}]"), item))
}

/// `redis`, `redis:6379`, `redis://cache:6379`, or a mapping of `to`, `port` and `protocol`.
fn connection(item: &Node, path: &str, keys: &[&str], report: &Report) -> Option<DeclaredConnection> {
    let wrong = |node: &Node, message: String| {
        let protocols: Vec<&str> = ApplicationProtocol::ALL.iter().map(|protocol| protocol.as_str()).collect();
        let help =
            format!("write `redis:6379` or `{{to: redis, port: 6379}}`; the protocols are {}", protocols.join(", "));
        report.value_error(node, codes::INVALID_VALUE, format!("{path}{message}"), Some(&help));
    };
    let (to, port, protocol) = match &item.value {
        Value::Text(text) => {
            let (protocol, rest) = text.split_once("://").map_or((None, text.as_str()), |(it, rest)| (Some(it), rest));
            let (to, port) = rest.split_once(':').map_or((rest, None), |(to, port)| (to, Some(port)));
            (to.to_owned(), port.map(|port| (item, port.to_owned())), protocol.map(|it| (item, it.to_owned())))
        }
        Value::Map(map) => {
            known(map, path, keys, report);
            let read = |key: &str| map.get(key).and_then(|node| Some((node, node.value.to_text()?)));
            (read("to").map(|(_, to)| to).unwrap_or_default(), read("port"), read("protocol"))
        }
        other => {
            wrong(item, format!(" must be text or a mapping, and is {}", other.kind()));
            return None;
        }
    };
    if to.is_empty() {
        wrong(item, " must name the service that answers as `to`".to_owned());
        return None;
    }
    let mut declared = DeclaredConnection { to, port: None, protocol: None };
    if let Some((node, text)) = port {
        match text.parse() {
            Ok(number) if number != 0 => declared.port = Some(number),
            _ => wrong(node, format!(": `{text}` is no port")),
        }
    }
    if let Some((node, text)) = protocol {
        match text.parse() {
            Ok(known) => declared.protocol = Some(known),
            Err(unknown) => wrong(node, format!(": {unknown}")),
        }
    }
    Some(declared)
}

fn mapping<'a>(node: &'a Node, path: &str, report: &Report) -> Option<&'a Map> {
    match &node.value {
        Value::Map(map) => Some(map),
        Value::Null => None,
        other => {
            report.value_error(
                node,
                codes::WRONG_TYPE,
                format!("{path} must be a mapping, and is {}", other.kind()),
                None,
            );
            None
        }
    }
}

fn known(map: &Map, path: &str, keys: &[&str], report: &Report) {
    for (key, entry) in map.iter().filter(|(key, _)| !keys.contains(&key.as_str())) {
        let help = suggestion::did_you_mean(key, keys.iter().copied()).unwrap_or_else(|| match keys {
            [] => "there are no wishes at this place".to_owned(),
            keys => format!("the keys are {}", keys.join(", ")),
        });
        report.error_help(entry.key_place, codes::UNKNOWN_KEY, format!("{path} has no key `{key}`"), help);
    }
}
