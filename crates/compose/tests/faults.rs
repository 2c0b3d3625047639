//! What people get wrong, one folder a mistake: all that is said about it, for a terminal and as the API sends it.
//!
//! A changed message is written with `EVENKEEL_UPDATE=1` and reviewed like code.
#![allow(clippy::disallowed_methods)] // The cases are files of this repository.

use evenkeel_compose::{Diagnostic, ReadError, Request, Source, load, render};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The cases, as if they stood under this folder.
const ROOT: &str = "/project";

struct Case {
    variables: BTreeMap<String, String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults")
}

fn text_of(path: &str) -> Result<String, ReadError> {
    let relative = path.strip_prefix(ROOT).ok_or(ReadError::NotFound)?;
    std::fs::read_to_string(folder().join(relative.trim_start_matches('/'))).map_err(|_| ReadError::NotFound)
}

impl Source for Case {
    fn file(&self, path: &str) -> Result<String, ReadError> {
        text_of(path)
    }
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

fn names() -> Vec<String> {
    let there = std::fs::read_dir(folder()).into_iter().flatten().flatten();
    let mut names: Vec<String> = there.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// All that is said about a case: whether it was refused, and the diagnostics.
fn diagnose(case: &str) -> (bool, Vec<Diagnostic>) {
    let dir = folder().join(case);
    let files = ["compose.yaml", "override.yaml"].into_iter().filter(|name| dir.join(name).exists());
    let request = Request {
        compose_files: files.map(|name| format!("{ROOT}/{case}/{name}")).collect(),
        working_dir: format!("{ROOT}/{case}"),
        ..Request::default()
    };
    let shell = std::fs::read_to_string(dir.join("shell.env")).unwrap_or_default();
    let variables = shell.lines().filter_map(|line| line.split_once('='));
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    match load(&request, &Case { variables }) {
        Ok(loaded) => (false, loaded.warnings),
        Err(found) => (true, found),
    }
}

fn for_people(diagnostics: &[Diagnostic]) -> String {
    let one = |diagnostic: &Diagnostic| {
        let text = diagnostic.file.as_deref().and_then(|file| text_of(file).ok());
        render(diagnostic, text.as_deref(), false)
    };
    diagnostics.iter().map(one).collect::<Vec<_>>().join("\n\n") + "\n"
}

#[test]
fn every_fault_is_told_as_recorded() {
    let update = std::env::var_os("EVENKEEL_UPDATE").is_some();
    let mut different = Vec::new();
    for case in names() {
        let (refused, found) = diagnose(&case);
        let verdict = if refused { "refused" } else { "accepted" };
        let people = format!("{verdict}\n\n{}", for_people(&found));
        let machines = serde_json::to_string_pretty(&found).unwrap_or_default() + "\n";
        for (name, text) in [("expected.txt", people), ("expected.json", machines)] {
            let path = folder().join(&case).join(name);
            let recorded = std::fs::read_to_string(&path).unwrap_or_default();
            if recorded == text {
                continue;
            }
            if update {
                assert!(std::fs::write(&path, &text).is_ok(), "{}", path.display());
            } else {
                different.push(format!("{case}/{name} is recorded as\n{recorded}\nand is now\n{text}"));
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn every_error_has_a_place_and_a_way_to_mend_it() {
    let mut lacking = BTreeSet::new();
    for case in names() {
        for one in diagnose(&case).1 {
            if one.file.is_none() || one.line.is_none() && case != "empty" {
                lacking.insert(format!("{case}: no place: {one}"));
            }
            if one.help.is_none() {
                lacking.insert(format!("{case}: no help: {one}"));
            }
        }
    }
    assert!(lacking.is_empty(), "{}", lacking.into_iter().collect::<Vec<_>>().join("\n"));
}
