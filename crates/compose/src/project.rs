//! Which project a command means: its files, its directory, its env files. What `-f`, `--project-directory`, `COMPOSE_FILE`
//! and their kin say, in Compose's order.

mod discovery;
mod setting;

pub use discovery::{Found, files_in, find_compose_files};
pub use setting::setting;

use crate::codes;
use crate::diagnostic::{Diagnostic, Report};
use crate::paths;
use crate::request::Request;
use crate::source::Source;
use crate::tree::Place;
use crate::variables::{Variable, Variables, dotenv};
use std::collections::BTreeMap;

/// What a person said on the command line. Paths are as they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// `-f`, in order; `-` is standard input.
    pub files: Vec<String>,
    /// `--project-directory`.
    pub project_directory: Option<String>,
    /// `--env-file`, in order.
    pub env_files: Vec<String>,
    /// `--profile`.
    pub profiles: Vec<String>,
    /// `-p`.
    pub project_name: Option<String>,
    /// Services that are named; their profiles are switched on.
    pub services: Vec<String>,
    /// The directory in which the command runs, absolute.
    pub cwd: String,
}

/// What a selection means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// What to load.
    pub request: Request,
    /// What should be known about the choice.
    pub warnings: Vec<Diagnostic>,
}

/// Works out what a command line means, with the variables of the environment and of `.env`.
///
/// # Errors
/// No Compose file, or an env file that cannot be read.
pub fn select(
    selection: &Selection,
    source: &dyn Source,
    exists: &dyn Fn(&str) -> bool,
) -> Result<Selected, Vec<Diagnostic>> {
    let report = Report::default();
    match (Selector { selection, source, exists, report: &report }).request() {
        Some(request) if !report.has_errors() => Ok(Selected { request, warnings: report.into_warnings() }),
        _ => Err(report.into_refusal()),
    }
}

struct Selector<'a> {
    selection: &'a Selection,
    source: &'a dyn Source,
    exists: &'a dyn Fn(&str) -> bool,
    report: &'a Report,
}

impl Selector<'_> {
    fn request(&self) -> Option<Request> {
        let selection = self.selection;
        let first_dir = self.first_dir();
        let no_default_env_file = self.is_set("COMPOSE_DISABLE_ENV_FILE");
        let mut env_files = self.given_env_files();
        let default = |dir: &str| {
            let path = paths::join(dir, ".env");
            (!no_default_env_file && (self.exists)(&path)).then_some(path)
        };
        // What the files are may stand in the `.env` beside them, or in the one of the directory where the command runs.
        let near = if env_files.is_empty() { default(&first_dir) } else { None };
        let known: Vec<String> = if env_files.is_empty() { near.iter().cloned().collect() } else { env_files.clone() };
        let variables = self.variables(&known);
        let compose_files = self.files(&first_dir, &variables)?;
        let working_dir = match &selection.project_directory {
            Some(dir) => self.absolute(dir),
            None => match compose_files.iter().find(|file| *file != "-") {
                Some(file) => paths::parent(file).to_owned(),
                None => selection.cwd.clone(),
            },
        };
        // Two of them are only possible where the project was found elsewhere; the nearer one wins, and so stands last.
        if let Some(near) = near.filter(|_| working_dir != first_dir) {
            env_files.extend(default(&working_dir));
            env_files.push(near);
        }
        Some(Request {
            compose_files,
            project_name: selection.project_name.clone(),
            profiles: selection.profiles.clone(),
            env_files,
            working_dir,
            no_interpolate: false,
            only: Vec::new(),
            skip: crate::Skip::default(),
            no_default_env_file,
            services: selection.services.clone(),
        })
    }

    /// The directory that is looked at first: of the project, of the first file, or where the command runs.
    fn first_dir(&self) -> String {
        if let Some(dir) = &self.selection.project_directory {
            return self.absolute(dir);
        }
        match self.selection.files.iter().find(|file| *file != "-") {
            Some(file) => paths::parent(&self.absolute(file)).to_owned(),
            None => self.selection.cwd.clone(),
        }
    }

    /// `--env-file`, or else `COMPOSE_ENV_FILES`, which is separated by commas.
    fn given_env_files(&self) -> Vec<String> {
        let mut files = self.selection.env_files.clone();
        if files.is_empty() {
            let text = self.source.variable("COMPOSE_ENV_FILES").unwrap_or_default();
            files = text.split(',').filter(|file| !file.is_empty()).map(str::to_owned).collect();
        }
        files.iter().map(|file| self.absolute(file)).collect()
    }

    fn variables(&self, env_files: &[String]) -> Variables<'_> {
        let mut variables = Variables::new(self.source);
        let mut found: BTreeMap<String, Variable> = BTreeMap::new();
        for path in env_files {
            let place = Place::default();
            let text = match self.source.file(path) {
                Ok(text) => text,
                Err(error) => {
                    self.report.error(place, codes::FILE_NOT_FOUND, format!("the env file {path}: {error}"));
                    continue;
                }
            };
            for error in dotenv::parse(&text, path, &|name| variables.get(name), &mut found, &mut Vec::new()) {
                let place = Place { file: self.report.file(path), line: error.line, column: 0 };
                self.report.error(place, codes::INVALID_ENV_FILE, error.message);
            }
        }
        variables.add(found);
        variables
    }

    /// `-f`, or else `COMPOSE_FILE`, or else the files with the usual names here or above.
    fn files(&self, dir: &str, variables: &Variables<'_>) -> Option<Vec<String>> {
        if !self.selection.files.is_empty() {
            return Some(self.selection.files.iter().map(|file| self.absolute(file)).collect());
        }
        let value = |name: &str| variables.get(name).map(|variable| variable.value).filter(|value| !value.is_empty());
        if let Some(text) = value("COMPOSE_FILE") {
            let separator = value("COMPOSE_PATH_SEPARATOR").unwrap_or_else(|| ":".to_owned());
            return Some(text.split(separator.as_str()).map(|file| self.absolute(file)).collect());
        }
        match find_compose_files(dir, self.exists) {
            Some(found) => {
                for (used, left) in found.passed_over {
                    let message = format!("there are several files: {used} is read, {left} is not");
                    let help = Some("choose with -f");
                    self.report.warning(Place::default(), codes::SEVERAL_FILES, message, help);
                }
                Some(found.files)
            }
            None => {
                let message = format!("there is no Compose file in {dir} or above it");
                let help = "name one with -f, or go to the project's directory; the usual name is compose.yaml";
                self.report.error_help(Place::default(), codes::NO_FILE, message, help);
                None
            }
        }
    }

    fn absolute(&self, path: &str) -> String {
        if path == "-" { path.to_owned() } else { paths::clean(&paths::join(&self.selection.cwd, path)) }
    }

    fn is_set(&self, name: &str) -> bool {
        let text = self.source.variable(name).unwrap_or_default();
        matches!(text.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True")
    }
}
