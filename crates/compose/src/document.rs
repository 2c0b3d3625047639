//! The canonical document: what `docker compose config` prints, key for key.

mod fields;
mod hash;
mod order;
mod plain;
mod write;

use crate::codes;
use crate::diagnostic::Report;
use crate::merge::unique;
use crate::tree::{Map, Mark, Node, Value};
use fields::Kind;
pub(crate) use hash::hashes;
use serde_json::Value as Json;

/// In the order of Compose's YAML.
const SECTIONS: [(&str, &Kind); 5] = [
    ("services", &fields::SERVICES),
    ("networks", &fields::NETWORKS),
    ("volumes", &fields::VOLUMES),
    ("secrets", &fields::SECRETS),
    ("configs", &fields::CONFIGS),
];

/// Compose's two layouts of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `--format json`: without the models, and without what stands under `x-` keys below the top level.
    Json,
    /// With both; fields that say nothing are left out, and names are sorted as people sort them.
    Yaml,
}

impl Form {
    /// The entries of a mapping whose keys are names.
    fn arranged(self, mut entries: serde_json::Map<String, Json>) -> serde_json::Map<String, Json> {
        if self == Self::Json {
            entries.sort_keys();
            return entries;
        }
        let mut names: Vec<String> = entries.keys().cloned().collect();
        names.sort_by(|one, other| order::natural(one, other));
        names.into_iter().filter_map(|name| entries.remove_entry(&name)).collect()
    }
}

/// Writes a normalised tree. Values that their field does not take are reported.
pub(crate) fn document(tree: &Map, project: &str, form: Form, report: &Report) -> Json {
    let mut out = serde_json::Map::new();
    out.insert("name".to_owned(), Json::String(project.to_owned()));
    let models = (form == Form::Yaml).then_some(("models", &fields::MODELS));
    for (key, kind) in SECTIONS.into_iter().chain(models) {
        match tree.map(key) {
            Some(map) if !map.is_empty() || key == "services" => {
                out.insert(key.to_owned(), write::section(key, map, kind, form, report));
            }
            None if key == "services" => {
                out.insert(key.to_owned(), Json::Object(serde_json::Map::new()));
            }
            _ => {}
        }
    }
    let mut extensions = serde_json::Map::new();
    for (key, entry) in tree.iter().filter(|(key, _)| key.starts_with("x-")) {
        representable(&entry.node, report);
        extensions.insert(key.clone(), plain::plain(&entry.node, form));
    }
    out.extend(form.arranged(extensions));
    if form == Form::Json {
        out.sort_keys();
    }
    escape(Json::Object(out))
}

/// Reports the values of a section that their fields do not take; nothing is written.
pub(crate) fn check(section: &str, map: &Map, report: &Report) {
    let kind = SECTIONS.iter().find(|(key, _)| *key == section).map(|(_, kind)| *kind);
    if let Some(kind) = kind.filter(|_| !map.is_empty()) {
        write::section(section, map, kind, Form::Json, report);
    }
}

/// The empty lists that are printed as such where variables are left as they stand: Compose makes those anew in which an
/// item may stand once, and forgets the difference between an empty list and none in all others.
fn keep_empty_lists(tree: &mut Map) {
    unique::visit(tree, &mut |list, _| {
        if list.items.is_empty() && !matches!(list.key, "environment" | "args") {
            *list.mark = Some(Mark::Listed);
        }
    });
}

/// Writes a tree whose variables are left as they stand: its values as they are written, its keys sorted.
pub(crate) fn uninterpolated(tree: &mut Map, project: &str, form: Form, report: &Report) -> Json {
    tree.iter().for_each(|(_, entry)| representable(&entry.node, report));
    keep_empty_lists(tree);
    let mut out: serde_json::Map<String, Json> =
        tree.iter().map(|(key, entry)| (key.clone(), plain::plain(&entry.node, form))).collect();
    out.insert("name".to_owned(), Json::String(project.to_owned()));
    out.sort_keys();
    Json::Object(form.arranged(out))
}

/// Each `$` doubled, so that the document can be read as a Compose file again.
fn escape(json: Json) -> Json {
    match json {
        Json::String(text) if text.contains('$') => Json::String(text.replace('$', "$$")),
        Json::Array(items) => Json::Array(items.into_iter().map(escape).collect()),
        Json::Object(map) => {
            Json::Object(map.into_iter().map(|(key, value)| (key.replace('$', "$$"), escape(value))).collect())
        }
        other => other,
    }
}

/// Refuses what JSON has no number for.
fn representable(node: &Node, report: &Report) {
    match &node.value {
        Value::Float(value) if !value.is_finite() => {
            let message = "this is not a number that JSON can hold";
            report.value_error(node, codes::INVALID_VALUE, message.to_owned(), Some("put it in quotes"));
        }
        Value::List(items) => items.iter().for_each(|item| representable(item, report)),
        Value::Map(map) => map.iter().for_each(|(_, entry)| representable(&entry.node, report)),
        _ => {}
    }
}

/// Whether a value says nothing.
fn is_absent(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Broken)
}
