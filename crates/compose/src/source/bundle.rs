//! A definition as the source of its own files.

use super::{ReadError, Source};
use crate::paths;
use evenkeel_model::Definition;
use std::collections::BTreeMap;

/// The files and variables that a definition carries, and nothing else.
pub struct Bundle<'a> {
    definition: &'a Definition,
    files: BTreeMap<String, &'a str>,
}

impl<'a> Bundle<'a> {
    /// Wraps a definition. Relative paths of its files start at its working directory.
    pub fn new(definition: &'a Definition) -> Self {
        let files = definition
            .files
            .iter()
            .map(|file| (paths::join(&definition.working_dir, &file.path), file.content.as_str()))
            .collect();
        Self { definition, files }
    }
}

impl Source for Bundle<'_> {
    fn file(&self, path: &str) -> Result<String, ReadError> {
        self.files.get(path).map(|content| (*content).to_owned()).ok_or(ReadError::NotCarried)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.definition.environment.get(name).cloned()
    }
}
