//! Lists in which a later item replaces an earlier one that means the same: a variable, a port, a mount at the same path.

use crate::canonical::volumes;
use crate::codes;
use crate::diagnostic::Report;
use crate::tree::{Map, Mark, Node, Value};
use std::collections::HashMap;

/// Makes every such list of the tree unique. The first item keeps its position, the last its value.
pub(crate) fn enforce(tree: &mut Map) {
    visit(tree, &mut |list, index| {
        let mut positions: HashMap<String, usize> = HashMap::new();
        let mut kept: Vec<Node> = Vec::with_capacity(list.items.len());
        for item in std::mem::take(list.items) {
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
        *list.items = kept;
    });
}

/// Warns of items that mean the same within one document, where the first has no effect.
pub(crate) fn warn(document: &mut Map, report: &Report) {
    visit(document, &mut |list, index| {
        let mut known: HashMap<String, &Node> = HashMap::new();
        for item in list.items.iter() {
            let Some(index) = index(item) else { continue };
            if let Some(first) = known.insert(index, item).filter(|first| !first.same(item)) {
                let message = format!("{}: line {} sets this again, and wins", list.path(), item.place.line);
                report.warning(first.place, codes::DUPLICATE_ITEM, message, Some("remove one of the two"));
            }
        }
    });
}

/// A list and where it stands.
pub(crate) struct List<'a> {
    owner: &'a str,
    pub(crate) key: &'a str,
    pub(crate) items: &'a mut Vec<Node>,
    pub(crate) mark: &'a mut Option<Mark>,
}

impl List<'_> {
    fn path(&self) -> String {
        format!("{}.{}", self.owner, self.key)
    }
}

pub(crate) type Index = fn(&Node) -> Option<String>;
pub(crate) type Visitor<'a> = dyn FnMut(List<'_>, Index) + 'a;

/// Shows every such list of a tree.
pub(crate) fn visit(tree: &mut Map, visitor: &mut Visitor<'_>) {
    for (name, network) in tree.map_mut("networks").into_iter().flat_map(Map::maps_mut) {
        lists(network, &format!("networks.{name}"), &[("labels", assignment)], visitor);
    }
    for (name, service) in tree.map_mut("services").into_iter().flat_map(Map::maps_mut) {
        let path = format!("services.{name}");
        lists(service, &path, OF_SERVICE, visitor);
        if let Some(build) = service.map_mut("build") {
            lists(build, &format!("{path}.build"), OF_BUILD, visitor);
        }
        if let Some(deploy) = service.map_mut("deploy") {
            lists(deploy, &format!("{path}.deploy"), &[("labels", assignment)], visitor);
        }
        for (name, network) in service.map_mut("networks").into_iter().flat_map(Map::maps_mut) {
            lists(network, &format!("{path}.networks.{name}"), OF_ATTACHMENT, visitor);
        }
    }
}

const OF_SERVICE: &[(&str, Index)] = &[
    ("annotations", assignment),
    ("cap_add", assignment),
    ("cap_drop", assignment),
    ("configs", config),
    ("devices", device),
    ("dns", assignment),
    ("dns_opt", assignment),
    ("dns_search", assignment),
    ("env_file", env_file),
    ("environment", assignment),
    ("expose", exposed),
    ("labels", assignment),
    ("links", assignment),
    ("ports", port),
    ("profiles", assignment),
    ("secrets", secret),
    ("sysctls", assignment),
    ("tmpfs", assignment),
    ("volumes", volume),
];

const OF_BUILD: &[(&str, Index)] =
    &[("additional_contexts", assignment), ("args", assignment), ("labels", assignment), ("tags", assignment)];

const OF_ATTACHMENT: &[(&str, Index)] = &[("aliases", assignment), ("link_local_ips", assignment)];

fn lists(map: &mut Map, owner: &str, keys: &[(&str, Index)], visitor: &mut Visitor<'_>) {
    for (key, index) in keys {
        if let Some(Node { value: Value::List(items), mark, .. }) = map.get_mut(key) {
            visitor(List { owner, key, items, mark }, *index);
        }
    }
}

fn config(item: &Node) -> Option<String> {
    mount(item, "")
}

fn secret(item: &Node) -> Option<String> {
    mount(item, "/run/secrets")
}

fn exposed(item: &Node) -> Option<String> {
    item.value.to_text()
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
                published(map),
                part("protocol").unwrap_or_else(|| "tcp".to_owned()),
            ))
        }
        _ => None,
    }
}

/// Compose tells a number from the same number as text, and no published port from an empty one.
fn published(map: &Map) -> String {
    match map.get("published").map(|node| &node.value) {
        Some(Value::Int(number)) => format!("%{number}"),
        Some(value) => value.to_text().unwrap_or_default(),
        None => "%".to_owned(),
    }
}
