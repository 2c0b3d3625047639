//! One case: files, a command line, variables. The files stand under one folder that is called `project`, so that the name
//! of the project is always the same.

use std::collections::BTreeMap;

/// What both loaders are given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Case {
    /// Texts by their paths below the project's folder.
    pub files: BTreeMap<String, String>,
    /// What stands before `config`: `-f`, `-p`, `--profile` and their kin.
    pub arguments: Vec<String>,
    /// What stands after `config`: `--no-interpolate`.
    pub flags: Vec<String>,
    /// The environment beside `PATH` and `HOME`.
    pub variables: BTreeMap<String, String>,
    /// Where the command runs, below the project's folder.
    pub within: String,
}

/// What a loader makes of a case.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The document. The folder's path is `/project` in it.
    Accepted(serde_json::Value),
    /// The first words of the reason.
    Rejected(String),
}

impl Outcome {
    /// Whether both accept with the same document, or both reject.
    pub fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Accepted(one), Self::Accepted(two)) => one == two,
            (Self::Rejected(_), Self::Rejected(_)) => true,
            _ => false,
        }
    }

    /// Where the two differ, a line each.
    pub fn differences(&self, oracle: &Self) -> Vec<String> {
        match (self, oracle) {
            (Self::Rejected(ours), Self::Accepted(_)) => vec![format!("Evenkeel rejects: {ours}")],
            (Self::Accepted(_), Self::Rejected(theirs)) => vec![format!("Compose rejects: {theirs}")],
            (Self::Accepted(ours), Self::Accepted(theirs)) => {
                let mut found = Vec::new();
                walk(ours, theirs, "", &mut found);
                found
            }
            _ => Vec::new(),
        }
    }
}

fn walk(ours: &serde_json::Value, theirs: &serde_json::Value, path: &str, found: &mut Vec<String>) {
    use serde_json::Value::{Array, Object};
    match (ours, theirs) {
        (Object(ours), Object(theirs)) => {
            for (key, value) in ours {
                let path = format!("{path}.{key}");
                match theirs.get(key) {
                    Some(other) => walk(value, other, &path, found),
                    None => found.push(format!("{path}: Evenkeel alone has {value}")),
                }
            }
            for (key, value) in theirs.iter().filter(|(key, _)| !ours.contains_key(*key)) {
                found.push(format!("{path}.{key}: Compose alone has {value}"));
            }
        }
        (Array(ours), Array(theirs)) if ours.len() == theirs.len() => {
            for (at, (one, two)) in ours.iter().zip(theirs).enumerate() {
                walk(one, two, &format!("{path}[{at}]"), found);
            }
        }
        _ if ours != theirs => found.push(format!("{path}: Evenkeel {ours}, Compose {theirs}")),
        _ => {}
    }
}
