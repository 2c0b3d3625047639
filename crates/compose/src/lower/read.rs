//! Typed reads from a mapping. A value that does not read has been reported when the document was written, except where
//! only the stack needs the type; those reads report.

use crate::codes;
use crate::diagnostic::Report;
use crate::quantity;
use crate::tree::{Map, Node, Value};
use std::collections::BTreeMap;
use std::str::FromStr;

/// A mapping at a path.
#[derive(Clone, Copy)]
pub(super) struct Read<'a> {
    pub(super) map: &'a Map,
    pub(super) path: &'a str,
    pub(super) report: &'a Report,
}

impl Read<'_> {
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.map.get(key).and_then(|node| node.value.to_text()).filter(|text| !text.is_empty())
    }

    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let Some(node) = self.map.get(key) else { return Vec::new() };
        let items = node.as_list().unwrap_or(std::slice::from_ref(node));
        items.iter().filter_map(|item| item.value.to_text()).collect()
    }

    pub(super) fn texts_by_name(&self, key: &str) -> BTreeMap<String, String> {
        let entries = self.map.map(key).into_iter().flat_map(Map::iter);
        entries.map(|(name, entry)| (name.clone(), entry.node.value.to_text().unwrap_or_default())).collect()
    }

    pub(super) fn optional_texts_by_name(&self, key: &str) -> BTreeMap<String, Option<String>> {
        let entries = self.map.map(key).into_iter().flat_map(Map::iter);
        entries.map(|(name, entry)| (name.clone(), entry.node.value.to_text())).collect()
    }

    /// A list that is absent, or there and perhaps empty.
    pub(super) fn words(&self, key: &str) -> Option<Vec<String>> {
        let items = self.map.list(key)?;
        Some(items.iter().filter_map(|item| item.value.to_text()).collect())
    }

    pub(super) fn bool(&self, key: &str) -> bool {
        self.set_bool(key).unwrap_or(false)
    }

    pub(super) fn set_bool(&self, key: &str) -> Option<bool> {
        let node = self.map.get(key)?;
        match &node.value {
            Value::Bool(value) => Some(*value),
            Value::Text(text) => crate::interpolation::boolean(node, text, self.report),
            _ => None,
        }
    }

    /// A whole number, where it is not zero: zero is the engine's word for nothing.
    pub(super) fn int(&self, key: &str) -> Option<i64> {
        self.set_int(key).filter(|value| *value != 0)
    }

    pub(super) fn set_int(&self, key: &str) -> Option<i64> {
        self.map.get(key).and_then(int)
    }

    pub(super) fn float(&self, key: &str) -> Option<f64> {
        let value = match &self.map.get(key)?.value {
            Value::Int(value) => *value as f64,
            Value::Float(value) => *value,
            Value::Text(text) => quantity::float(text)?,
            _ => return None,
        };
        (value != 0.0).then_some(value)
    }

    pub(super) fn bytes(&self, key: &str) -> Option<i64> {
        let bytes = match &self.map.get(key)?.value {
            Value::Int(value) => i64::try_from(*value).ok()?,
            Value::Text(text) => quantity::bytes(text)?,
            _ => return None,
        };
        (bytes != 0).then_some(bytes)
    }

    pub(super) fn ns(&self, key: &str) -> Option<i64> {
        self.map.text(key).and_then(quantity::duration_ns)
    }

    /// A value that only the stack needs as this type.
    pub(super) fn parse<T: FromStr>(&self, key: &str, wanted: &str) -> Option<T> {
        let node = self.map.get(key)?;
        let text = node.value.to_text().filter(|text| !text.is_empty())?;
        let value = text.parse().ok();
        if value.is_none() {
            self.refuse(node, key, &format!("`{text}` is not {wanted}"));
        }
        value
    }

    pub(super) fn refuse(&self, node: &Node, key: &str, problem: &str) {
        let message = format!("{}.{key}: {problem}", self.path);
        self.report.value_error(node, codes::INVALID_VALUE, message, None);
    }

    /// Whether a key is there and says something.
    pub(super) fn says(&self, key: &str) -> bool {
        self.map.entry(key).is_some_and(|entry| says_something(&entry.node))
    }

    /// Refuses a key that Evenkeel does not do yet.
    pub(super) fn unsupported(&self, key: &str) {
        if let Some(entry) = self.map.entry(key).filter(|entry| says_something(&entry.node)) {
            let message = format!("{}.{key} is not supported by Evenkeel yet", self.path);
            let help = "remove the key, or put it under a key that begins with `x-`";
            self.report.error_help(entry.key_place, codes::UNSUPPORTED, message, help);
        }
    }

    /// Warns of a key that the specification has and that does nothing here.
    pub(super) fn ignored(&self, key: &str, why: &str) {
        if let Some(entry) = self.map.entry(key).filter(|entry| says_something(&entry.node)) {
            let message = format!("{}.{key} has no effect: {why}", self.path);
            self.report.warning(entry.key_place, codes::IGNORED_HERE, message, None::<String>);
        }
    }
}

/// A whole number, also where it is written as text or decimal.
pub(super) fn int(node: &Node) -> Option<i64> {
    match &node.value {
        Value::Int(value) => i64::try_from(*value).ok(),
        Value::Float(value) => Some(*value as i64),
        Value::Text(text) => quantity::integer(text),
        _ => None,
    }
}

fn says_something(node: &Node) -> bool {
    match &node.value {
        Value::Null | Value::Bool(false) | Value::Broken => false,
        Value::Text(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
        _ => true,
    }
}
