//! Trees to JSON by the table of fields.

use super::fields::{Field, Kind};
use super::is_absent;
use crate::canonical::assignments;
use crate::codes;
use crate::diagnostic::Report;
use crate::interpolation;
use crate::loader::CONTENT;
use crate::quantity;
use crate::tree::{Map, Mark, Node, Value};
use serde_json::{Map as JsonMap, Number, Value as Json};

/// One of the top-level sections.
pub(super) fn section(path: &str, map: &Map, kind: &Kind, report: &Report) -> Json {
    let mut writer = Writer { report, path: vec![path.to_owned()] };
    match kind {
        Kind::Named(fields) => Json::Object(writer.named(map, fields, false)),
        _ => Json::Null,
    }
}

/// A value under an `x-` key, as it stands.
pub(super) fn plain(node: &Node) -> Json {
    match &node.value {
        Value::Null | Value::Broken => Json::Null,
        // Compose forgets the difference between an empty list and none.
        Value::List(items) if items.is_empty() && node.mark != Some(Mark::Listed) => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => int(*value),
        Value::Float(value) => float(*value),
        Value::Time(text) => Json::String(moment(text)),
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => Json::Array(items.iter().map(plain).collect()),
        Value::Map(map) => {
            let shown = map.iter().filter(|(key, _)| *key != CONTENT);
            Json::Object(shown.map(|(key, entry)| (key.clone(), plain(&entry.node))).collect())
        }
    }
}

/// A date as the moment at which it begins; what has a time already stays as it is.
fn moment(text: &str) -> String {
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [year, month, day] if day.len() <= 2 => format!("{year}-{month:0>2}-{day:0>2}T00:00:00Z"),
        _ => text.to_owned(),
    }
}

struct Writer<'a> {
    report: &'a Report,
    path: Vec<String>,
}

