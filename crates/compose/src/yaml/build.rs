//! From events to trees: anchors, aliases, merge keys, duplicate keys, and the budgets that keep a small text from
//! becoming a large tree.

use super::events::{At, Event, SyntaxError, Tag};
use super::mistake::{self, Mistake};
use super::scalar;
use crate::codes;
use crate::diagnostic::Report;
use crate::limits;
use crate::suggestion;
use crate::tree::{Entry, Map, Mark, Node, Place, Value};
use std::collections::HashMap;

/// How many nodes may still be made, over all files of one definition.
pub(crate) struct Budget {
    left: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: limits::NODES }
    }
}

impl Budget {
    /// Takes nodes out, or nothing where there are not enough left.
    pub(crate) fn spend(&mut self, nodes: usize) -> bool {
        let left = self.left.checked_sub(nodes);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

/// Why building ended early. The report has the words.
pub(super) struct Stop;

pub(super) struct Builder<'a> {
    pub(super) report: &'a Report,
    pub(super) file: u32,
    /// For words about what is wrong in it.
    text: &'a str,
    pub(super) budget: &'a mut Budget,
    anchors: HashMap<usize, Anchored>,
}

struct Anchored {
    node: Node,
    size: usize,
    depth: usize,
}

/// A value that is complete.
struct Done {
    node: Node,
    size: usize,
    depth: usize,
    anchor: usize,
    /// A plain `<<`, which as a key merges.
    merge: bool,
}

/// A collection that has begun and not ended.
struct Open {
    node: Node,
    anchor: usize,
    size: usize,
    depth: usize,
    /// The key of a mapping whose value comes next.
    key: Option<Key>,
    merges: Vec<Node>,
    merge_key: Option<Place>,
}

enum Key {
    Plain(String, Place),
    Merge(Place),
    /// A key that was reported: its value is read and dropped.
    Dropped,
}

impl<'a> Builder<'a> {
    pub(super) fn new(report: &'a Report, file: u32, text: &'a str, budget: &'a mut Budget) -> Self {
        Self { report, file, text, budget, anchors: HashMap::new() }
    }

    /// The documents of a stream of events; an empty document is none.
    pub(super) fn documents(
        &mut self,
        events: impl Iterator<Item = Result<Event, SyntaxError>>,
    ) -> Result<Vec<Node>, Stop> {
        let mut documents = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        for event in events {
            let done = match event {
                Err(error) => {
                    let Mistake { at, message, help } = mistake::explain(self.text, error.at, &error.message);
                    match help {
                        Some(help) => self.report.error_help(self.place(at), codes::INVALID_YAML, message, help),
                        None => self.report.error(self.place(at), codes::INVALID_YAML, message),
                    }
                    return Err(Stop);
                }
                Ok(Event::DocumentStart) => {
                    self.anchors.clear();
                    continue;
                }
                Ok(Event::DocumentEnd) => continue,
                Ok(Event::ListStart { anchor, tag, at }) => {
                    self.begin(&mut open, Value::List(Vec::new()), anchor, &tag, at)?;
                    continue;
                }
                Ok(Event::MapStart { anchor, tag, at }) => {
                    self.begin(&mut open, Value::Map(Map::default()), anchor, &tag, at)?;
                    continue;
                }
                Ok(Event::End) => {
                    let Some(ended) = open.pop() else { continue };
                    let (anchor, size, depth) = (ended.anchor, ended.size, ended.depth);
                    Done { node: Self::finish(ended), size, depth, anchor, merge: false }
                }
                Ok(Event::Scalar { text, plain, anchor, tag, at }) => {
                    self.spend(1, at)?;
                    let merge = plain && tag == Tag::None && text == "<<";
                    Done { node: self.scalar(text, plain, &tag, at), size: 1, depth: 0, anchor, merge }
                }
                Ok(Event::Alias { anchor, at }) => self.alias(anchor, at)?,
                Ok(Event::UndefinedAlias { name, at }) => {
                    let message = format!("the alias `*{name}` has no anchor `&{name}` before it");
                    let help =
                        suggestion::nearest(&name, anchors(self.text)).map(|near| format!("did you mean `*{near}`?"));
                    let help = help.unwrap_or_else(|| format!("define it before, as in `x-{name}: &{name} {{…}}`"));
                    self.report.error_help(self.place(at), codes::UNDEFINED_ALIAS, message, help);
                    let node = Node::new(Value::Broken, self.place(at));
                    Done { node, size: 1, depth: 0, anchor: 0, merge: false }
                }
            };
            if open.len() + done.depth > limits::DEPTH {
                return self.too_large(done.node.place, format!("nested deeper than {} levels", limits::DEPTH));
            }
            if done.anchor > 0 {
                self.keep(&done)?;
            }
            match open.last_mut() {
                Some(parent) => self.add(parent, done),
                None => documents.push(done.node),
            }
        }
        Ok(documents)
    }

