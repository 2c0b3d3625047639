//! A source that remembers what was asked of it, so that a definition can carry exactly that.

use super::{ReadError, Source};
use crate::request::Request;
use evenkeel_model::{Definition, DefinitionFile};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Wraps a source and remembers each file and variable that was found.
pub struct Recorder<'a> {
    inner: &'a dyn Source,
    files: RefCell<BTreeMap<String, String>>,
    variables: RefCell<BTreeMap<String, String>>,
}

impl<'a> Recorder<'a> {
    /// Wraps a source.
    pub fn new(inner: &'a dyn Source) -> Self {
        Self { inner, files: RefCell::default(), variables: RefCell::default() }
    }

    /// The definition of what was loaded through this recorder: every file and variable that was read and found.
    pub fn into_definition(self, request: &Request) -> Definition {
        let files = self.files.into_inner();
        Definition {
            files: files.into_iter().map(|(path, content)| DefinitionFile { path, content }).collect(),
            compose_files: request.compose_files.clone(),
            environment: self.variables.into_inner(),
            profiles: request.profiles.clone(),
            working_dir: request.working_dir.clone(),
            env_files: request.env_files.clone(),
            project_name: request.project_name.clone(),
        }
    }
}

impl Source for Recorder<'_> {
    fn file(&self, path: &str) -> Result<String, ReadError> {
        let content = self.inner.file(path)?;
        self.files.borrow_mut().insert(path.to_owned(), content.clone());
        Ok(content)
    }

    fn variable(&self, name: &str) -> Option<String> {
        let value = self.inner.variable(name)?;
        self.variables.borrow_mut().insert(name.to_owned(), value.clone());
        Some(value)
    }
}
