//! The variables that a file may refer to, and where each was set.

pub(crate) mod dotenv;

use crate::source::Source;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A value and where it was set, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) value: String,
    pub(crate) origin: Rc<str>,
}

/// The variables in force for a file. What was set first stays: the environment, then the env files of the project, then
/// those of an include.
#[derive(Clone)]
pub(crate) struct Variables<'a> {
    source: &'a dyn Source,
    from_files: BTreeMap<String, Variable>,
    project_name: Option<String>,
    /// Whether the environment is passed over.
    files_alone: bool,
}

impl<'a> Variables<'a> {
    pub(crate) fn new(source: &'a dyn Source) -> Self {
        Self { source, from_files: BTreeMap::new(), project_name: None, files_alone: false }
    }

    /// The variables of files in which `${…}` is left as it stands: none but those that env files of includes add, as in Compose.
    pub(crate) fn of_includes_alone(&self) -> Self {
        Self { files_alone: true, ..Self::new(self.source) }
    }

    /// Adds what an env file sets, where nothing has set it before.
    pub(crate) fn add(&mut self, from_file: BTreeMap<String, Variable>) {
        for (name, variable) in from_file {
            self.from_files.entry(name).or_insert(variable);
        }
    }

    /// Makes `COMPOSE_PROJECT_NAME` the name that was chosen.
    pub(crate) fn set_project_name(&mut self, name: &str) {
        self.project_name = Some(name.to_owned());
    }

    /// What env files set and the environment does not, and the project's name.
    pub(crate) fn of_files(&self) -> BTreeMap<String, String> {
        let of_files = self.from_files.keys().filter_map(|name| Some((name.clone(), self.get(name)?.value)));
        let name = self.project_name.iter().map(|name| ("COMPOSE_PROJECT_NAME".to_owned(), name.clone()));
        of_files.chain(name).collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<Variable> {
        if name == "COMPOSE_PROJECT_NAME"
            && let Some(value) = &self.project_name
        {
            return Some(Variable { value: value.clone(), origin: Rc::from("set to the project's name") });
        }
        if !self.files_alone
            && let Some(value) = self.source.variable(name)
        {
            return Some(Variable { value, origin: Rc::from("set in the environment") });
        }
        self.from_files.get(name).cloned()
    }

    /// The home directory behind `~`: no env file sets it.
    pub(crate) fn home(&self) -> Option<String> {
        self.source.variable("HOME")
    }
}
