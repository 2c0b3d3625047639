//! Evenkeel's loader, within this process, over files in memory.

use super::{Case, Outcome};
use evenkeel_compose::project::{Selection, select};
use evenkeel_compose::{ReadError, Source, config};

/// The folder above it, so that `..` leads somewhere.
pub(super) const ABOVE: &str = "/cases";
/// The folder under which a case's files stand in memory.
pub(super) const ROOT: &str = "/cases/project";
/// The home that both loaders are given.
pub(super) const HOME: &str = "/home/me";

struct Files<'a>(&'a Case);

impl Source for Files<'_> {
    fn file(&self, path: &str) -> Result<String, ReadError> {
        if path == "/dev/null" {
            return Ok(String::new());
        }
        let below = path.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix('/')).ok_or(ReadError::NotFound)?;
        self.0.files.get(below).cloned().ok_or(ReadError::NotFound)
    }

    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "HOME" => Some(HOME.to_owned()),
            // The oracle's process is given this one too.
            "PATH" => Some("/bin".to_owned()),
            _ => self.0.variables.get(name).cloned(),
        }
    }
}

/// What Evenkeel makes of a case.
pub fn run(case: &Case) -> Outcome {
    let Some(selection) = selection(case) else {
        return Outcome::Rejected("the command line is not understood".to_owned());
    };
    let files = Files(case);
    let selected = match select(&selection, &files, &|path| files.file(path).is_ok()) {
        Ok(selected) => selected,
        Err(errors) => return rejected(&errors),
    };
    let mut request = selected.request;
    let has = |name: &str| case.flags.iter().any(|flag| flag == name);
    request.no_interpolate = has("--no-interpolate");
    request.skip.paths = has("--no-path-resolution");
    match config(&request, &files) {
        Ok(found) => Outcome::Accepted(found.canonical),
        Err(errors) => rejected(&errors),
    }
}

fn rejected(errors: &[evenkeel_compose::Diagnostic]) -> Outcome {
    Outcome::Rejected(errors.first().map(ToString::to_string).unwrap_or_default())
}

fn selection(case: &Case) -> Option<Selection> {
    let cwd = if case.within.is_empty() { ROOT.to_owned() } else { format!("{ROOT}/{}", case.within) };
    let mut selection = Selection { cwd, ..Selection::default() };
    let mut words = case.arguments.iter().cloned();
    while let Some(word) = words.next() {
        let value = words.next()?;
        match word.as_str() {
            "-f" => selection.files.push(value),
            "-p" => selection.project_name = Some(value),
            "--profile" => selection.profiles.push(value),
            "--env-file" => selection.env_files.push(value),
            "--project-directory" => selection.project_directory = Some(value),
            _ => return None,
        }
    }
    Some(selection)
}
