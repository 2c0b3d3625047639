//! Rules about single objects that their shape does not say: keys that exclude each other, addresses that are none.

use crate::codes;
use crate::diagnostic::Report;
use crate::tree::{Map, Node, Value};
use std::net::IpAddr;

/// Checks a tree in its long form.
pub(crate) fn check(tree: &mut Map, report: &Report) {
    binds(tree, report);
    for (kind, keys) in [("secrets", &["file", "environment"][..]), ("configs", &["file", "environment", "content"])] {
        for (name, entry) in tree.map(kind).into_iter().flat_map(Map::iter) {
            if let Some(map) = entry.node.as_map() {
                file_object(&format!("{kind}.{name}"), map, &entry.node, keys, report);
            }
        }
    }
    for (name, volume) in tree.map("volumes").into_iter().flat_map(Map::maps) {
        external(&format!("volumes.{name}"), volume, report);
    }
    for (name, service) in tree.map("services").into_iter().flat_map(Map::maps) {
        check_service(name, service, report);
    }
}

/// A bind mount names its source, in a service that only waits to be extended too: its path is made absolute with the others. What
/// has been told is broken, so that who extends it is not told again.
pub(crate) fn binds(tree: &mut Map, report: &Report) {
    for (name, service) in tree.map_mut("services").into_iter().flat_map(Map::maps_mut) {
        for item in service.get_mut("volumes").and_then(Node::as_list_mut).into_iter().flatten() {
            let is_nowhere = |volume: &Map| volume.text("type") == Some("bind") && !volume.contains("source");
            if item.as_map().is_some_and(is_nowhere) {
                let message = format!("services.{name}.volumes: a bind mount needs a `source`");
                report.error(item.place, codes::MISSING_KEY, message);
                item.break_it();
            }
        }
    }
}

fn check_service(name: &str, service: &Map, report: &Report) {
    for port in maps(service, "ports") {
        if let Some(node) = port.get("host_ip")
            && node.as_text().is_some_and(|ip| ip.parse::<IpAddr>().is_err())
        {
            let ip = node.as_text().unwrap_or_default();
            let message = format!("services.{name}.ports: `{ip}` is not an IP address");
            report.value_error(node, codes::INVALID_VALUE, message, None);
        }
    }
    let reserved = service
        .map("deploy")
        .and_then(|deploy| deploy.map("resources"))
        .and_then(|resources| resources.map("reservations"));
    let devices = reserved.into_iter().flat_map(|reserved| maps(reserved, "devices"));
    for device in devices.chain(maps(service, "gpus")) {
        if let (Some(_), Some(ids)) = (device.get("count"), device.get("device_ids")) {
            let message = format!("services.{name}: a device request takes `count` or `device_ids`, not both");
            report.error(ids.place, codes::CONFLICTING_KEYS, message);
        }
    }
    let watches = service.map("develop").into_iter().flat_map(|develop| maps(develop, "watch"));
    for path in watches.filter_map(|watch| watch.get("path")) {
        if path.as_text() == Some("") {
            let message = format!("services.{name}.develop.watch: the path is empty");
            report.value_error(path, codes::INVALID_VALUE, message, None);
        }
    }
}

fn maps<'a>(map: &'a Map, key: &str) -> impl Iterator<Item = &'a Map> {
    map.list(key).into_iter().flatten().filter_map(Node::as_map)
}

fn file_object(path: &str, map: &Map, node: &Node, keys: &[&str], report: &Report) {
    let present: Vec<&&str> = keys.iter().filter(|key| map.contains(key)).collect();
    if present.len() > 1 {
        let message = format!("{path}: {} exclude each other", keys.join(", "));
        report.error(node.place, codes::CONFLICTING_KEYS, message);
    }
    if present.is_empty() && !map.contains("driver") && !map.contains("external") {
        let message = format!("{path} needs one of {}", keys.join(", "));
        report.error(node.place, codes::MISSING_KEY, message);
    }
}

fn external(path: &str, resource: &Map, report: &Report) {
    if !matches!(resource.get("external").map(|node| &node.value), Some(Value::Bool(true))) {
        return;
    }
    for (key, entry) in resource.iter() {
        if !matches!(key.as_str(), "name" | "external") && !key.starts_with("x-") {
            let message = format!("{path}: `{key}` cannot stand beside `external: true`");
            let help = "what is external exists already: only its name can be given";
            report.error_help(entry.key_place, codes::CONFLICTING_KEYS, message, help);
        }
    }
}
