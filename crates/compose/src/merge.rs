//! One tree over another: what several files, `extends` and documents of one file do.

pub(crate) mod unique;

use crate::codes;
use crate::diagnostic::Report;
use crate::tree::{Entry, Map, Node, Value};
use std::collections::{HashMap, HashSet};

/// Merges a file over what earlier files gave.
pub(crate) fn merge(base: Map, over: Map, report: &Report) -> Map {
    Merger { report, path: Vec::new() }.maps(base, over)
}

/// Merges a service over the service that it extends.
pub(crate) fn extend(base: Map, over: Map, report: &Report) -> Map {
    Merger { report, path: vec!["services".to_owned(), "*".to_owned()] }.maps(base, over)
}

struct Merger<'a> {
    report: &'a Report,
    path: Vec<String>,
}

impl Merger<'_> {
    fn maps(&mut self, mut base: Map, over: Map) -> Map {
        for (key, entry) in over {
            let Some(first) = base.remove(&key) else {
                base.insert(key, entry);
                continue;
            };
            self.path.push(key.clone());
            let key_place = entry.key_place;
            let node = self.nodes(first.node, entry.node);
            self.path.pop();
            base.insert(key, Entry { key_place, node });
        }
        base
    }

    fn nodes(&mut self, base: Node, over: Node) -> Node {
        match rule(&self.path) {
            Rule::Replace => over,
            Rule::Sequence => join(sequence(base), sequence(over)),
            Rule::Hosts => hosts(sequence(base), sequence(over)),
            Rule::Names(default) => self.both_maps(names(base, default), names(over, default)),
            Rule::Build => self.both_maps(build(base), build(over)),
            Rule::Logging => self.logging(base, over),
            Rule::Pools => self.pools(base, over),
            Rule::Plain => self.plain(base, over),
        }
    }

    fn plain(&mut self, base: Node, over: Node) -> Node {
        match (&base.value, &over.value) {
            (_, Value::Null) | (_, Value::Broken) if !matches!(base.value, Value::Null) => base,
            (Value::Map(_), Value::Map(_)) => self.both_maps(base, over),
            (Value::List(_), Value::List(_)) => join(base, over),
            (Value::Map(_) | Value::List(_), _) => self.clash(base, over),
            _ => over,
        }
    }

    fn both_maps(&mut self, mut base: Node, mut over: Node) -> Node {
        match (base.take(), over.take()) {
            (Value::Map(below), Value::Map(above)) => {
                let merged = self.maps(below, above);
                over.value = Value::Map(merged);
                over
            }
            (below, Value::Null) => {
                base.value = below;
                base
            }
            (Value::Null, above) => {
                over.value = above;
                over
            }
            (below, above) => {
                base.value = below;
                over.value = above;
                self.clash(base, over)
            }
        }
    }

    fn clash(&self, base: Node, mut over: Node) -> Node {
        let message = format!(
            "cannot override {}: it is {} at {}, and {} here",
            self.path.join("."),
            base.value.kind(),
            self.report.describe(base.place),
            over.value.kind()
        );
        let help = "write both in the same form, or put !override before the value";
        self.report.error_help(over.place, codes::CANNOT_OVERRIDE, message, help);
        over.break_it();
        over
    }

    /// Options are merged for the same driver, or where only one side names one; else the later logging replaces. A driver of
    /// null is another one.
    fn logging(&mut self, base: Node, over: Node) -> Node {
        let driver = |node: &Node| Some(node.as_map()?.get("driver")?.as_text().map(str::to_owned));
        match (driver(&base), driver(&over)) {
            (Some(below), Some(above)) if below != above => over,
            _ => self.both_maps(base, over),
        }
    }

    /// Address pools are merged by their subnet.
    fn pools(&mut self, mut base: Node, mut over: Node) -> Node {
        let (Value::List(below), Value::List(above)) = (base.take(), over.take()) else {
            return self.clash(base, over);
        };
        let subnet = |node: &Node| node.as_map().and_then(|map| map.text("subnet").map(str::to_owned));
        // Compose's own way: each pool below meets each above; one that nothing above has the subnet of is lost.
        let mut pools: Vec<Node> = Vec::new();
        let mut known: HashMap<Option<String>, usize> = HashMap::new();
        for pool in below {
            let mut merged = pool;
            for other in &above {
                if subnet(other) != subnet(&merged) && !known.contains_key(&subnet(other)) {
                    known.insert(subnet(other), pools.len());
                    pools.push(other.clone());
                    continue;
                }
                merged = self.both_maps(merged, other.clone());
                match known.get(&subnet(&merged)) {
                    Some(&at) => pools[at] = merged.clone(),
                    None => {
                        known.insert(subnet(&merged), pools.len());
                        pools.push(merged.clone());
                    }
                }
            }
        }
        over.value = Value::List(pools);
        over
    }
}

