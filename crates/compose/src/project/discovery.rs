//! The files that are read where no file is named.

use crate::paths;

const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OVERRIDES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// Files with the usual names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The file, and the override file beside it.
    pub files: Vec<String>,
    /// Files that could be meant and are not read, each with the one that is read instead.
    pub passed_over: Vec<(String, String)>,
}

/// Looks in a directory, and then in each directory above it.
pub fn find_compose_files(dir: &str, exists: &dyn Fn(&str) -> bool) -> Option<Found> {
    let mut dir = dir;
    loop {
        if let Some(found) = look(dir, exists) {
            return Some(found);
        }
        let parent = paths::parent(dir);
        if parent == dir || parent == "." {
            return None;
        }
        dir = parent;
    }
}

/// Looks in a directory alone.
pub fn files_in(dir: &str, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    look(dir, exists).map(|found| found.files).unwrap_or_default()
}

fn look(dir: &str, exists: &dyn Fn(&str) -> bool) -> Option<Found> {
    let present = |names: &[&str]| -> Vec<String> {
        names.iter().map(|name| paths::join(dir, name)).filter(|path| exists(path)).collect()
    };
    let mut found = Found { files: Vec::new(), passed_over: Vec::new() };
    for candidates in [present(&NAMES), present(&OVERRIDES)] {
        // An override is only read over a file.
        let Some((used, rest)) = candidates.split_first() else { break };
        found.files.push(used.clone());
        found.passed_over.extend(rest.iter().map(|left| (used.clone(), left.clone())));
    }
    (!found.files.is_empty()).then_some(found)
}
