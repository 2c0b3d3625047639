//! Reads grammar.txt.

use std::collections::HashMap;

/// What may stand somewhere.
#[derive(Debug, Clone)]
pub enum Form {
    /// Whatever a name stands for.
    Name(String),
    /// A list of it.
    List(String),
    /// A mapping of keys to values, both by name.
    Mapping(String, String),
    /// A mapping with fixed keys.
    Object(String),
}

/// A key of an object.
#[derive(Debug, Clone)]
pub struct Key {
    pub name: String,
    pub always: bool,
    pub forms: Vec<Form>,
}

/// Literals as they stand in YAML.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    pub usual: Vec<String>,
    pub odd: Vec<String>,
}

/// All rules by name.
#[derive(Debug, Default)]
pub struct Grammar {
    pub pools: HashMap<String, Pool>,
    pub forms: HashMap<String, Vec<Form>>,
    pub objects: HashMap<String, Vec<Key>>,
}

impl Grammar {
    /// The grammar of Compose files.
    pub fn of_compose() -> Self {
        let mut grammar = Self::default();
        let mut object: Option<String> = None;
        for line in include_str!("grammar.txt").lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_suffix(" {") {
                object = Some(name.to_owned());
            } else if line == "}" {
                object = None;
            } else if let Some(object) = &object {
                let (key, rest) = line.split_once(" = ").unwrap_or_else(|| panic!("{line}"));
                let name = key.trim_end_matches('*').to_owned();
                let key = Key { always: key.ends_with('*'), name, forms: forms(rest) };
                grammar.objects.entry(object.clone()).or_default().push(key);
            } else if let Some((name, rest)) = line.split_once(" : ") {
                let (usual, odd) = rest.split_once(" !! ").unwrap_or((rest, ""));
                grammar.pools.insert(name.to_owned(), Pool { usual: literals(usual), odd: literals(odd) });
            } else if let Some((name, rest)) = line.split_once(" = ") {
                grammar.forms.insert(name.to_owned(), forms(rest));
            } else {
                panic!("grammar.txt: {line}");
            }
        }
        grammar
    }
}

fn literals(text: &str) -> Vec<String> {
    text.split(" | ").filter(|literal| !literal.is_empty()).map(|literal| literal.trim().to_owned()).collect()
}

fn forms(text: &str) -> Vec<Form> {
    text.split(" | ")
        .map(|form| {
            let inner = |open: char, close: char| form.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
            if let Some(name) = inner('[', ']') {
                Form::List(name.to_owned())
            } else if let Some(pair) = inner('<', '>') {
                let (keys, values) = pair.split_once(' ').unwrap_or_else(|| panic!("{form}"));
                Form::Mapping(keys.to_owned(), values.to_owned())
            } else if let Some(name) = inner('{', '}') {
                Form::Object(name.to_owned())
            } else {
                Form::Name(form.to_owned())
            }
        })
        .collect()
}
