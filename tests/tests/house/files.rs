//! How files are named and cut.

use crate::repository::{files, metadata, none, read, read_toml, root, sources};
use std::path::Path;

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] = &["mod", "util", "utils", "helper", "helpers", "common", "manager", "misc"];

/// Lines of code in one file, without blank lines, comments and tests.
const LIMIT: usize = 500;

#[test]
fn names_say_what_is_inside() {
    let empty = |path: &&std::path::PathBuf| {
        let parts = path.iter().map(|part| Path::new(part).file_stem().unwrap_or_default().to_string_lossy());
        parts.into_iter().any(|part| EMPTY_NAMES.contains(&part.as_ref()))
    };
    let sources = sources();
    let breaches = sources.iter().filter(empty).map(|path| path.display().to_string()).collect();
    none("name a file for its one subject; a module with parts is `thing.rs` beside `thing/`:", breaches);
}

#[test]
fn files_stay_small() {
    let mut breaches = Vec::new();
    for path in sources().iter().filter(|path| !is_test(path)) {
        let lines = lines_of_code(&read(path));
        if lines > LIMIT {
            breaches.push(format!("{}: {lines} lines of code", path.display()));
        }
    }
    none(
        &format!(
            "{LIMIT} lines of code are the limit (comments, blank lines and tests are not counted). Find the second subject \
             and give it a file: `thing.rs` becomes `thing.rs` and `thing/part.rs`:"
        ),
        breaches,
    );
}

/// A file of tests only: below a `tests` folder, or `tests.rs`, or `…_tests.rs`.
fn is_test(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.iter().any(|part| part == "tests") || stem == "tests" || stem.ends_with("_tests")
}

/// Tests stand at a file's end, so counting ends where they begin.
fn lines_of_code(text: &str) -> usize {
    let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    product.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

#[test]
fn code_is_counted_without_comments_and_tests() {
    for (text, lines) in [
        ("", 0),
        ("//! What.\n\n/// Doc.\nfn a() {}\n", 1),
        ("fn a() {\n    // Why.\n    b(); // here\n}\n", 3),
        ("fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n", 1),
        ("#[cfg(test)]\nuse x;\nfn a() {}\n", 3),
    ] {
        assert_eq!(lines_of_code(text), lines, "{text:?}");
    }
}

#[test]
fn files_begin_with_what_they_are() {
    let sources = sources();
    let silent = sources.iter().filter(|path| !read(path).starts_with("//!"));
    none("begin with a sentence or two of `//!`: what the file is, and is not:", display(silent));
}

fn display<'p>(paths: impl Iterator<Item = &'p std::path::PathBuf>) -> Vec<String> {
    paths.map(|path| path.display().to_string()).collect()
}

#[test]
fn every_crate_takes_the_workspace_s_lints_and_edition() {
    let mut breaches = Vec::new();
    for package in metadata().workspace_packages() {
        let manifest = package.manifest_path.as_std_path().strip_prefix(root()).unwrap();
        let table = read_toml(manifest);
        let inherits = |section: &toml::Table, key: &str| {
            section.get(key).and_then(|value| value.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
        };
        if table.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool) != Some(true) {
            breaches.push(format!("{}: [lints] workspace = true is missing", manifest.display()));
        }
        let about = table["package"].as_table().unwrap();
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            if !inherits(about, key) {
                breaches.push(format!("{}: {key}.workspace = true is missing", manifest.display()));
            }
        }
    }
    none("a crate that goes its own way in this makes the rules of all worth less:", breaches);
}

#[test]
fn nothing_is_left_for_later() {
    // Written in halves, so that this file is not its own first breach.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("#[ig", "nore")];
    let mut breaches = Vec::new();
    let text = |name: &str| [".rs", ".md", ".toml", ".sql", ".yaml"].iter().any(|end| name.ends_with(end));
    for path in files(&["crates", "tests", "docs", "deploy", "migrations", "config/evenkeel.toml"], text) {
        for (number, line) in (1..).zip(read(&path).lines()) {
            if marks.iter().any(|mark| line.contains(mark)) {
                breaches.push(format!("{}:{number}: {}", path.display(), line.trim()));
            }
        }
    }
    none("do it, or write an issue; an ignored test is no test:", breaches);
}
