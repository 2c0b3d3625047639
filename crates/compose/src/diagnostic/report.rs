//! Collects problems, so that one look at a definition shows them all, each once.

use super::{Diagnostic, Severity, usual_help};
use crate::codes;
use crate::tree::{Node, Place};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// After so many errors the rest is counted; so it is with warnings.
const MOST_SHOWN: usize = 100;
/// A chain of includes that is longer is cut.
const LONGEST_WAY: usize = 10;
/// So many places of one variable are named.
const MOST_PLACES: usize = 8;

/// What was found so far.
#[derive(Default)]
pub(crate) struct Report {
    found: RefCell<Vec<(Place, Diagnostic)>>,
    files: RefCell<Vec<String>>,
    seen: RefCell<BTreeSet<(Place, &'static str, String)>>,
    /// Where a file is named that is not one of the project's own.
    ways: RefCell<BTreeMap<u32, Place>>,
    /// Variables without a value: the first place with its help, and further places.
    unset: RefCell<BTreeMap<String, Unset>>,
    errors: Cell<usize>,
    warnings: Cell<usize>,
    advice: Cell<usize>,
}

struct Unset {
    first: Place,
    help: String,
    further: BTreeSet<Place>,
}

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

    /// Remembers that a file is read because another one names it: includes it, extends it, takes variables from it.
    pub(crate) fn reached(&self, path: &str, named_at: Place) {
        if named_at.file == 0 {
            return;
        }
        let file = self.file(path);
        // A way never leads back: a file has its number before those that it names.
        if named_at.file < file {
            self.ways.borrow_mut().entry(file).or_insert(named_at);
        }
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
        self.value_error_at(node.place, node, code, message, help);
    }

    /// An error about a value that shows at another place.
    pub(crate) fn value_error_at(
        &self,
        place: Place,
        node: &Node,
        code: &'static str,
        message: impl Into<String>,
        help: Option<&str>,
    ) {
        let Some(origin) = node.origin() else {
            return self.push(place, Severity::Error, code, message.into(), help.map(str::to_owned));
        };
        let message = origin.mask(message.into());
        let help = help.map(|help| origin.mask(help.to_owned())).or_else(|| usual_help::of(code).map(str::to_owned));
        let lines: Vec<String> = help.into_iter().chain(origin.words()).collect();
        self.push(place, Severity::Error, code, message, Some(lines.join("\n")));
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

    pub(crate) fn advice(&self, place: Place, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        self.push(place, Severity::Advice, code, message.into(), Some(help.into()));
    }

    /// A variable that is not set and became empty text. It is told once, with all places.
    pub(crate) fn unset(&self, place: Place, name: &str, help: &str) {
        let mut unset = self.unset.borrow_mut();
        let is_full = unset.len() >= MOST_SHOWN;
        match unset.get_mut(name) {
            Some(known) if known.first == place => {}
            Some(known) => {
                known.further.insert(place);
            }
            // As many as are shown, or a hostile file could fill the memory.
            None if is_full => self.warnings.set(self.warnings.get() + 1),
            None => {
                let first = Unset { first: place, help: help.to_owned(), further: BTreeSet::new() };
                unset.insert(name.to_owned(), first);
            }
        }
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

    /// All that was found in a definition that is refused, by file and line; warnings may say why it is.
    pub(crate) fn into_refusal(self) -> Vec<Diagnostic> {
        self.tell_unset();
        let more = self.errors.get().saturating_sub(MOST_SHOWN);
        let mut found = self.sorted();
        if more > 0 {
            found.push(left_out(Severity::Error, codes::TOO_MANY_ERRORS, more));
        }
        found
    }

    /// All warnings, by file and line.
    pub(crate) fn into_warnings(self) -> Vec<Diagnostic> {
        self.into_accepted().0
    }

    /// All warnings and all advice about a definition that is accepted, each by file and line.
    pub(crate) fn into_accepted(self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        self.tell_unset();
        let more = self.warnings.get().saturating_sub(MOST_SHOWN);
        let (advice, mut warnings): (Vec<_>, Vec<_>) =
            self.sorted().into_iter().partition(|diagnostic| diagnostic.severity == Severity::Advice);
        warnings.retain(|diagnostic| diagnostic.severity == Severity::Warning);
        if more > 0 {
            warnings.push(left_out(Severity::Warning, codes::TOO_MANY_WARNINGS, more));
        }
        (warnings, advice)
    }

    /// Everything, errors as warnings.
    pub(crate) fn into_all_as_warnings(self) -> Vec<Diagnostic> {
        self.tell_unset();
        let all = self.sorted().into_iter();
        all.map(|diagnostic| Diagnostic { severity: Severity::Warning, ..diagnostic }).collect()
    }

    fn sorted(self) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, diagnostic)| diagnostic).collect()
    }

    fn tell_unset(&self) {
        for (name, unset) in self.unset.take() {
            let mut message = format!("the variable {name} is not set, and became empty text");
            if !unset.further.is_empty() {
                let places = unset.further.iter().take(MOST_PLACES).map(|place| self.describe(*place));
                let mut places: Vec<String> = places.collect();
                places.dedup();
                let more = unset.further.len().saturating_sub(MOST_PLACES);
                let more = if more > 0 { format!(", and {more} times more") } else { String::new() };
                message = format!("{message}; so it is at {}{more}", places.join(", "));
            }
            self.push(unset.first, Severity::Warning, codes::UNSET_VARIABLE, message, Some(unset.help));
        }
    }

    fn push(&self, place: Place, severity: Severity, code: &'static str, message: String, help: Option<String>) {
        // A base that two services extend is looked at twice: its problems are told once.
        if !self.seen.borrow_mut().insert((place, code, message.clone())) {
            return;
        }
        let count = match severity {
            Severity::Error => &self.errors,
            Severity::Warning => &self.warnings,
            Severity::Advice => &self.advice,
        };
        count.set(count.get() + 1);
        if count.get() > MOST_SHOWN {
            return;
        }
        let at = |number: u32| (number > 0).then_some(number);
        let help = help.or_else(|| usual_help::of(code).map(str::to_owned));
        let lines: Vec<String> = help.into_iter().chain(self.way_to(place.file)).collect();
        let diagnostic = Diagnostic {
            file: self.path(place),
            line: at(place.line),
            column: at(place.column),
            severity,
            code,
            message,
            help: (!lines.is_empty()).then(|| lines.join("\n")),
        };
        self.found.borrow_mut().push((place, diagnostic));
    }

    /// How a file was reached that another one names, in words.
    fn way_to(&self, mut file: u32) -> Option<String> {
        let ways = self.ways.borrow();
        let mut steps = Vec::new();
        while let Some(place) = ways.get(&file).filter(|_| steps.len() < LONGEST_WAY) {
            steps.push(format!("named at {}", self.describe(*place)));
            file = place.file;
        }
        (!steps.is_empty()).then(|| format!("this file is {}", steps.join(", which is ")))
    }
}

fn left_out(severity: Severity, code: &'static str, more: usize) -> Diagnostic {
    let what = if severity == Severity::Error { "errors" } else { "warnings" };
    Diagnostic {
        file: None,
        line: None,
        column: None,
        severity,
        code,
        message: format!("{more} more {what} are not shown"),
        help: usual_help::of(code).map(str::to_owned),
    }
}