impl Writer<'_> {
    fn object(&mut self, map: &Map, fields: &[Field]) -> JsonMap<String, Json> {
        let mut out = JsonMap::new();
        for field in fields {
            self.path.push(field.key.to_owned());
            let node = map.get(field.key).filter(|node| !is_absent(&node.value));
            if let Some(value) = self.field(node, &field.kind) {
                out.insert(field.printed.to_owned(), value);
            }
            self.path.pop();
        }
        out
    }

    fn field(&mut self, node: Option<&Node>, kind: &Kind) -> Option<Json> {
        // The kinds that are printed even where nothing is said.
        match kind {
            Kind::Command => return Some(node.map_or(Json::Null, |node| self.texts(node))),
            Kind::AlwaysObject(fields) => {
                let empty = Map::default();
                let map = node.and_then(Node::as_map).unwrap_or(&empty);
                return Some(Json::Object(self.object(map, fields)));
            }
            Kind::RawText => return Some(Json::String(node.and_then(|n| n.value.to_text()).unwrap_or_default())),
            Kind::RawCount => return Some(int(node.and_then(|node| self.count(node)).unwrap_or(0))),
            Kind::RawInt => return Some(int(node.and_then(|node| self.int(node)).unwrap_or(0))),
            Kind::RawBytes => {
                return Some(Json::String(node.and_then(|node| self.bytes(node)).unwrap_or(0).to_string()));
            }
            Kind::RawBool => return Some(Json::Bool(node.and_then(|node| self.bool(node)).unwrap_or(false))),
            _ => {}
        }
        self.given(node?, kind)
    }

    fn given(&mut self, node: &Node, kind: &Kind) -> Option<Json> {
        let nonzero = |value: i128| (value != 0).then(|| int(value));
        match kind {
            Kind::Text => node.value.to_text().filter(|text| !text.is_empty()).map(Json::String),
            Kind::Bool => self.bool(node)?.then_some(Json::Bool(true)),
            Kind::SetBool => self.bool(node).map(Json::Bool),
            Kind::Int => self.int(node).and_then(nonzero),
            Kind::SetInt => self.int(node).map(int),
            Kind::SetCount => self.count(node).map(int),
            Kind::Count => self.count(node).and_then(nonzero),
            Kind::Float => self.float(node).filter(|value| *value != 0.0).map(float32),
            Kind::Bytes => self.bytes(node).filter(|bytes| *bytes != 0).map(|bytes| Json::String(bytes.to_string())),
            Kind::SetDuration => self.duration(node).map(|ns| Json::String(quantity::duration_text(ns))),
            Kind::Duration => {
                let ns = self.duration(node).filter(|ns| *ns != 0)?;
                Some(Json::String(quantity::duration_text(ns)))
            }
            Kind::Texts => {
                let kept = |list: &Json| list.as_array().is_some_and(|list| !list.is_empty());
                Some(self.texts(node)).filter(|list| kept(list) || node.mark == Some(Mark::Listed))
            }
            Kind::Printed => Some(printed(node)).filter(|list| list.as_array().is_some_and(|list| !list.is_empty())),
            Kind::Strings => self.strings(node.as_map()?),
            Kind::Mapping => self.mapping(node, false),
            Kind::Environment => self.mapping(node, true),
            Kind::EnvFiles => Some(Json::Array(node.as_list()?.iter().filter_map(env_file).collect())),
            Kind::Mode => self.mode(node).map(|mode| Json::String(octal(mode))),
            Kind::DeviceCount => self.device_count(node).and_then(nonzero),
            Kind::Ulimits => self.ulimits(node.as_map()?),
            Kind::Ssh => {
                let keys: Vec<Json> = node.as_map()?.iter().map(|(key, entry)| ssh(key, &entry.node)).collect();
                (!keys.is_empty()).then_some(Json::Array(keys))
            }
            Kind::MultiOptions => Some(multi_options(node.as_map()?)).filter(not_empty),
            Kind::Object(fields) => Some(Json::Object(self.object(node.as_map()?, fields))),
            Kind::List(fields) => self.list(node.as_list()?, fields),
            Kind::Named(fields) => Some(Json::Object(self.named(node.as_map()?, fields, false))).filter(not_empty),
            Kind::NamedOrNull(fields) => Some(Json::Object(self.named(node.as_map()?, fields, true))).filter(not_empty),
            _ => None,
        }
    }

    fn list(&mut self, items: &[Node], fields: &[Field]) -> Option<Json> {
        let mut out = Vec::new();
        for item in items {
            if let Some(map) = item.as_map() {
                out.push(Json::Object(self.object(map, fields)));
            }
        }
        (!out.is_empty()).then_some(Json::Array(out))
    }

    fn named(&mut self, map: &Map, fields: &[Field], nulls: bool) -> JsonMap<String, Json> {
        let mut out = JsonMap::new();
        for (name, entry) in map.iter() {
            self.path.push(name.clone());
            match entry.node.as_map() {
                Some(map) => {
                    let mut object = self.object(map, fields);
                    self.hide_content(map, &mut object);
                    out.insert(name.clone(), Json::Object(object));
                }
                None if nulls => {
                    out.insert(name.clone(), Json::Null);
                }
                None => {}
            }
            self.path.pop();
        }
        out
    }

    /// The content that a variable gives is not printed; the variable is.
    fn hide_content(&self, map: &Map, object: &mut JsonMap<String, Json>) {
        let is_secret = self.path.first().is_some_and(|section| section == "secrets");
        if is_secret || map.contains("environment") && self.path.first().is_some_and(|section| section == "configs") {
            object.remove("content");
        }
    }

    fn mapping(&self, node: &Node, nulls: bool) -> Option<Json> {
        let mut listed = node.clone();
        if node.as_list().is_some() {
            assignments(&mut listed);
        }
        let (mut out, mut extensions) = (JsonMap::new(), Vec::new());
        for (key, entry) in listed.as_map()?.iter() {
            // Compose takes such a key of a mapping for an extension, wherever it stands.
            if key.starts_with("x-") && entry.node.mark != Some(Mark::Listed) {
                extensions.push((key, &entry.node));
                continue;
            }
            let value = match entry.node.value.to_text() {
                Some(text) => Json::String(text),
                None if nulls => Json::Null,
                None => Json::String(String::new()),
            };
            out.insert(key.clone(), value);
        }
        if !extensions.is_empty() {
            let shown: Vec<String> = extensions.iter().map(|(key, node)| format!("{key}:{}", go_text(node))).collect();
            out.insert("#extensions".to_owned(), Json::String(format!("map[{}]", shown.join(" "))));
        }
        (!out.is_empty()).then_some(Json::Object(out))
    }

    /// A mapping in which only text and whole numbers may stand.
    fn strings(&self, map: &Map) -> Option<Json> {
        let mut out = JsonMap::new();
        for (key, entry) in map.iter() {
            out.insert(key.clone(), Json::String(self.word(&entry.node)?));
        }
        (!out.is_empty()).then_some(Json::Object(out))
    }

    fn texts(&self, node: &Node) -> Json {
        let items = node.as_list().unwrap_or(std::slice::from_ref(node));
        Json::Array(items.iter().filter_map(|item| self.word(item)).map(Json::String).collect())
    }

    /// Text, or a whole number as text.
    fn word(&self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            Value::Int(value) => Some(value.to_string()),
            Value::Null => Some(String::new()),
            Value::Broken => None,
            _ => self.refuse(node, "text"),
        }
    }

    fn ulimits(&mut self, map: &Map) -> Option<Json> {
        let mut out = JsonMap::new();
        for (name, entry) in map.iter() {
            if name.starts_with("x-") {
                out.insert("#extensions".to_owned(), Json::Object(JsonMap::new()));
                continue;
            }
            let value = match entry.node.as_map() {
                Some(pair) => {
                    let mut object = JsonMap::new();
                    for key in ["soft", "hard"] {
                        let value = pair.get(key).and_then(|node| self.int(node)).unwrap_or(0);
                        if value != 0 {
                            object.insert(key.to_owned(), int(value));
                        }
                    }
                    Json::Object(object)
                }
                None => match self.int(&entry.node).filter(|value| *value != 0) {
                    Some(value) => int(value),
                    None => Json::Object(JsonMap::new()),
                },
            };
            out.insert(name.clone(), value);
        }
        (!out.is_empty()).then_some(Json::Object(out))
    }

    fn bool(&self, node: &Node) -> Option<bool> {
        match &node.value {
            Value::Bool(value) => Some(*value),
            Value::Text(text) => match interpolation::boolean(node, text, self.report) {
                Some(value) => Some(value),
                None => self.refuse(node, "true or false"),
            },
            _ => self.refuse(node, "true or false"),
        }
    }

    fn int(&self, node: &Node) -> Option<i128> {
        match &node.value {
            Value::Int(value) if i64::try_from(*value).is_ok() => Some(*value),
            Value::Float(value) if value.is_finite() => Some(*value as i128),
            Value::Float(_) => Some(i64::MIN.into()),
            Value::Text(text) => match quantity::integer(text) {
                Some(value) => Some(value.into()),
                None => self.refuse(node, "a whole number"),
            },
            _ => self.refuse(node, "a whole number"),
        }
    }

    /// Text is no number here: where it may stand for one it has been read as such when variables were filled in.
    fn count(&self, node: &Node) -> Option<i128> {
        if matches!(node.value, Value::Text(_)) {
            return self.refuse(node, "a whole number");
        }
        let value = self.int(node)?;
        if value < 0 { self.refuse(node, "a number of at least 0") } else { Some(value) }
    }

    fn float(&self, node: &Node) -> Option<f64> {
        match &node.value {
            Value::Int(value) => Some(*value as f64),
            Value::Float(value) if value.is_finite() => Some(*value),
            Value::Text(text) => match quantity::float(text).filter(|value| value.is_finite()) {
                Some(value) => Some(value),
                None => self.refuse(node, "a number"),
            },
            _ => self.refuse(node, "a number"),
        }
    }

    fn bytes(&self, node: &Node) -> Option<i64> {
        let bytes = match &node.value {
            Value::Int(value) => i64::try_from(*value).ok(),
            // Compose passes over a decimal number.
            Value::Float(_) => Some(0),
            Value::Text(text) => quantity::bytes(text),
            _ => None,
        };
        match bytes {
            Some(bytes) => Some(bytes),
            None => self.refuse(node, "a size such as 512m or 2g"),
        }
    }

    fn duration(&self, node: &Node) -> Option<i64> {
        match node.as_text().and_then(quantity::duration_ns) {
            Some(ns) => Some(ns),
            None => self.refuse(node, "a duration with its unit, such as 30s or 1m30s"),
        }
    }

    fn mode(&self, node: &Node) -> Option<i64> {
        let mode = match &node.value {
            Value::Int(value) => i64::try_from(*value).ok(),
            Value::Text(text) => i64::from_str_radix(text, 8).ok(),
            _ => None,
        };
        match mode {
            Some(mode) => Some(mode),
            None => self.refuse(node, "mode bits such as 0440"),
        }
    }

    fn device_count(&self, node: &Node) -> Option<i128> {
        match &node.value {
            Value::Text(text) if text.eq_ignore_ascii_case("all") => Some(-1),
            Value::Text(text) if quantity::integer(text).is_none() => self.refuse(node, "a number or `all`"),
            _ => self.int(node),
        }
    }

    fn refuse<T>(&self, node: &Node, wanted: &str) -> Option<T> {
        let shown = node.value.to_text().map_or_else(|| node.value.kind().to_owned(), |text| format!("`{text}`"));
        let message = format!("{}: {shown} is not {wanted}", self.path.join("."));
        self.report.value_error(node, codes::INVALID_VALUE, message, how_to_write(wanted));
        None
    }
}

