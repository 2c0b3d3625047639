//! Who may import whom. The walls are of the product: what a crate's tests use besides is its own affair.

use crate::repository::{metadata, none};
use cargo_metadata::{DependencyKind, Package, PackageId};
use std::collections::{BTreeMap, BTreeSet};

/// One crate's wall.
struct Wall {
    /// Its folder's name.
    krate: &'static str,
    /// The crates of ours that it may import.
    ours: &'static [&'static str],
    /// What else it may import.
    theirs: Theirs,
}

/// Crates of others.
enum Theirs {
    /// These and no other: the crate is so small or so pure that each new one is a decision.
    Only(&'static [&'static str]),
    /// Any but these.
    Not(&'static [&'static str]),
}

use Theirs::{Not, Only};

const WALLS: &[Wall] = &[
    // Plain data.
    Wall { krate: "model", ours: &[], theirs: Only(&["chrono", "ipnet", "serde", "thiserror"]) },
    // Text in, a stack out.
    Wall {
        krate: "compose",
        ours: &["model"],
        theirs: Only(&["annotate-snippets", "granit-parser", "ipnet", "serde", "serde_json", "sha2", "thiserror"]),
    },
    // Pure: time is an argument (chrono is its type), a spec hash is SHA-256 over JSON.
    Wall { krate: "plan", ours: &["model"], theirs: Only(&["chrono", "ipnet", "serde", "serde_json", "sha2"]) },
    // Carried into containers as a program of its own, compiled with nothing beside it.
    Wall { krate: "probe", ours: &["model"], theirs: Only(&[]) },
    Wall { krate: "engine", ours: &["model", "probe"], theirs: Not(&["axum", "sqlx"]) },
    Wall { krate: "store", ours: &["model"], theirs: Not(&["axum", "bollard"]) },
    Wall {
        krate: "control",
        ours: &["model", "plan", "engine", "store"],
        theirs: Not(&["axum", "bollard", "hyper", "reqwest", "sqlx"]),
    },
    // A client in another language sees these bodies and nothing else, so no noun of ours shows through.
    Wall { krate: "wire", ours: &[], theirs: Only(&["chrono", "serde", "serde_json", "utoipa"]) },
    Wall {
        krate: "api",
        ours: &["model", "compose", "plan", "engine", "store", "control", "wire"],
        theirs: Not(&["bollard", "sqlx"]),
    },
    // `compose`, for `config` without a daemon and to send exactly the files that a project consists of.
    Wall { krate: "cli", ours: &["compose", "wire"], theirs: Not(&["axum", "bollard", "sqlx"]) },
    Wall {
        krate: "evenkeel",
        ours: &["model", "compose", "plan", "engine", "store", "control", "wire", "api", "cli"],
        theirs: Not(&["bollard", "sqlx"]),
    },
];

/// What a pure crate must not reach through any number of imports.
const IMPURE: &[&str] =
    &["async-trait", "axum", "bollard", "futures", "hyper", "nix", "rand", "reqwest", "sqlx", "tokio", "tracing"];

/// The pure crates.
pub const PURE: &[&str] = &["model", "compose", "plan"];

fn package_name(krate: &str) -> String {
    if krate == "evenkeel" { krate.to_owned() } else { format!("evenkeel-{krate}") }
}

fn package(krate: &str) -> &'static Package {
    let name = package_name(krate);
    let found = metadata().workspace_packages().into_iter().find(|package| package.name.as_str() == name);
    found.unwrap_or_else(|| panic!("crates/{krate} has no package {name}"))
}

/// The names of a package's direct imports, without those of its tests.
fn imports(package: &Package) -> impl Iterator<Item = &str> {
    let product = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    product.map(|dependency| dependency.name.as_str())
}

#[test]
fn every_crate_has_a_wall() {
    let crates: BTreeSet<String> =
        metadata().workspace_packages().into_iter().map(|package| package.name.to_string()).collect();
    let mut walled: BTreeSet<String> = WALLS.iter().map(|wall| package_name(wall.krate)).collect();
    walled.insert("evenkeel-tests".to_owned());
    assert_eq!(
        crates, walled,
        "a crate came or went: say in WALLS what it may import, and in docs/ARCHITECTURE.md why"
    );
}

#[test]
fn crates_stay_behind_their_walls() {
    let ours: BTreeSet<String> = WALLS.iter().map(|wall| package_name(wall.krate)).collect();
    let mut breaches = Vec::new();
    for wall in WALLS {
        let allowed: BTreeSet<String> = wall.ours.iter().map(|krate| package_name(krate)).collect();
        for import in imports(package(wall.krate)) {
            let passes = if ours.contains(import) {
                allowed.contains(import)
            } else {
                match wall.theirs {
                    Only(only) => only.contains(&import),
                    Not(not) => !not.contains(&import),
                }
            };
            if !passes {
                breaches.push(format!("crates/{}/Cargo.toml: {import}", wall.krate));
            }
        }
    }
    none("these imports are not allowed (the table WALLS here, and the reasons in docs/ARCHITECTURE.md):", breaches);
}

#[test]
fn one_crate_alone_knows_each_of_these() {
    let mut breaches = Vec::new();
    for (import, only) in [("bollard", "evenkeel-engine"), ("sqlx", "evenkeel-store"), ("clap", "evenkeel-cli")] {
        let importers: Vec<&str> = (metadata().workspace_packages().into_iter())
            .filter(|package| package.dependencies.iter().any(|dependency| dependency.name == import))
            .map(|package| package.name.as_str())
            .collect();
        if importers != [only] {
            breaches.push(format!("{import}: {} instead of {only}", importers.join(", ")));
        }
    }
    none("these crates are the secret of one crate of ours, tests included:", breaches);
}

#[test]
fn pure_crates_reach_nothing_impure() {
    let resolve = metadata().resolve.as_ref().unwrap();
    let names: BTreeMap<&PackageId, &str> =
        metadata().packages.iter().map(|package| (&package.id, package.name.as_str())).collect();
    let next: BTreeMap<&PackageId, Vec<&PackageId>> = (resolve.nodes.iter())
        .map(|node| {
            let used = node
                .deps
                .iter()
                .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
            (&node.id, used.map(|dependency| &dependency.pkg).collect())
        })
        .collect();
    let mut breaches = Vec::new();
    for krate in PURE {
        let mut open = vec![(&package(krate).id, (*krate).to_owned())];
        let mut seen = BTreeSet::new();
        while let Some((id, path)) = open.pop() {
            if IMPURE.contains(&names[id]) {
                breaches.push(path);
            } else if seen.insert(id) {
                open.extend(next[id].iter().map(|id| (*id, format!("{path} → {}", names[*id]))));
            }
        }
    }
    none("pure crates must not reach async, IO, randomness or logging, not even through others:", breaches);
}
