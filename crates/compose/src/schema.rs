//! The shape of a Compose file: which keys there are, and what kind of value each takes. What the values mean is not
//! known here.

mod deploy;
mod help;
mod keys;
mod project;
mod service;
mod shape;

pub use keys::keys;

use crate::codes;
use crate::diagnostic::Report;
use crate::quantity;
use crate::suggestion;
use crate::tree::{Map, Node, Place, Value};
use shape::{Names, Object, Shape, Type};
use std::collections::HashMap;

/// Checks a whole tree. What is wrong is reported and then broken, so that later stages need not look again.
pub(crate) fn check(tree: &mut Map, report: &Report) {
    let mut checker = Checker { report, path: Vec::new() };
    checker.object(tree, Place::default(), &project::PROJECT);
}

/// Checks only that the short forms of a tree's services can be brought into their long form. No more is asked of a file of which
/// services are extended: they may be incomplete.
pub(crate) fn check_short_forms(tree: &mut Map, report: &Report) {
    let mut checker = Checker { report, path: vec!["services".to_owned()] };
    for (name, service) in tree.map_mut("services").into_iter().flat_map(Map::maps_mut) {
        checker.path.push(name.clone());
        for (key, shape) in service::KEYS.keys {
            let Some(node) = service.get_mut(key) else { continue };
            checker.path.push((*key).to_owned());
            if WITH_SHORT_FORM.contains(key) {
                checker.kind(node, shape);
            }
            if WITH_SHORT_ITEMS.contains(key) {
                checker.kinds_of_items(node, shape);
            }
            checker.path.pop();
        }
        checker.path.pop();
    }
}

/// Keys of a service whose value has a short form, and keys whose items have one.
const WITH_SHORT_FORM: [&str; 6] = ["build", "depends_on", "env_file", "extends", "gpus", "ports"];
const WITH_SHORT_ITEMS: [&str; 4] = ["devices", "ports", "secrets", "volumes"];

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
            (Shape::Like(accepts, words, help), Value::Text(text)) if !accepts(text) => {
                let help = suggestion::did_you_mean(text, words.iter().copied()).unwrap_or_else(|| (*help).to_owned());
                let message = format!("{}: `{text}` is not a value for this key", self.shown());
                self.report.value_error(node, codes::INVALID_VALUE, message, Some(&help));
                node.break_it();
            }
            (Shape::Range(least, most), Value::Int(value))
                if !(i128::from(*least)..=i128::from(*most)).contains(value) =>
            {
                let message = format!("{}: {value} is not between {least} and {most}", self.shown());
                let help = format!("write a number from {least} to {most}");
                self.report.value_error(node, codes::INVALID_VALUE, message, Some(&help));
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

    /// Of a value that is there, the kind alone.
    fn kind(&self, node: &mut Node, shape: &Shape) {
        if !matches!(node.value, Value::Broken | Value::Null) && pick(shape, &node.value).is_none() {
            self.wrong_type(node, shape);
        }
    }

    fn kinds_of_items(&mut self, node: &mut Node, shape: &Shape) {
        let (Some(Shape::List(of) | Shape::Set(of)), Value::List(items)) = (pick(shape, &node.value), &mut node.value)
        else {
            return;
        };
        for (index, item) in items.iter_mut().enumerate() {
            self.path.push(index.to_string());
            self.kind(item, of);
            self.path.pop();
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
        let mut texts: HashMap<u64, Place> = HashMap::new();
        for item in items.iter().filter(|item| !matches!(item.value, Value::Broken)) {
            // A number is the same as text before it that reads as that number.
            let same_text = match &item.value {
                Value::Text(text) => {
                    // Minus zero is zero.
                    texts.extend(quantity::number(text).map(|number| ((number + 0.0).to_bits(), item.place)));
                    None
                }
                Value::Int(number) => texts.get(&(*number as f64 + 0.0).to_bits()),
                Value::Float(number) => texts.get(&(number + 0.0).to_bits()),
                _ => None,
            };
            let repeated = known.insert(item.fingerprint(), item.place).or(same_text.copied());
            if let Some(first) = repeated {
                let message = format!("{}: this stands in the list already, at line {}", self.shown(), first.line);
                self.report.error_help(item.place, codes::DUPLICATE_ITEM, message, "remove one of the two");
            }
        }
    }

    fn entries(&mut self, map: &mut Map, names: &Names, of: &Shape) {
        for (key, entry) in map.iter_mut() {
            self.path.push(key.clone());
            let valid = match names {
                Names::Any if key.is_empty() => {
                    self.path.pop();
                    continue;
                }
                Names::Any | Names::Some => true,
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
                    let help = self.help_for_unknown(key, &entry.node, object);
                    self.report.error_help(entry.key_place, codes::UNKNOWN_KEY, message, help);
                    entry.node.break_it();
                }
            }
        }
        for key in object.required {
            if !map.contains(key) {
                let message = format!("{} needs the key `{key}`", self.shown());
                self.report.error_help(place, codes::MISSING_KEY, message, format!("add `{key}:`"));
            }
        }
    }

    fn wrong_type(&self, node: &mut Node, shape: &Shape) {
        let wanted = wanted(shape);
        let help = self.help_for_type(&node.value, &wanted);
        let message = format!("{} must be {wanted}, and is {}", self.shown(), node.value.kind());
        self.report.value_error(node, codes::WRONG_TYPE, message, help.as_deref());
        node.break_it();
    }

    fn shown(&self) -> String {
        if self.path.is_empty() { "the file".to_owned() } else { self.path.join(".") }
    }
}

/// The alternative of a shape that takes this kind of value.
fn pick<'s>(shape: &'s Shape, value: &Value) -> Option<&'s Shape> {
    let fits = match shape {
        Shape::One(types) => types.iter().any(|kind| takes(*kind, value)),
        Shape::Words(_) | Shape::Like(..) => matches!(value, Value::Text(_)),
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
    // A boolean may be text because a variable is; nobody writes it so on purpose.
    if words == ["true or false", "text"] {
        words.pop();
    }
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
        Shape::Words(_) | Shape::Like(..) => add("text"),
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