fn how_to_write(wanted: &str) -> Option<&'static str> {
    Some(match wanted.split_whitespace().nth(1)? {
        "size" => "the units are b, k, m, g and t, without a space before: 512m, 2g",
        "duration" => "the units are us, ms, s, m and h, without a space before: 30s, 1m30s",
        "number" => "write digits, such as 2 or 0.5",
        "whole" => "write digits, such as 2",
        "bits" => "write octal digits, such as 0440",
        _ => return None,
    })
}

fn not_empty(json: &Json) -> bool {
    json.as_object().is_some_and(|object| !object.is_empty())
}

/// A list in which everything is printed as text.
fn printed(node: &Node) -> Json {
    let items = node.as_list().unwrap_or(std::slice::from_ref(node));
    Json::Array(items.iter().filter_map(|item| item.value.to_text()).map(Json::String).collect())
}

/// A file that must be there is its path; one that need not, a mapping.
fn env_file(node: &Node) -> Option<Json> {
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
fn octal(mode: i64) -> String {
    if mode < 0 { format!("0-{:o}", mode.unsigned_abs()) } else { format!("0{mode:o}") }
}

fn ssh(name: &str, path: &Node) -> Json {
    match path.value.to_text() {
        Some(path) if !path.is_empty() => Json::String(format!("{name}={path}")),
        _ => Json::String(name.to_owned()),
    }
}

fn multi_options(map: &Map) -> Json {
    Json::Object(
        map.iter()
            // An option without any value is none.
            .filter(|(_, entry)| entry.node.as_list().is_none_or(|items| !items.is_empty()))
            .map(|(key, entry)| (key.clone(), printed(&entry.node)))
            .collect(),
    )
}

fn int(value: i128) -> Json {
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
fn float32(value: f64) -> Json {
    float(format!("{}", value as f32).parse().unwrap_or(value))
}
