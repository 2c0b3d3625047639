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
    /// What env files of includes set; nothing before the first include.
    of_includes: Option<BTreeMap<String, Variable>>,
    project_name: Option<String>,
}

impl<'a> Variables<'a> {
    pub(crate) fn new(source: &'a dyn Source) -> Self {
        Self { source, from_files: BTreeMap::new(), of_includes: None, project_name: None }
    }

    /// Adds what an env file sets, where nothing has set it before.
    pub(crate) fn add(&mut self, from_file: BTreeMap<String, Variable>) {
        for (name, variable) in from_file {
            if let Some(of_includes) = &mut self.of_includes {
                of_includes.entry(name.clone()).or_insert_with(|| variable.clone());
            }
            self.from_files.entry(name).or_insert(variable);
        }
    }

    /// The variables of an included project, to which its env files are added next.
    pub(crate) fn within_include(&self) -> Self {
        let mut inner = self.clone();
        inner.of_includes.get_or_insert_default();
        inner
    }

    /// What the env files of includes alone set.
    pub(crate) fn of_includes(&self, name: &str) -> Option<Variable> {
        self.of_includes.as_ref()?.get(name).cloned()
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
        if let Some(value) = self.source.variable(name) {
            return Some(Variable { value, origin: Rc::from("set in the environment") });
        }
        self.from_files.get(name).cloned()
    }
}