enum Rule {
    Plain,
    Replace,
    Sequence,
    Hosts,
    Names(Default),
    Build,
    Logging,
    Pools,
}

/// What an entry of a short list becomes in the mapping form.
#[derive(Clone, Copy)]
enum Default {
    Null,
    Started,
}

fn rule(path: &[String]) -> Rule {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["networks", _, "ipam", "config"] => Rule::Pools,
        ["networks" | "volumes", _, "labels"] => Rule::Sequence,
        ["services", _, "build"] => Rule::Build,
        ["services", _, "build", "args" | "additional_contexts" | "labels"] => Rule::Sequence,
        ["services", _, "extra_hosts"] | ["services", _, "build", "extra_hosts"] => Rule::Hosts,
        ["services", _, "command" | "entrypoint"] | ["services", _, "healthcheck", "test"] => Rule::Replace,
        ["services", _, "ulimits", _] => Rule::Replace,
        ["services", _, "depends_on"] => Rule::Names(Default::Started),
        ["services", _, "networks" | "models"] => Rule::Names(Default::Null),
        ["services", _, "deploy", "labels"] => Rule::Sequence,
        [
            "services",
            _,
            "annotations" | "dns" | "dns_opt" | "dns_search" | "env_file" | "label_file" | "environment" | "labels"
            | "sysctls" | "tmpfs",
        ] => Rule::Sequence,
        ["services", _, "logging"] => Rule::Logging,
        _ => Rule::Plain,
    }
}

fn join(mut base: Node, mut over: Node) -> Node {
    match (base.take(), over.take()) {
        (Value::List(mut items), Value::List(more)) => {
            items.extend(more);
            over.value = Value::List(items);
        }
        (Value::List(items), _) => over.value = Value::List(items),
        (_, above) => over.value = above,
    }
    over
}

/// Extra hosts that stand in both lists stand once in the result.
fn hosts(base: Node, mut over: Node) -> Node {
    let known: HashSet<String> = base.as_list().unwrap_or_default().iter().map(Node::fingerprint).collect();
    if let Some(items) = over.as_list_mut() {
        items.retain(|item| !known.contains(&item.fingerprint()));
    }
    join(base, over)
}

/// A mapping as a list of `key=value`, text as a list of one.
fn sequence(mut node: Node) -> Node {
    let place = node.place;
    node.value = match node.take() {
        Value::Map(map) => {
            let mut items = Vec::new();
            for (key, entry) in map {
                let one = |value: Option<String>| match value {
                    Some(value) => format!("{key}={value}"),
                    None => key.clone(),
                };
                match &entry.node.value {
                    Value::List(values) => {
                        items.extend(values.iter().map(|value| value.with(Value::Text(one(value.value.to_text())))));
                    }
                    value => items.push(entry.node.with(Value::Text(one(value.to_text())))),
                }
            }
            items.sort_by(|a, b| a.as_text().cmp(&b.as_text()));
            Value::List(items)
        }
        Value::Text(text) => Value::List(vec![Node::text(text, place)]),
        Value::List(items) => Value::List(items),
        _ => Value::List(Vec::new()),
    };
    node
}

/// A list of names as a mapping.
fn names(mut node: Node, default: Default) -> Node {
    node.value = match node.take() {
        Value::List(items) => {
            let mut map = Map::default();
            for item in items {
                let Value::Text(name) = &item.value else { continue };
                let value = match default {
                    Default::Null => item.with(Value::Null),
                    Default::Started => started(&item),
                };
                map.insert(name.clone(), Entry { key_place: item.place, node: value });
            }
            Value::Map(map)
        }
        other => other,
    };
    node
}

/// `{condition: service_started, required: true}`.
pub(crate) fn started(item: &Node) -> Node {
    let mut map = Map::default();
    map.set("condition", Node::text("service_started", item.place));
    map.set("required", Node::new(Value::Bool(true), item.place));
    Node::map(map, item.place)
}

fn build(mut node: Node) -> Node {
    let place = node.place;
    node.value = match node.take() {
        Value::Text(context) => {
            let mut map = Map::default();
            map.set("context", Node::text(context, place));
            Value::Map(map)
        }
        other => other,
    };
    node
}
