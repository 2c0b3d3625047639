//! The canonical document: what `docker compose config --format json` prints, key for key.

mod fields;
mod hash;
mod write;

use crate::diagnostic::Report;
use crate::tree::{Map, Value};
use fields::Kind;
pub(crate) use hash::hashes;
use serde_json::Value as Json;

/// Writes a normalised tree. Values that their field does not take are reported.
pub(crate) fn document(tree: &Map, project: &str, report: &Report) -> Json {
    let mut out = serde_json::Map::new();
    let sections: [(&str, &Kind); 5] = [
        ("configs", &fields::CONFIGS),
        ("networks", &fields::NETWORKS),
        ("secrets", &fields::SECRETS),
        ("services", &fields::SERVICES),
        ("volumes", &fields::VOLUMES),
    ];
    for (key, kind) in sections {
        match tree.map(key) {
            Some(map) if !map.is_empty() || key == "services" => {
                out.insert(key.to_owned(), write::section(key, map, kind, report));
            }
            None if key == "services" => {
                out.insert(key.to_owned(), Json::Object(serde_json::Map::new()));
            }
            _ => {}
        }
    }
    for (key, entry) in tree.iter().filter(|(key, _)| key.starts_with("x-")) {
        out.insert(key.clone(), write::plain(&entry.node));
    }
    out.insert("name".to_owned(), Json::String(project.to_owned()));
    out.sort_keys();
    escape(Json::Object(out))
}

/// Writes a tree whose variables are left as they stand: its values as they are written, its keys sorted.
pub(crate) fn uninterpolated(tree: &Map, project: &str) -> Json {
    let mut out: serde_json::Map<String, Json> =
        tree.iter().map(|(key, entry)| (key.clone(), write::plain(&entry.node))).collect();
    out.insert("name".to_owned(), Json::String(project.to_owned()));
    out.sort_keys();
    Json::Object(out)
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

/// Whether a value says nothing.
fn is_absent(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Broken)
}
