//! Scenarios: what a person does with a project, step by step, and what is to be seen after each step. The same text is played with Docker
//! Compose and with Evenkeel on the same engine. `tests/scenarios/README.md` says how they are written.

mod engine;
mod expectation;
mod judge;
mod play;
mod text;
mod tool;

pub use engine::file;
pub use expectation::Expectation;
pub use play::{Outcome, Stage};
pub use text::{Act, Scenario, Step};
pub use tool::{Tool, Tools};

use std::path::{Path, PathBuf};

/// Where the scenarios are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// All scenarios, by name.
///
/// # Errors
/// What is wrong with which line of which file.
pub fn all() -> Result<Vec<Scenario>, String> {
    let folder = folder();
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "scenario"));
    paths.sort();
    paths.iter().enumerate().map(|(index, path)| read(path, index)).collect()
}

fn read(path: &Path, index: usize) -> Result<Scenario, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    text::parse(&name, index, &text).map_err(|error| format!("{}:{error}", path.display()))
}
