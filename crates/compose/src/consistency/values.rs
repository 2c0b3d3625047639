//! Fields of one service that must agree with each other.

use crate::codes;
use crate::diagnostic::Report;
use crate::quantity;
use crate::tree::{Map, Node, Place, Value};
use std::collections::BTreeMap;

/// Checks one service.
pub(super) fn check(name: &str, service: &Map, place: Place, report: &Report) {
    let deploy = service.map("deploy");
    let resources = deploy.and_then(|deploy| deploy.map("resources"));
    let limits = resources.and_then(|resources| resources.map("limits"));
    let reservations = resources.and_then(|resources| resources.map("reservations"));
    let differ = |key: &str, other: &str, node: &Node| {
        let message = format!("services.{name}: `{key}` and `{other}` have different values");
        report.error_help(node.place, codes::CONFLICTING_VALUES, message, "keep one of the two");
    };
    let scale = service.get("scale").and_then(whole);
    let replicas = deploy.and_then(|deploy| deploy.get("replicas"));
    if let (Some(scale), Some(node)) = (scale, replicas)
        && whole(node).is_some_and(|replicas| replicas != scale)
    {
        differ("scale", "deploy.replicas", node);
    }
    for (path, node) in [("scale", service.get("scale")), ("deploy.replicas", replicas)] {
        if let Some(node) = node.filter(|node| whole(node).is_some_and(|count| count < 0)) {
            let message = format!("services.{name}.{path} must not be negative");
            report.value_error(node, codes::INVALID_VALUE, message, None);
        }
    }
    for (key, limited, other, read) in [
        ("cpus", limits, "cpus", number as fn(&Node) -> Option<f64>),
        ("mem_limit", limits, "memory", size),
        ("mem_reservation", reservations, "memory", size),
        ("pids_limit", limits, "pids", number),
    ] {
        let (Some(node), Some(limited)) = (service.get(key), limited) else { continue };
        let Some(own) = read(node).filter(|value| *value != 0.0) else { continue };
        let theirs = limited.get(other).and_then(read).unwrap_or(0.0);
        if (own as f32) != (theirs as f32) {
            let section = if key == "mem_reservation" { "reservations" } else { "limits" };
            differ(key, &format!("deploy.resources.{section}.{other}"), node);
        }
    }
    let count = scale.or_else(|| replicas.and_then(whole)).unwrap_or(1);
    if let Some(node) = service.get("container_name").filter(|_| count > 1) {
        let message = format!("services.{name}: {count} containers cannot share one `container_name`");
        report.value_error(node, codes::CONFLICTING_VALUES, message, Some("remove `container_name`, or scale to 1"));
    }
    watches(name, service, report);
    mounts(name, service, place, report);
}

/// Where a service has both `scale` and `deploy`, the scale is also the number of replicas.
pub(super) fn equalise_scale(tree: &mut Map) {
    for (_, service) in tree.map_mut("services").into_iter().flat_map(Map::maps_mut) {
        let Some(scale) = service.get("scale").cloned() else { continue };
        if let Some(deploy) = service.map_mut("deploy") {
            deploy.set("replicas", scale);
        }
    }
}

fn watches(name: &str, service: &Map, report: &Report) {
    let watches = service.map("develop").and_then(|develop| develop.list("watch"));
    for watch in watches.into_iter().flatten() {
        let Some(map) = watch.as_map() else { continue };
        let needs_target = !matches!(map.text("action"), Some("rebuild" | "restart"));
        if needs_target && map.text("target").unwrap_or_default().is_empty() {
            let message = format!("services.{name}.develop.watch: this action needs a `target`");
            report.error(watch.place, codes::MISSING_KEY, message);
        }
    }
}

/// Two mounts at one path hide each other.
fn mounts(name: &str, service: &Map, place: Place, report: &Report) {
    let mut known: BTreeMap<String, Place> = BTreeMap::new();
    let tmpfs = service.get("tmpfs").map(|node| node.as_list().unwrap_or(std::slice::from_ref(node)));
    let tmpfs = tmpfs.into_iter().flatten().filter_map(|node| {
        let path = node.as_text()?.split(':').next()?;
        Some((path.to_owned(), node.place))
    });
    let volumes = service.list("volumes").into_iter().flatten().filter_map(|node| {
        let map = node.as_map()?;
        Some((map.text("target").unwrap_or_default().to_owned(), node.place))
    });
    for (target, at) in tmpfs.chain(volumes) {
        match known.get(&target) {
            Some(first) => {
                let message = format!(
                    "services.{name}: something is mounted at `{target}` already, at {}",
                    report.describe(*first)
                );
                let at = if at.line > 0 { at } else { place };
                report.error_help(at, codes::DUPLICATE_MOUNT, message, "remove one of the two");
            }
            None => {
                known.insert(target, at);
            }
        }
    }
}

fn whole(node: &Node) -> Option<i128> {
    match &node.value {
        Value::Int(value) => Some(*value),
        Value::Text(text) => quantity::integer(text).map(i128::from),
        _ => None,
    }
}

fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Int(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        Value::Text(text) => quantity::float(text),
        _ => None,
    }
}

fn size(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Int(value) => Some(*value as f64),
        Value::Text(text) => quantity::bytes(text).map(|bytes| bytes as f64),
        _ => None,
    }
}
