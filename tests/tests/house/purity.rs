//! That the bans stand by which clippy keeps clocks, files and the environment out of the pure crates. Clippy does the
//! rest: it reads the `clippy.toml` beside the crate's manifest.

use crate::imports::PURE;
use crate::repository::{none, read_toml, root};

/// What each pure crate's `clippy.toml` must name at least.
const BANNED: &[&str] = &[
    "std::env::current_dir",
    "std::env::var",
    "std::env::var_os",
    "std::env::vars",
    "std::fs::File",
    "std::fs::metadata",
    "std::fs::read",
    "std::fs::read_dir",
    "std::fs::read_to_string",
    "std::fs::write",
    "std::path::Path::exists",
    "std::path::Path::is_dir",
    "std::path::Path::is_file",
    "std::time::Instant::now",
    "std::time::SystemTime::now",
];

/// The bans of one crate: path and reason.
fn bans(krate: &str) -> Vec<(String, String)> {
    let settings = read_toml(format!("crates/{krate}/clippy.toml"));
    let lists = ["disallowed-methods", "disallowed-types", "disallowed-macros"];
    let entries = lists.iter().filter_map(|list| settings.get(*list)).flat_map(|list| list.as_array().unwrap());
    let text =
        |entry: &toml::Value, key: &str| entry.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    entries.map(|entry| (text(entry, "path"), text(entry, "reason"))).collect()
}

#[test]
fn pure_crates_ban_clocks_files_and_the_environment() {
    let mut breaches = Vec::new();
    for krate in PURE {
        let bans = bans(krate);
        for banned in BANNED.iter().filter(|banned| !bans.iter().any(|(path, _)| path == *banned)) {
            breaches.push(format!("crates/{krate}/clippy.toml does not ban {banned}"));
        }
    }
    let planner = bans("plan");
    for banned in ["chrono::Utc::now", "std::collections::HashMap", "std::collections::HashSet"] {
        if !planner.iter().any(|(path, _)| path == banned) {
            breaches.push(format!("crates/plan/clippy.toml does not ban {banned}"));
        }
    }
    if !bans("control").iter().any(|(path, _)| path == "chrono::Utc::now") {
        breaches
            .push("crates/control/clippy.toml does not ban chrono::Utc::now, which only clock.rs may call".to_owned());
    }
    none("a pure crate gets time, files and variables as arguments:", breaches);
}

#[test]
fn every_ban_says_why() {
    let mut breaches = Vec::new();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let krate = entry.unwrap().file_name().into_string().unwrap();
        if root().join("crates").join(&krate).join("clippy.toml").exists() {
            let silent = bans(&krate).into_iter().filter(|(_, reason)| reason.is_empty());
            breaches.extend(silent.map(|(path, _)| format!("crates/{krate}/clippy.toml: {path}")));
        }
    }
    none("clippy shows a ban's reason to whoever runs into it, so each has one:", breaches);
}
