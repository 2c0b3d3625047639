//! The project that the command line selects: read here, with exactly the files and variables that it needs, and sent.

mod compose;
mod world;

use crate::args::Selection;
use crate::diagnostics;
use crate::failure::Failure;
use crate::output::Output;
use evenkeel_wire::{Definition, Diagnostic};

/// A project that was read without errors.
#[derive(Debug)]
pub struct Project {
    /// The stack's name.
    pub name: String,
    definition: Definition,
    warnings: Vec<Diagnostic>,
    advice: usize,
}

/// What a selection means to `up` and `plan`.
#[derive(Debug)]
pub enum Found {
    /// Files.
    Files(Project),
    /// A name alone: a stack that the daemon keeps.
    Kept(String),
}

impl Found {
    /// The stack's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Files(project) => &project.name,
            Self::Kept(name) => name,
        }
    }
}

impl Project {
    /// Reads the selected files, and says what is doubtful in them.
    pub fn load(selection: &Selection, services: &[String], output: &Output) -> Result<Self, Failure> {
        let project = compose::load(selection, services)?;
        diagnostics::report(&project.warnings, output);
        Ok(project)
    }

    /// How many pieces of advice there are about the files.
    pub fn advice(&self) -> usize {
        self.advice
    }

    /// What is sent.
    pub fn into_definition(self) -> Definition {
        self.definition
    }
}

/// The selected files, or the stack of that name where there is only a name.
pub fn find(selection: &Selection, services: &[String], output: &Output) -> Result<Found, Failure> {
    if let (Some(name), true) = (&selection.project_name, selection.files.is_empty())
        && !compose::has_files(selection)?
    {
        return Ok(Found::Kept(name.clone()));
    }
    Project::load(selection, services, output).map(Found::Files)
}

/// The name of the selected stack. With `-p` no file is read.
pub fn name(selection: &Selection) -> Result<String, Failure> {
    match &selection.project_name {
        Some(name) => Ok(name.clone()),
        None => compose::name(selection),
    }
}

/// The services of the selected files, whose variables need no values for that.
pub fn services(selection: &Selection, output: &Output) -> Result<Vec<String>, Failure> {
    let resolved = compose::resolve(selection, false)?;
    diagnostics::report(&resolved.warnings, output);
    Ok(resolved.services())
}

pub use compose::{
    Look, Resolved, all_services, environment, environment_of, has_files, hashes, is_set, look, references, resolve,
};