    fn begin(&mut self, open: &mut Vec<Open>, value: Value, anchor: usize, tag: &Tag, at: At) -> Result<(), Stop> {
        self.spend(1, at)?;
        if open.len() >= limits::DEPTH {
            return self.too_large(self.place(at), format!("nested deeper than {} levels", limits::DEPTH));
        }
        let mut node = Node::new(value, self.place(at));
        node.mark = self.mark(tag, at);
        open.push(Open { node, anchor, size: 1, depth: 0, key: None, merges: Vec::new(), merge_key: None });
        Ok(())
    }

    /// Keeps an anchored value for its aliases. The copy counts, or anchors within anchors would cost their square.
    fn keep(&mut self, done: &Done) -> Result<(), Stop> {
        let place = done.node.place;
        self.spend(done.size, At { line: place.line, column: place.column })?;
        let mut node = done.node.clone();
        drop_resets(&mut node);
        let anchored = Anchored { node, size: done.size, depth: done.depth };
        self.anchors.insert(done.anchor, anchored);
        Ok(())
    }

    fn add(&mut self, parent: &mut Open, done: Done) {
        parent.size += done.size;
        parent.depth = parent.depth.max(done.depth + 1);
        let node = done.node;
        match &mut parent.node.value {
            Value::List(items) => items.push(node),
            Value::Map(map) => match parent.key.take() {
                // The pair `[a: b]` begins with its key, where the parser says it begins with the colon.
                None if map.is_empty() && node.place < parent.node.place => {
                    parent.node.place = node.place;
                    parent.key = Some(self.key(map, node));
                }
                None if done.merge => {
                    parent.key = Some(match parent.merge_key {
                        Some(first) => self.duplicate("<<", node.place, first),
                        None => Key::Merge(node.place),
                    });
                }
                None => parent.key = Some(self.key(map, node)),
                Some(Key::Plain(key, key_place)) => map.insert(key, Entry { key_place, node }),
                Some(Key::Merge(place)) => {
                    parent.merge_key = Some(place);
                    self.merge_sources(node, &mut parent.merges);
                }
                Some(Key::Dropped) => {}
            },
            _ => {}
        }
    }

    fn key(&self, map: &Map, node: Node) -> Key {
        let place = node.place;
        let text = match node.value {
            Value::Text(text) => text,
            Value::Broken => return Key::Dropped,
            other => {
                let shown = other.to_text().unwrap_or_else(|| other.kind().to_owned());
                let message = format!("a key must be text, and `{shown}` is {}", other.kind());
                let help = format!("write it in quotes: \"{shown}\":");
                self.report.error_help(place, codes::NON_STRING_KEY, message, help);
                return Key::Dropped;
            }
        };
        match map.entry(&text) {
            Some(first) => self.duplicate(&text, place, first.key_place),
            None => Key::Plain(text, place),
        }
    }

    fn duplicate(&self, key: &str, place: Place, first: Place) -> Key {
        let message = format!("the key `{key}` stands here already, at line {}", first.line);
        self.report.error_help(place, codes::DUPLICATE_KEY, message, "remove one of the two, or join their values");
        Key::Dropped
    }

    fn merge_sources(&self, node: Node, into: &mut Vec<Node>) {
        let place = node.place;
        match node.value {
            Value::Map(_) => into.push(node),
            Value::List(items) => {
                for item in items {
                    match item.value {
                        Value::Map(_) => into.push(item),
                        Value::Broken => {}
                        _ => self.bad_merge(item.place),
                    }
                }
            }
            Value::Broken => {}
            _ => self.bad_merge(place),
        }
    }

