//! A YAML document as a tree that knows where each of its values stands.
//!
//! The same tree runs through the whole pipeline, from the parser to the canonical form, so that every stage can point at
//! the line that it complains about.

use crate::origin::Origin;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Where something stands. File 0 is nowhere; line and column count from 1, and 0 is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) file: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) place: Place,
    /// `!reset`, `!override`, or how it was written.
    pub(crate) mark: Option<Mark>,
    /// The variables that went into the value.
    origin: Option<Rc<Origin>>,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// An unquoted date or time, which no field of a Compose file takes.
    Time(String),
    Text(String),
    List(Vec<Node>),
    Map(Map),
    /// A value whose problem has been reported: every later stage lets it pass.
    Broken,
}

/// The two tags that say how a value is merged over an earlier file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Reset,
    Override,
    /// Not a tag: the entry of a mapping that was written as an item of a list.
    Listed,
}

/// A mapping. Sorted by key, because that is the order in which Compose prints.
#[derive(Debug, Clone, Default)]
pub(crate) struct Map {
    entries: BTreeMap<String, Entry>,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key_place: Place,
    pub(crate) node: Node,
}

impl Node {
    pub(crate) fn new(value: Value, place: Place) -> Self {
        Self { value, place, mark: None, origin: None }
    }
    pub(crate) fn text(text: impl Into<String>, place: Place) -> Self {
        Self::new(Value::Text(text.into()), place)
    }
    pub(crate) fn map(map: Map, place: Place) -> Self {
        Self::new(Value::Map(map), place)
    }
    /// The same place and origin with another value.
    pub(crate) fn with(&self, value: Value) -> Self {
        Self { value, place: self.place, mark: None, origin: self.origin.clone() }
    }
    pub(crate) fn set_origin(&mut self, origin: Origin) {
        self.origin = Some(Rc::new(origin));
    }
    /// Which variables the value came from.
    pub(crate) fn origin(&self) -> Option<&Origin> {
        self.origin.as_deref()
    }
    pub(crate) fn break_it(&mut self) {
        self.value = Value::Broken;
    }
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
    pub(crate) fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }
    pub(crate) fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }
    pub(crate) fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }
    pub(crate) fn as_list_mut(&mut self) -> Option<&mut Vec<Node>> {
        match &mut self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }
    /// Takes the value out and leaves null.
    pub(crate) fn take(&mut self) -> Value {
        std::mem::replace(&mut self.value, Value::Null)
    }
    /// How many values there are, itself included.
    pub(crate) fn size(&self) -> usize {
        match &self.value {
            Value::List(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Value::Map(map) => 1 + map.iter().map(|(_, entry)| entry.node.size()).sum::<usize>(),
            _ => 1,
        }
    }
    /// A text that two values share exactly where they are the same.
    pub(crate) fn fingerprint(&self) -> String {
        let mut out = String::new();
        self.write_fingerprint(&mut out);
        out
    }
    fn write_fingerprint(&self, out: &mut String) {
        match &self.value {
            Value::List(items) => {
                out.push('[');
                for item in items {
                    item.write_fingerprint(out);
                    out.push(',');
                }
                out.push(']');
            }
            Value::Map(map) => {
                out.push('{');
                for (key, entry) in map.iter() {
                    out.push_str(&format!("{key:?}:"));
                    entry.node.write_fingerprint(out);
                    out.push(',');
                }
                out.push('}');
            }
            Value::Text(text) => out.push_str(&format!("{text:?}")),
            other => out.push_str(&format!("{other:?}")),
        }
    }
    /// Whether two values are the same, wherever they stand.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Null, Value::Null) | (Value::Broken, _) | (_, Value::Broken) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            (Value::Time(a), Value::Time(b)) | (Value::Text(a), Value::Text(b)) => a == b,
            (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            (Value::Map(a), Value::Map(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|((ka, a), (kb, b))| ka == kb && a.node.same(&b.node))
            }
            _ => false,
        }
    }
}

impl Value {
    /// What the value is, for people.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "a number",
            Self::Float(_) => "a decimal number",
            Self::Time(_) => "a date",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
            Self::Broken => "something broken",
        }
    }

    /// The value as text, where it is not a list or mapping.
    pub(crate) fn to_text(&self) -> Option<String> {
        match self {
            Self::Bool(value) => Some(value.to_string()),
            Self::Int(value) => Some(value.to_string()),
            Self::Float(value) => Some(crate::quantity::float_text(*value)),
            Self::Time(text) | Self::Text(text) => Some(text.clone()),
            Self::Null | Self::List(_) | Self::Map(_) | Self::Broken => None,
        }
    }
}

impl Map {
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(key).map(|entry| &entry.node)
    }
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.get_mut(key).map(|entry| &mut entry.node)
    }
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }
    pub(crate) fn contains(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }
    /// Sets a key that the file does not have; its place is the value's.
    pub(crate) fn set(&mut self, key: impl Into<String>, node: Node) {
        let key_place = node.place;
        self.insert(key.into(), Entry { key_place, node });
    }
    pub(crate) fn insert(&mut self, key: String, entry: Entry) {
        self.entries.insert(key, entry);
    }
    pub(crate) fn remove(&mut self, key: &str) -> Option<Entry> {
        self.entries.remove(key)
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Entry)> {
        self.entries.iter()
    }
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&String, &mut Entry)> {
        self.entries.iter_mut()
    }
    pub(crate) fn keys(&self) -> impl Iterator<Item = &String> {
        self.entries.keys()
    }
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
    pub(crate) fn retain(&mut self, keep: impl FnMut(&String, &mut Entry) -> bool) {
        self.entries.retain(keep);
    }
    /// A child that must be a mapping to be of interest.
    pub(crate) fn map(&self, key: &str) -> Option<&Self> {
        self.get(key).and_then(Node::as_map)
    }
    pub(crate) fn map_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.get_mut(key).and_then(Node::as_map_mut)
    }
    pub(crate) fn list(&self, key: &str) -> Option<&[Node]> {
        self.get(key).and_then(Node::as_list)
    }
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::as_text)
    }
    /// Each child that is a mapping, such as each service of `services`.
    pub(crate) fn maps_mut(&mut self) -> impl Iterator<Item = (&String, &mut Self)> {
        self.entries.iter_mut().filter_map(|(key, entry)| entry.node.as_map_mut().map(|map| (key, map)))
    }
    /// Each child that is a mapping.
    pub(crate) fn maps(&self) -> impl Iterator<Item = (&String, &Self)> {
        self.entries.iter().filter_map(|(key, entry)| entry.node.as_map().map(|map| (key, map)))
    }
}

impl IntoIterator for Map {
    type Item = (String, Entry);
    type IntoIter = std::collections::btree_map::IntoIter<String, Entry>;
    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}
