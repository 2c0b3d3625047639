//! What is wrong with a definition, as data: where, how bad, which rule, and how to mend it.

use crate::tree::{Node, Place};
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The definition is refused.
    Error,
    /// The definition is accepted, and something in it has no effect or a surprising one.
    Warning,
}

/// One problem. Line and column count from 1; a problem of the whole definition has neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The file, as an absolute path.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column in characters, from 1.
    pub column: Option<u32>,
    /// How bad.
    pub severity: Severity,
    /// The rule, stable: one of [`crate::codes`].
    pub code: &'static str,
    /// What is wrong, in one sentence.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(file) = &self.file {
            f.write_str(file)?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
            }
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// Collects problems, so that one look at a definition shows them all. Bounded: after a hundred errors the rest is counted.
#[derive(Default)]
pub(crate) struct Report {
    found: RefCell<Vec<(Place, Diagnostic)>>,
    files: RefCell<Vec<String>>,
    seen: RefCell<BTreeSet<(Place, &'static str, String)>>,
    errors: Cell<usize>,
}

const MOST_SHOWN: usize = 100;

impl Report {
    /// Gives a file its number, by which places refer to it.
    pub(crate) fn file(&self, path: &str) -> u32 {
        let mut files = self.files.borrow_mut();
        if let Some(known) = files.iter().position(|file| file == path) {
            return known as u32 + 1;
        }
        files.push(path.to_owned());
        files.len() as u32
    }

    /// The path behind a place.
    pub(crate) fn path(&self, place: Place) -> Option<String> {
        let index = usize::try_from(place.file).ok()?.checked_sub(1)?;
        self.files.borrow().get(index).cloned()
    }

    /// `file:line`, for messages that point at a second place.
    pub(crate) fn describe(&self, place: Place) -> String {
        match self.path(place) {
            Some(path) if place.line > 0 => format!("{path}:{}", place.line),
            Some(path) => path,
            None => "the command line".to_owned(),
        }
    }

    pub(crate) fn error(&self, place: Place, code: &'static str, message: impl Into<String>) {
        self.push(place, Severity::Error, code, message.into(), None);
    }

    pub(crate) fn error_help(
        &self,
        place: Place,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(place, Severity::Error, code, message.into(), Some(help.into()));
    }

    /// An error about a value: where the value came through variables, the help says which and where they were set.
    pub(crate) fn value_error(&self, node: &Node, code: &'static str, message: impl Into<String>, help: Option<&str>) {
        let origin = node.origin();
        let help = match (help, origin) {
            (Some(help), Some(origin)) => Some(format!("{help}; {origin}")),
            (Some(help), None) => Some(help.to_owned()),
            (None, origin) => origin,
        };
        self.push(node.place, Severity::Error, code, message.into(), help);
    }

    pub(crate) fn warning(
        &self,
        place: Place,
        code: &'static str,
        message: impl Into<String>,
        help: Option<impl Into<String>>,
    ) {
        self.push(place, Severity::Warning, code, message.into(), help.map(Into::into));
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.errors.get() > 0
    }

    /// Whether no further error will be shown.
    pub(crate) fn is_full(&self) -> bool {
        self.errors.get() >= MOST_SHOWN
    }

    /// Counts an error that is not shown.
    pub(crate) fn count_error(&self) {
        self.errors.set(self.errors.get() + 1);
    }

    /// All errors, by file and line.
    pub(crate) fn into_errors(self) -> Vec<Diagnostic> {
        let total = self.errors.get();
        let mut errors = self.take(Severity::Error);
        if total > MOST_SHOWN {
            errors.push(Diagnostic {
                file: None,
                line: None,
                column: None,
                severity: Severity::Error,
                code: crate::codes::TOO_MANY_ERRORS,
                message: format!("{} more errors are not shown", total - MOST_SHOWN),
                help: None,
            });
        }
        errors
    }

    /// All warnings, by file and line.
    pub(crate) fn into_warnings(self) -> Vec<Diagnostic> {
        self.take(Severity::Warning)
    }

    /// Everything, errors as warnings.
    pub(crate) fn into_all_as_warnings(self) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|(place, _)| *place);
        let all = found.into_iter().map(|(_, diagnostic)| diagnostic);
        all.map(|diagnostic| Diagnostic { severity: Severity::Warning, ..diagnostic }).collect()
    }

    fn take(self, severity: Severity) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        found.retain(|(_, diagnostic)| diagnostic.severity == severity);
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, diagnostic)| diagnostic).collect()
    }

    fn push(&self, place: Place, severity: Severity, code: &'static str, message: String, help: Option<String>) {
        // A base that two services extend is looked at twice: its problems are told once.
        if !self.seen.borrow_mut().insert((place, code, message.clone())) {
            return;
        }
        if severity == Severity::Error {
            self.errors.set(self.errors.get() + 1);
            if self.errors.get() > MOST_SHOWN {
                return;
            }
        }
        let at = |number: u32| (number > 0).then_some(number);
        let diagnostic = Diagnostic {
            file: self.path(place),
            line: at(place.line),
            column: at(place.column),
            severity,
            code,
            message,
            help,
        };
        self.found.borrow_mut().push((place, diagnostic));
    }
}
