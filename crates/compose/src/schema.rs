//! The shape of a Compose file: which keys there are, and what kind of value each takes. What the values mean is not
//! known here.

mod deploy;
mod project;
mod service;
mod shape;

use crate::codes;
use crate::diagnostic::Report;
use crate::suggestion;
use crate::tree::{Map, Node, Place, Value};
use shape::{Names, Object, Shape, Type};
use std::collections::HashMap;

/// Checks a whole tree. What is wrong is reported and then broken, so that later stages need not look again.
pub(crate) fn check(tree: &mut Map, report: &Report) {
    let mut checker = Checker { report, path: Vec::new() };
    checker.object(tree, Place::default(), &project::PROJECT);
}

struct Checker<'a> {
    report: &'a Report,
    path: Vec<String>,
}

impl Checker<'_> {
    fn node(&mut self, node: &mut Node, shape: &Shape) {
        if matches!(node.value, Value::Broken) {
            return;
        }
        let Some(shape) = pick(shape, &node.value) else {
            self.wrong_type(node, shape);
            return;
        };
        let place = node.place;
        match (shape, &mut node.value) {
            (Shape::Words(words), Value::Text(text)) if !words.contains(&text.as_str()) => {
                let help = suggestion::did_you_mean(text, words.iter().copied())
                    .unwrap_or_else(|| format!("one of {}", words.join(", ")));
                let message = format!("{}: `{text}` is not a value for this key", self.shown());
                self.report.value_error(node, codes::INVALID_VALUE, message, Some(&help));
                node.break_it();
            }
            (Shape::Range(least, most), Value::Int(value))
                if !(i128::from(*least)..=i128::from(*most)).contains(value) =>
            {
                let message = format!("{}: {value} is not between {least} and {most}", self.shown());
                self.report.value_error(node, codes::INVALID_VALUE, message, None);
                node.break_it();
            }
            (Shape::List(of), Value::List(items)) => self.items(items, of),
            (Shape::Set(of), Value::List(items)) => {
                self.items(items, of);
                self.repeated(items);
            }
            (Shape::Map(names, of), Value::Map(map)) => self.entries(map, names, of),
            (Shape::Object(object), Value::Map(map)) => self.object(map, place, object),
            _ => {}
        }
    }

    fn items(&mut self, items: &mut [Node], of: &Shape) {
        for (index, item) in items.iter_mut().enumerate() {
            self.path.push(index.to_string());
            self.node(item, of);
            self.path.pop();
        }
    }

    fn repeated(&self, items: &[Node]) {
        let mut known: HashMap<String, Place> = HashMap::new();
        for item in items.iter().filter(|item| !matches!(item.value, Value::Broken)) {
            if let Some(first) = known.insert(item.fingerprint(), item.place) {
                let message = format!("{}: this stands in the list already, at line {}", self.shown(), first.line);
                self.report.error_help(item.place, codes::DUPLICATE_ITEM, message, "remove one of the two");
            }
        }
    }

    fn entries(&mut self, map: &mut Map, names: &Names, of: &Shape) {
        for (key, entry) in map.iter_mut() {
            self.path.push(key.clone());
            let valid = match names {
                Names::Any => true,
                Names::Resource => key.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)),
                // A key of another form is not looked at.
                Names::Lowercase if !key.bytes().all(|c| c.is_ascii_lowercase()) => {
                    self.path.pop();
                    continue;
                }
                Names::Lowercase => true,
            };
            if valid && !key.is_empty() {
                self.node(&mut entry.node, of);
            } else {
                let message = format!("{}: `{key}` is not a valid name", self.shown());
                let help = "letters, digits, `.`, `_` and `-`";
                self.report.error_help(entry.key_place, codes::INVALID_NAME, message, help);
                entry.node.break_it();
            }
            self.path.pop();
        }
    }

    fn object(&mut self, map: &mut Map, place: Place, object: &Object) {
        for (key, entry) in map.iter_mut() {
            if object.extensions && key.starts_with("x-") {
                continue;
            }
            match object.keys.iter().find(|(name, _)| name == key) {
                Some((_, shape)) => {
                    self.path.push(key.clone());
                    self.node(&mut entry.node, shape);
                    self.path.pop();
                }
                None if object.open => {}
                // Suggestions cost time, and nobody would see them.
                None if self.report.is_full() => self.report.count_error(),
                None => {
                    let message = if self.path.is_empty() {
                        format!("a Compose file has no key `{key}`")
                    } else {
                        format!("{} has no key `{key}`", self.shown())
                    };
                    let help = suggestion::did_you_mean(key, object.keys.iter().map(|(name, _)| *name))
                        .unwrap_or_else(|| format!("the keys are {}", self.known(object)));
                    self.report.error_help(entry.key_place, codes::UNKNOWN_KEY, message, help);
                    entry.node.break_it();
                }
            }
        }
        for key in object.required {
            if !map.contains(key) {
                let message = format!("{} needs the key `{key}`", self.shown());
                self.report.error(place, codes::MISSING_KEY, message);
            }
        }
    }

    fn known(&self, object: &Object) -> String {
        object.keys.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    fn wrong_type(&self, node: &mut Node, shape: &Shape) {
        let wanted = wanted(shape);
        let help = match &node.value {
            Value::Int(seconds) if self.path.last().is_some_and(|key| DURATIONS.contains(&key.as_str())) => {
                Some(format!("write it with its unit: {seconds}s"))
            }
            Value::Time(text) => Some(format!("YAML takes this for a date: write \"{text}\"")),
            Value::Int(_) | Value::Float(_) | Value::Bool(_) if wanted.contains("text") => {
                node.value.to_text().map(|text| format!("write it in quotes: \"{text}\""))
            }
            Value::Null if wanted.contains("mapping") => Some("give it a value, or remove the key".to_owned()),
            _ => None,
        };
        let message = format!("{} must be {wanted}, and is {}", self.shown(), node.value.kind());
        self.report.value_error(node, codes::WRONG_TYPE, message, help.as_deref());
        node.break_it();
    }

    fn shown(&self) -> String {
        if self.path.is_empty() { "the file".to_owned() } else { self.path.join(".") }
    }
}

