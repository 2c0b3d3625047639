//! Trees to JSON by the table of fields.

use super::fields::{Field, Kind};
use super::plain::{EXTENSIONS, env_file, float32, go_map, int, multi_options, octal, plain, printed, ssh};
use super::{Form, is_absent};
use crate::canonical::assignments;
use crate::codes;
use crate::diagnostic::Report;
use crate::interpolation;
use crate::loader::CONTENT;
use crate::quantity;
use crate::tree::{Map, Mark, Node, Value};
use serde_json::{Map as JsonMap, Value as Json};

/// One of the top-level sections.
pub(super) fn section(path: &str, map: &Map, kind: &Kind, form: Form, report: &Report) -> Json {
    let mut writer = Writer { report, form, path: vec![path.to_owned()] };
    match kind {
        Kind::Named(fields) => Json::Object(writer.named(map, fields, false)),
        _ => Json::Null,
    }
}

struct Writer<'a> {
    report: &'a Report,
    form: Form,
    path: Vec<String>,
}

impl Writer<'_> {
    /// The fields of an object and, in YAML, what stands under its `x-` keys.
    fn object(&mut self, map: &Map, fields: &[Field]) -> JsonMap<String, Json> {
        let mut out = self.fields(map, fields);
        if self.form == Form::Yaml {
            let own = map.iter().filter(|(key, _)| key.starts_with("x-") && *key != CONTENT);
            out.extend(
                self.form.arranged(own.map(|(key, entry)| (key.clone(), plain(&entry.node, self.form))).collect()),
            );
        }
        out
    }

    fn fields(&mut self, map: &Map, fields: &[Field]) -> JsonMap<String, Json> {
        let mut out = JsonMap::new();
        for field in fields {
            self.path.push(field.key.to_owned());
            let node = map.get(field.key).filter(|node| !is_absent(&node.value));
            let value = self.field(node, &field.kind);
            if let Some(value) = value.filter(|value| self.form == Form::Json || !says_nothing(value, &field.kind)) {
                let key = if self.form == Form::Json { field.printed } else { field.key };
                out.insert(key.to_owned(), value);
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
            Kind::EnvFiles => {
                let files: Vec<Json> = node.as_list()?.iter().filter_map(env_file).collect();
                (!files.is_empty()).then_some(Json::Array(files))
            }
            Kind::Mode => self.mode(node).map(|mode| Json::String(octal(mode))),
            Kind::DeviceCount => self.device_count(node).and_then(nonzero),
            Kind::Ulimits => self.ulimits(node.as_map()?),
            Kind::Ssh => {
                let keys: Vec<Json> =
                    node.as_map()?.iter().map(|(key, entry)| ssh(key, &entry.node, self.form)).collect();
                (!keys.is_empty()).then_some(Json::Array(keys))
            }
            Kind::MultiOptions => Some(multi_options(node.as_map()?, self.form)).filter(not_empty),
            Kind::Object(fields) => Some(Json::Object(self.object(node.as_map()?, fields))),
            Kind::List(fields) => self.list(node.as_list()?, |writer, map| writer.object(map, fields)),
            Kind::ClosedList(fields) => self.list(node.as_list()?, |writer, map| writer.fields(map, fields)),
            Kind::Named(fields) => Some(Json::Object(self.named(node.as_map()?, fields, false))).filter(not_empty),
            Kind::NamedOrNull(fields) => Some(Json::Object(self.named(node.as_map()?, fields, true))).filter(not_empty),
            _ => None,
        }
    }

    fn list(&mut self, items: &[Node], mut one: impl FnMut(&mut Self, &Map) -> JsonMap<String, Json>) -> Option<Json> {
        let items = items.iter().filter_map(Node::as_map);
        let out: Vec<Json> = items.map(|map| Json::Object(one(self, map))).collect();
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
                None if entry.node.is_null() => {
                    let object = self.object(&Map::default(), fields);
                    out.insert(name.clone(), Json::Object(object));
                }
                None => {}
            }
            self.path.pop();
        }
        self.form.arranged(out)
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
            out.insert(EXTENSIONS.to_owned(), go_map(&extensions));
        }
        (!out.is_empty()).then_some(Json::Object(self.form.arranged(out)))
    }

    /// A mapping in which only text and whole numbers may stand, and no extension.
    fn strings(&self, map: &Map) -> Option<Json> {
        let mut out = JsonMap::new();
        for (key, entry) in map.iter() {
            if key.starts_with("x-") {
                let message =
                    format!("{}: Compose does not take a key that begins with `x-` here", self.path.join("."));
                self.report.value_error_at(
                    entry.key_place,
                    &entry.node,
                    codes::INVALID_VALUE,
                    message,
                    Some("rename it"),
                );
                continue;
            }
            out.insert(key.clone(), Json::String(self.word(&entry.node)?));
        }
        (!out.is_empty()).then_some(Json::Object(self.form.arranged(out)))
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
                out.insert(EXTENSIONS.to_owned(), self.limits(0, 0));
                continue;
            }
            let value = match entry.node.as_map() {
                Some(pair) => {
                    let of = |key: &str| pair.get(key).and_then(|node| self.int(node)).unwrap_or(0);
                    self.limits(of("soft"), of("hard"))
                }
                None => match self.int(&entry.node).filter(|value| *value != 0) {
                    Some(value) => int(value),
                    None => self.limits(0, 0),
                },
            };
            out.insert(name.clone(), value);
        }
        (!out.is_empty()).then_some(Json::Object(self.form.arranged(out)))
    }

    /// Zeros are left out in JSON alone.
    fn limits(&self, soft: i128, hard: i128) -> Json {
        let both = [("soft", soft), ("hard", hard)].into_iter();
        let shown = both.filter(|(_, limit)| *limit != 0 || self.form == Form::Yaml);
        Json::Object(shown.map(|(key, limit)| (key.to_owned(), int(limit))).collect())
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

/// A field that stands in JSON in any case, and in YAML only where it says something.
fn says_nothing(value: &Json, kind: &Kind) -> bool {
    match kind {
        Kind::Command => value.is_null(),
        Kind::AlwaysObject(_) => !not_empty(value),
        _ => false,
    }
}
