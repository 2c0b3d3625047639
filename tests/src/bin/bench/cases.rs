//! What is measured: tests/benches/cases.toml, read. Says nothing of how.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One Compose file and what is measured in its life.
#[derive(Debug, Clone, Deserialize)]
pub struct Stack {
    pub name: String,
    /// A file beside cases.toml.
    pub file: String,
    /// So many projects have this file and are brought up and down together: under Compose four commands at a time, under Evenkeel all.
    #[serde(default = "one")]
    pub copies: usize,
    /// How many lives on each side, where nobody says.
    pub pairs: usize,
    /// Variables of the file.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The service that [`Work::Change`] changes, by the variable SETTING.
    #[serde(default)]
    pub changed: Option<String>,
    #[serde(rename = "case")]
    pub cases: Vec<Case>,
}

/// One row of the table.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    pub name: String,
    pub work: Work,
    pub title: String,
    /// The ratio to Compose that is to be reached.
    #[serde(default)]
    pub target: Option<f64>,
    /// The multiple of the floor that is to be reached.
    #[serde(default)]
    pub target_floor: Option<f64>,
}

/// What is timed. In a life they come in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    Up,
    UpAgain,
    UpAgainRest,
    Ps,
    Change,
    Down,
}

impl Stack {
    /// Where its file is.
    pub fn path(&self) -> PathBuf {
        directory().join(&self.file)
    }
}

fn one() -> usize {
    1
}

/// Every stack with its cases.
pub fn all() -> Vec<Stack> {
    #[derive(Deserialize)]
    struct Cases {
        stack: Vec<Stack>,
    }
    let text = std::fs::read_to_string(directory().join("cases.toml")).unwrap();
    toml::from_str::<Cases>(&text).unwrap_or_else(|error| panic!("tests/benches/cases.toml: {error}")).stack
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;
    use std::collections::BTreeSet;

    #[test]
    fn cases_can_be_told_apart_and_have_files() {
        let stacks = all();
        let mut names = BTreeSet::new();
        for stack in &stacks {
            assert!(stack.path().is_file(), "{}", stack.file);
            for case in &stack.cases {
                assert!(names.insert(case.name.clone()), "{} twice", case.name);
                let changes = case.work == Work::Change;
                assert!(!changes || stack.changed.is_some(), "{}: which service changes?", case.name);
                let of_all = matches!(case.work, Work::Up | Work::Down);
                assert!(stack.copies == 1 || of_all, "{}: copies are only brought up and down", case.name);
            }
        }
        assert!(Graph::of(&serde_json::json!({ "services": {} })).is_ok());
    }
}
