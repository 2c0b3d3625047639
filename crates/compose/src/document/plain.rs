//! Single values as the document prints them, whatever their field.

use super::Form;
use crate::loader::CONTENT;
use crate::tree::{Map, Mark, Node, Value};
use serde_json::{Map as JsonMap, Number, Value as Json};

/// A value under an `x-` key, as it stands.
pub(super) fn plain(node: &Node, form: Form) -> Json {
    match &node.value {
        Value::Null | Value::Broken => Json::Null,
        // In JSON, Compose forgets the difference between an empty list and none.
        Value::List(items) if items.is_empty() && form == Form::Json && node.mark != Some(Mark::Listed) => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => int(*value),
        Value::Float(value) => float(*value),
        Value::Time(text) => Json::String(moment(text)),
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => Json::Array(items.iter().map(|item| plain(item, form)).collect()),
        Value::Map(map) => {
            let key_of = |key: &String| if key == CONTENT { SHOWN_CONTENT.to_owned() } else { key.clone() };
            Json::Object(
                form.arranged(map.iter().map(|(key, entry)| (key_of(key), plain(&entry.node, form))).collect()),
            )
        }
    }
}

/// Where variables are left as they stand, Compose shows the value of a secret that an include's env file sets.
const SHOWN_CONTENT: &str = "x-#value";

/// A date as the moment at which it begins; what has a time already stays as it is.
fn moment(text: &str) -> String {
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [year, month, day] if day.len() <= 2 => format!("{year}-{month:0>2}-{day:0>2}T00:00:00Z"),
        _ => text.to_owned(),
    }
}

/// A list in which everything is printed as text.
pub(super) fn printed(node: &Node) -> Json {
    let items = node.as_list().unwrap_or(std::slice::from_ref(node));
    Json::Array(items.iter().filter_map(|item| item.value.to_text()).map(Json::String).collect())
}

/// A file that must be there is its path; one that need not, a mapping.
pub(super) fn env_file(node: &Node) -> Option<Json> {
    let map = node.as_map()?;
    let path = Json::String(map.text("path")?.to_owned());
    let required = !matches!(map.get("required").map(|node| &node.value), Some(Value::Bool(false)));
    if required {
        return Some(path);
    }
    Some(Json::Object([("path".to_owned(), path), ("required".to_owned(), Json::Bool(false))].into_iter().collect()))
}

/// A value within the text that Compose makes of extensions.
fn go_text(node: &Node) -> String {
    match &node.value {
        Value::List(items) => format!("[{}]", items.iter().map(go_text).collect::<Vec<_>>().join(" ")),
        Value::Map(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, entry)| format!("{key}:{}", go_text(&entry.node))).collect();
            format!("map[{}]", entries.join(" "))
        }
        value => value.to_text().unwrap_or_else(|| "<nil>".to_owned()),
    }
}

/// Mode bits as Compose writes them, also where they are none.
pub(super) fn octal(mode: i64) -> String {
    if mode < 0 { format!("0-{:o}", mode.unsigned_abs()) } else { format!("0{mode:o}") }
}

pub(super) fn ssh(name: &str, path: &Node, form: Form) -> Json {
    let between = if form == Form::Json { "=" } else { ": " };
    match path.value.to_text() {
        Some(path) if !path.is_empty() => Json::String(format!("{name}{between}{path}")),
        _ => Json::String(name.to_owned()),
    }
}

/// Options that may repeat. Compose takes a key that begins with `x-` for an extension.
pub(super) fn multi_options(map: &Map, form: Form) -> Json {
    let (mut out, mut extensions) = (JsonMap::new(), Vec::new());
    for (key, entry) in map.iter() {
        if key.starts_with("x-") {
            extensions.push((key, &entry.node));
        } else if entry.node.as_list().is_none_or(|items| !items.is_empty()) {
            // An option without any value is none.
            out.insert(key.clone(), printed(&entry.node));
        }
    }
    if !extensions.is_empty() {
        out.insert(EXTENSIONS.to_owned(), Json::Array(vec![go_map(&extensions)]));
    }
    Json::Object(form.arranged(out))
}

/// What a mapping's extensions are printed under.
pub(super) const EXTENSIONS: &str = "#extensions";

/// Extensions as the text that Compose makes of them.
pub(super) fn go_map(extensions: &[(&String, &Node)]) -> Json {
    let shown: Vec<String> = extensions.iter().map(|(key, node)| format!("{key}:{}", go_text(node))).collect();
    Json::String(format!("map[{}]", shown.join(" ")))
}

pub(super) fn int(value: i128) -> Json {
    match (i64::try_from(value), u64::try_from(value)) {
        (Ok(value), _) => Json::Number(value.into()),
        (_, Ok(value)) => Json::Number(value.into()),
        _ => Json::Null,
    }
}

fn float(value: f64) -> Json {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return int(value as i128);
    }
    Number::from_f64(value).map_or(Json::Null, Json::Number)
}

/// The shortest decimal that is the same 32-bit number.
pub(super) fn float32(value: f64) -> Json {
    float(format!("{}", value as f32).parse().unwrap_or(value))
}