/// Keys that take a duration, which is text because of its unit.
const DURATIONS: [&str; 8] =
    ["interval", "timeout", "start_period", "start_interval", "stop_grace_period", "delay", "monitor", "window"];

/// The alternative of a shape that takes this kind of value.
fn pick<'s>(shape: &'s Shape, value: &Value) -> Option<&'s Shape> {
    let fits = match shape {
        Shape::One(types) => types.iter().any(|kind| takes(*kind, value)),
        Shape::Words(_) => matches!(value, Value::Text(_)),
        Shape::Range(..) => takes(Type::Whole, value),
        Shape::List(_) | Shape::Set(_) => matches!(value, Value::List(_)),
        Shape::Map(..) | Shape::Object(_) => matches!(value, Value::Map(_)),
        Shape::Either(shapes) => return shapes.iter().find_map(|shape| pick(shape, value)),
    };
    fits.then_some(shape)
}

fn takes(kind: Type, value: &Value) -> bool {
    match (kind, value) {
        (Type::Text, Value::Text(_))
        | (Type::Bool, Value::Bool(_))
        | (Type::Null, Value::Null)
        | (Type::Number | Type::Whole, Value::Int(_))
        | (Type::Number, Value::Float(_)) => true,
        (Type::Whole, Value::Float(number)) => number.fract() == 0.0,
        _ => false,
    }
}

fn wanted(shape: &Shape) -> String {
    let mut words: Vec<&str> = Vec::new();
    collect(shape, &mut words);
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => (*last).to_owned(),
        None => "something else".to_owned(),
    }
}

fn collect(shape: &Shape, words: &mut Vec<&'static str>) {
    let mut add = |word: &'static str| {
        if !words.contains(&word) {
            words.push(word);
        }
    };
    match shape {
        Shape::One(types) => {
            for kind in *types {
                add(match kind {
                    Type::Text => "text",
                    Type::Number => "a number",
                    Type::Whole => "a whole number",
                    Type::Bool => "true or false",
                    Type::Null => "empty",
                });
            }
        }
        Shape::Words(_) => add("text"),
        Shape::Range(..) => add("a whole number"),
        Shape::List(_) | Shape::Set(_) => add("a list"),
        Shape::Map(..) | Shape::Object(_) => add("a mapping"),
        Shape::Either(shapes) => {
            for shape in *shapes {
                collect(shape, words);
            }
        }
    }
}
