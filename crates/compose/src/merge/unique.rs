//! Lists in which a later item replaces an earlier one that means the same: a variable, a port, a mount at the same path.

use crate::canonical::volumes;
use crate::tree::{Map, Node, Value};
use std::collections::HashMap;

/// Makes every such list of the tree unique. The first item keeps its position, the last its value.
pub(crate) fn enforce(tree: &mut Map) {
    for network in ["networks"] {
        let Some(networks) = tree.map_mut(network) else { continue };
        for (_, network) in networks.maps_mut() {
            unique(network, "labels", assignment);
        }
    }
    let Some(services) = tree.map_mut("services") else { return };
    for (_, service) in services.maps_mut() {
        enforce_service(service);
    }
}

fn enforce_service(service: &mut Map) {
    for key in [
        "annotations",
        "cap_add",
        "cap_drop",
        "dns",
        "dns_opt",
        "dns_search",
        "environment",
        "labels",
        "links",
        "profiles",
        "sysctls",
        "tmpfs",
    ] {
        unique(service, key, assignment);
    }
    unique(service, "configs", |item| mount(item, ""));
    unique(service, "secrets", |item| mount(item, "/run/secrets"));
    unique(service, "devices", device);
    unique(service, "env_file", env_file);
    unique(service, "expose", |item| item.value.to_text());
    unique(service, "ports", port);
    unique(service, "volumes", volume);
    if let Some(build) = service.map_mut("build") {
        for key in ["args", "additional_contexts", "tags", "labels"] {
            unique(build, key, assignment);
        }
    }
    if let Some(deploy) = service.map_mut("deploy") {
        unique(deploy, "labels", assignment);
    }
    if let Some(networks) = service.map_mut("networks") {
        for (_, network) in networks.maps_mut() {
            unique(network, "aliases", assignment);
            unique(network, "link_local_ips", assignment);
        }
    }
}

fn unique(map: &mut Map, key: &str, index: impl Fn(&Node) -> Option<String>) {
    let Some(items) = map.get_mut(key).and_then(Node::as_list_mut) else { return };
    let mut positions: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Node> = Vec::with_capacity(items.len());
    for item in std::mem::take(items) {
        // An item without an index is malformed, and the check of shapes will say so.
        match index(&item) {
            Some(index) => match positions.get(&index) {
                Some(&at) => kept[at] = item,
                None => {
                    positions.insert(index, kept.len());
                    kept.push(item);
                }
            },
            None => kept.push(item),
        }
    }
    *items = kept;
}

fn assignment(item: &Node) -> Option<String> {
    let text = item.as_text()?;
    Some(text.split_once('=').map_or(text, |(key, _)| key).to_owned())
}

fn mount(item: &Node, dir: &str) -> Option<String> {
    match &item.value {
        Value::Text(name) => Some(format!("{dir}/{name}")),
        Value::Map(map) => match map.text("target") {
            Some(target) => Some(target.to_owned()),
            None => map.text("source").map(|source| format!("{dir}/{source}")),
        },
        _ => None,
    }
}

fn device(item: &Node) -> Option<String> {
    match &item.value {
        Value::Text(text) => text.split(':').nth(1).or_else(|| text.split(':').next()).map(str::to_owned),
        Value::Map(map) => map.text("target").map(str::to_owned),
        _ => None,
    }
}

fn env_file(item: &Node) -> Option<String> {
    match &item.value {
        Value::Text(path) => Some(path.clone()),
        Value::Map(map) => map.text("path").map(str::to_owned),
        _ => None,
    }
}

fn volume(item: &Node) -> Option<String> {
    match &item.value {
        Value::Text(spec) => volumes::target(spec),
        Value::Map(map) => map.text("target").map(str::to_owned),
        _ => None,
    }
}

fn port(item: &Node) -> Option<String> {
    match &item.value {
        Value::Int(_) | Value::Text(_) => item.value.to_text(),
        Value::Map(map) => {
            let part = |key: &str| map.get(key).and_then(|node| node.value.to_text());
            let target = part("target")?;
            Some(format!(
                "{}:{}:{target}/{}",
                part("host_ip").unwrap_or_else(|| "0.0.0.0".to_owned()),
                part("published").unwrap_or_default(),
                part("protocol").unwrap_or_else(|| "tcp".to_owned()),
            ))
        }
        _ => None,
    }
}
