//! That everything Evenkeel is built from may be used and passed on, by the list in `deny.toml`. The whole of that file is for
//! `cargo deny check`; this part runs everywhere.

use crate::repository::{metadata, none, read_toml};
use std::collections::BTreeSet;

/// The licences of `deny.toml`.
fn allowed() -> Vec<String> {
    let settings = read_toml("deny.toml");
    let allow = settings["licenses"]["allow"].as_array().unwrap();
    allow.iter().map(|licence| licence.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_crate_s_licence_is_allowed() {
    let allowed = allowed();
    let mut breaches = Vec::new();
    for package in &metadata().packages {
        let licence = package.license.as_deref().unwrap_or("none is named");
        if choices(licence).iter().all(|choice| choice.iter().any(|one| !allowed.contains(one))) {
            breaches.push(format!("{} {}: {licence}", package.name, package.version));
        }
    }
    none("read the licence, then allow it in deny.toml, or do without the crate:", breaches);
}

#[test]
fn no_licence_is_allowed_that_nobody_needs() {
    let allowed = allowed();
    let needed: BTreeSet<String> = metadata()
        .packages
        .iter()
        .flat_map(|package| choices(package.license.as_deref().unwrap_or_default()))
        .flatten()
        .collect();
    let breaches = allowed.into_iter().filter(|licence| !needed.contains(licence)).collect();
    none("no crate has these licences any more; take them out of deny.toml:", breaches);
}

/// The sets of licences of which one set must be kept, from an SPDX expression (`/` is the old way to write `OR`).
fn choices(expression: &str) -> Vec<Vec<String>> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words: Vec<&str> = spaced.split_whitespace().rev().collect();
    either(&mut words)
}

fn either(words: &mut Vec<&str>) -> Vec<Vec<String>> {
    let mut found = both(words);
    while words.last() == Some(&"OR") {
        words.pop();
        found.extend(both(words));
    }
    found
}

fn both(words: &mut Vec<&str>) -> Vec<Vec<String>> {
    let mut found = one(words);
    while words.last() == Some(&"AND") {
        words.pop();
        let right = one(words);
        found = found.iter().flat_map(|left| right.iter().map(move |right| [&left[..], right].concat())).collect();
    }
    found
}

fn one(words: &mut Vec<&str>) -> Vec<Vec<String>> {
    match words.pop() {
        Some("(") => {
            let found = either(words);
            words.pop();
            found
        }
        Some(name) if words.last() == Some(&"WITH") => {
            words.pop();
            vec![vec![format!("{name} WITH {}", words.pop().unwrap_or_default())]]
        }
        name => vec![vec![name.unwrap_or_default().to_owned()]],
    }
}

#[test]
fn expressions_are_read() {
    for (expression, expected) in [
        ("MIT", "MIT"),
        ("MIT/Apache-2.0", "MIT | Apache-2.0"),
        ("MIT AND BSD-3-Clause", "MIT+BSD-3-Clause"),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", "MIT+Unicode-3.0 | Apache-2.0+Unicode-3.0"),
        ("MIT OR Zlib AND ISC", "MIT | Zlib+ISC"),
        ("Apache-2.0 WITH LLVM-exception OR MIT", "Apache-2.0 WITH LLVM-exception | MIT"),
    ] {
        let read: Vec<String> = choices(expression).iter().map(|choice| choice.join("+")).collect();
        assert_eq!(read.join(" | "), expected, "{expression}");
    }
}
