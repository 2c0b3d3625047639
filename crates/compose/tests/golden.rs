//! The canonical document against what Docker Compose 2.40.3 prints for the same files.
#![allow(clippy::disallowed_methods)] // The cases are files of this repository.

use evenkeel_compose::{ReadError, Request, Source, config};
use std::path::{Path, PathBuf};

/// The cases, as if they stood under `/project`, where their documents were recorded.
struct Cases;

const ROOT: &str = "/project";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

impl Source for Cases {
    fn file(&self, path: &str) -> Result<String, ReadError> {
        let relative = path.strip_prefix(ROOT).ok_or(ReadError::NotFound)?;
        std::fs::read_to_string(folder().join(relative.trim_start_matches('/'))).map_err(|_| ReadError::NotFound)
    }
    fn variable(&self, _name: &str) -> Option<String> {
        None
    }
}

fn check(case: &str) {
    let dir = folder().join(case);
    let files = ["compose.yaml", "override.yaml"].into_iter().filter(|name| dir.join(name).exists());
    let request = Request {
        compose_files: files.map(|name| format!("{ROOT}/{case}/{name}")).collect(),
        working_dir: format!("{ROOT}/{case}"),
        ..Request::default()
    };
    match config(&request, &Cases) {
        Ok(found) => {
            compare(&found.canonical, &dir.join("expected.json"));
            // What Compose's YAML says, in its order, where it says more than the JSON.
            let yaml = dir.join("expected-yaml.json");
            if yaml.exists() {
                compare(&found.yaml, &yaml);
            }
        }
        Err(errors) => {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            assert!(errors.is_empty(), "{case}: {}", errors.join("\n"));
        }
    }
}

fn compare(found: &serde_json::Value, expected: &Path) {
    let found = serde_json::to_string_pretty(found).unwrap_or_default();
    let text = std::fs::read_to_string(expected);
    assert!(text.is_ok(), "{} is missing", expected.display());
    let text = text.unwrap_or_default();
    for (number, (ours, theirs)) in found.lines().zip(text.lines()).enumerate() {
        assert_eq!(ours, theirs, "line {} of {}", number + 1, expected.display());
    }
    assert_eq!(found.lines().count(), text.lines().count(), "{}", expected.display());
}

macro_rules! cases {
    ($($name:ident: $case:literal;)*) => {
        $(#[test] fn $name() { check($case); })*

        #[test]
        fn every_case_is_run() {
            let run: std::collections::BTreeSet<String> = [$($case),*].into_iter().map(str::to_owned).collect();
            let there = std::fs::read_dir(folder()).into_iter().flatten().flatten();
            let there = there.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            assert_eq!(run, there);
        }
    };
}

cases! {
    anchors_and_merge_keys: "anchors";
    builds: "build";
    dependencies: "depends-on";
    deploy: "deploy";
    several_documents: "documents";
    values_that_say_nothing: "empty-values";
    env_files_and_label_files: "env-files";
    extends: "extends";
    extensions: "extensions";
    includes: "include";
    two_files: "merge";
    extends_within_includes: "nested";
    networks: "networks";
    values_in_unusual_forms: "odd-values";
    ports: "ports";
    profiles: "profiles";
    scalars: "scalars";
    secrets_and_configs: "secrets";
    every_key_of_a_service: "service-keys";
    reset_and_override: "tags";
    variables: "variables";
    volumes: "volumes";
}