    fn bad_merge(&self, place: Place) {
        self.report.error(place, codes::WRONG_TYPE, "`<<` takes a mapping or a list of mappings");
    }

    /// Fills in what the merge keys bring: local keys win, then the earlier source.
    fn finish(ended: Open) -> Node {
        let mut node = ended.node;
        if let Value::Map(map) = &mut node.value {
            for source in ended.merges {
                let Value::Map(source) = source.value else { continue };
                for (key, entry) in source {
                    if !map.contains(&key) {
                        map.insert(key, entry);
                    }
                }
            }
        }
        node
    }

    fn scalar(&self, text: String, plain: bool, tag: &Tag, at: At) -> Node {
        let place = self.place(at);
        let mark = self.mark(tag, at);
        let value = match tag {
            Tag::None if plain => scalar::resolve(&text),
            Tag::Core(kind) => self.tagged(kind, text, place),
            Tag::None | Tag::Local(_) => Value::Text(text),
        };
        let mut node = Node::new(value, place);
        node.mark = mark;
        node
    }

    fn tagged(&self, kind: &str, text: String, place: Place) -> Value {
        let value = scalar::resolve(&text);
        match (kind, value) {
            ("str", _) => Value::Text(text),
            ("null", _) => Value::Null,
            ("float", Value::Int(number)) => Value::Float(number as f64),
            ("int", value @ Value::Int(_)) | ("float", value @ Value::Float(_)) | ("bool", value @ Value::Bool(_)) => {
                value
            }
            ("timestamp", value @ Value::Time(_)) => value,
            _ => {
                self.report.error(place, codes::INVALID_YAML, format!("`{text}` cannot be read as `!!{kind}`"));
                Value::Broken
            }
        }
    }

    fn mark(&self, tag: &Tag, at: At) -> Option<Mark> {
        match tag {
            Tag::Local(name) if name == "reset" => Some(Mark::Reset),
            Tag::Local(name) if name == "override" => Some(Mark::Override),
            Tag::Local(name) => {
                let message = format!("the tag `!{name}` means nothing in a Compose file");
                let help = Some("the tags of Compose are `!reset` and `!override`");
                self.report.warning(self.place(at), codes::IGNORED_HERE, message, help);
                None
            }
            Tag::None | Tag::Core(_) => None,
        }
    }

    fn alias(&mut self, anchor: usize, at: At) -> Result<Done, Stop> {
        let place = self.place(at);
        let Some(target) = self.anchors.get(&anchor) else {
            // The anchor is known to the parser but not finished: the alias stands within it.
            self.report.error(place, codes::ALIAS_CYCLE, "this alias stands within what it refers to");
            return Err(Stop);
        };
        let (node, size, depth) = (target.node.clone(), target.size, target.depth);
        self.spend(size, at)?;
        Ok(Done { node, size, depth, anchor: 0, merge: false })
    }

    fn spend(&mut self, nodes: usize, at: At) -> Result<(), Stop> {
        if self.budget.spend(nodes) {
            return Ok(());
        }
        self.too_large(self.place(at), format!("more than {} values, aliases expanded", limits::NODES))
    }

    fn too_large<T>(&self, place: Place, what: String) -> Result<T, Stop> {
        self.report.error(place, codes::TOO_LARGE, format!("the definition is too large: {what}"));
        Err(Stop)
    }

    fn place(&self, at: At) -> Place {
        Place { file: self.file, line: at.line, column: at.column }
    }
}

/// Compose carries out a `!reset` where it stands, and an alias of what it stands in knows nothing of it any more.
fn drop_resets(node: &mut Node) {
    if node.mark == Some(Mark::Override) {
        return;
    }
    match &mut node.value {
        Value::Map(map) => map.retain(|_, entry| {
            drop_resets(&mut entry.node);
            entry.node.mark != Some(Mark::Reset)
        }),
        Value::List(items) => items.retain_mut(|item| {
            drop_resets(item);
            item.mark != Some(Mark::Reset)
        }),
        _ => {}
    }
}

/// The names of a text's anchors, or what looks like one.
fn anchors(text: &str) -> impl Iterator<Item = &str> {
    text.split('&').skip(1).filter_map(|rest| rest.split_whitespace().next()).filter(|name| !name.is_empty())
}
