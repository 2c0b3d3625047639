//! Files to one tree: each file is parsed, interpolated, extended, given its includes, merged over the files before it,
//! checked, and brought into its long form.

mod extends;
mod include;
pub(crate) mod project_name;
mod reset;

use crate::absolute;
use crate::canonical::canonical;
use crate::checks;
use crate::codes;
use crate::defaults;
use crate::diagnostic::Report;
use crate::interpolation;
use crate::limits;
use crate::merge::{self, unique};
use crate::paths::{self, Base};
use crate::schema;
use crate::source::{ReadError, Source};
use crate::tree::{Map, Node, Place, Value};
use crate::variables::Variables;
use crate::yaml;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The files that services extend, by layer and path; `None` is one that cannot be read.
type Scopes = HashMap<(usize, String), Option<Rc<extends::Scope>>>;

/// What stays the same over all files of one definition.
pub(crate) struct Loader<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) report: &'a Report,
    pub(crate) no_interpolate: bool,
    /// Relative paths of the project's files stay as they are written; those of other files start at the project's directory.
    pub(crate) keep_paths: bool,
    budget: RefCell<yaml::Budget>,
    texts: RefCell<HashMap<String, Rc<str>>>,
    bytes: Cell<usize>,
    bytes_read: Cell<usize>,
    includes: Cell<usize>,
    copied: RefCell<HashSet<String>>,
    documents: RefCell<HashMap<String, Option<Rc<Vec<Node>>>>>,
    scopes: RefCell<Scopes>,
    layers: Cell<usize>,
    incomplete: Cell<bool>,
    ports_left: Cell<usize>,
}

/// What stays the same over the files that are merged with each other: those of the project, or of one include.
pub(crate) struct Layer<'a> {
    pub(crate) variables: &'a Variables<'a>,
    /// The directory at which relative paths start.
    pub(crate) dir: &'a str,
    /// The same as it stands in the document: where paths stay as they are written, the way from the including layer's to it.
    written_dir: &'a str,
    /// The files that led here by `include`.
    pub(crate) trail: &'a [String],
    id: usize,
}

impl Layer<'_> {
    fn base(&self) -> Base<'_> {
        self.base_at(self.dir)
    }

    fn base_at<'b>(&'b self, dir: &'b str) -> Base<'b> {
        Base { dir, variables: self.variables }
    }
}

impl<'a> Loader<'a> {
    pub(crate) fn new(source: &'a dyn Source, report: &'a Report, no_interpolate: bool) -> Self {
        Self {
            source,
            report,
            no_interpolate,
            keep_paths: false,
            budget: RefCell::default(),
            texts: RefCell::default(),
            bytes: Cell::new(0),
            bytes_read: Cell::new(0),
            includes: Cell::new(0),
            copied: RefCell::default(),
            documents: RefCell::default(),
            scopes: RefCell::default(),
            layers: Cell::new(0),
            incomplete: Cell::new(false),
            ports_left: Cell::new(limits::PORTS),
        }
    }

    pub(crate) fn layer<'l>(&self, variables: &'l Variables<'l>, dir: &'l str, trail: &'l [String]) -> Layer<'l> {
        self.layers.set(self.layers.get() + 1);
        Layer { variables, dir, written_dir: if self.keep_paths { "." } else { dir }, trail, id: self.layers.get() }
    }

    /// Another directory as it stands in the document.
    fn written(&self, layer: &Layer<'_>, dir: &str) -> String {
        if self.keep_paths { paths::relative(layer.dir, dir) } else { dir.to_owned() }
    }

    /// Whether a file could not be read as YAML: what is missing from the tree then may stand in it.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.incomplete.get()
    }

    /// The files of a layer as one tree in its long form, with absolute paths.
    pub(crate) fn load(&self, files: &[(String, Place)], layer: &Layer<'_>) -> Map {
        let mut tree = Map::default();
        for (file, named_at) in files {
            tree = self.file(file, *named_at, layer, tree);
        }
        defaults::fill(&mut tree);
        checks::check(&mut tree, self.report);
        let is_included = !layer.trail.is_empty();
        if is_included || !self.keep_paths {
            absolute::resolve(&mut tree, &layer.base_at(layer.written_dir));
        }
        fill_environment(&mut tree, layer.variables);
        tree
    }

    /// One file over the tree of the files before it.
    fn file(&self, path: &str, named_at: Place, layer: &Layer<'_>, mut tree: Map) -> Map {
        let Some(documents) = self.documents_to_copy(path, named_at) else { return tree };
        for document in documents.iter() {
            let mut document = document.clone();
            let resets = reset::extract(&mut document, self.report);
            self.interpolate(&mut document, layer);
            let place = document.place;
            let kind = document.value.kind();
            let Value::Map(mut map) = document.value else {
                let message = format!("a Compose file must be a mapping, and this is {kind}");
                self.report.error_help(place, codes::WRONG_TYPE, message, "begin with `services:`");
                continue;
            };
            unique::warn(&mut map, self.report);
            self.extend_services(&mut map, path, &resets, layer);
            reset::apply(&mut tree, &resets);
            self.include(&mut map, path, layer);
            tree = merge::merge(tree, map, self.report);
            unique::enforce(&mut tree);
            schema::check(&mut tree, self.report);
            if let Some(version) = tree.remove("version") {
                let message = "the key `version` is out of date and has no effect";
                self.report.warning(version.key_place, codes::DEPRECATED, message, Some("remove it"));
            }
            canonical(&mut tree, self.no_interpolate, &self.ports_left, self.report);
            unique::enforce(&mut tree);
        }
        tree
    }

    fn interpolate(&self, document: &mut Node, layer: &Layer<'_>) {
        if !self.no_interpolate {
            interpolation::interpolate(document, layer.variables, self.report);
        }
    }

    /// The documents of a file, parsed once. What is missing or broken has been reported.
    fn documents(&self, path: &str, named_at: Place) -> Option<Rc<Vec<Node>>> {
        if let Some(known) = self.documents.borrow().get(path) {
            return known.clone();
        }
        let parsed = self.text(path, named_at).and_then(|text| {
            let file = self.report.file(path);
            yaml::parse(&text, file, self.report, &mut self.budget.borrow_mut()).map(Rc::new)
        });
        if parsed.is_none() {
            self.incomplete.set(true);
        }
        self.documents.borrow_mut().insert(path.to_owned(), parsed.clone());
        parsed
    }

    /// The documents of a file, for a caller that copies them. From the second time on the copy counts, as that of an alias
    /// does: a file may be included and extended from many places.
    fn documents_to_copy(&self, path: &str, named_at: Place) -> Option<Rc<Vec<Node>>> {
        let documents = self.documents(path, named_at)?;
        if self.copied.borrow_mut().insert(path.to_owned()) {
            return Some(documents);
        }
        let size = documents.iter().map(Node::size).sum();
        if self.budget.borrow_mut().spend(size) {
            return Some(documents);
        }
        let message =
            format!("the definition is too large: more than {} values, each use of {path} counted", limits::NODES);
        self.report.error(named_at, codes::TOO_LARGE, message);
        self.incomplete.set(true);
        None
    }

    /// The text of a file that must be there.
    pub(crate) fn text(&self, path: &str, named_at: Place) -> Option<Rc<str>> {
        self.read(path, named_at, false)
    }

    /// The text of a file that may be missing.
    pub(crate) fn optional_text(&self, path: &str, named_at: Place) -> Option<Rc<str>> {
        self.read(path, named_at, true)
    }

    /// A file's text, asked of the source once.
    fn read(&self, path: &str, named_at: Place, may_be_missing: bool) -> Option<Rc<str>> {
        self.report.reached(path, named_at);
        if let Some(known) = self.texts.borrow().get(path) {
            let text = Rc::clone(known);
            return self.counted(text, path, named_at);
        }
        let text: Rc<str> = match self.source.file(path) {
            Ok(text) => text.into(),
            Err(ReadError::NotFound | ReadError::NotCarried) if may_be_missing => return None,
            Err(error) => {
                self.unreadable(path, named_at, &error);
                return None;
            }
        };
        let text = self.counted(text, path, named_at)?;
        self.texts.borrow_mut().insert(path.to_owned(), Rc::clone(&text));
        Some(text)
    }

    /// Counts a text against the limits: each file once, and each reading of it against what all readings may cost.
    fn counted(&self, text: Rc<str>, path: &str, named_at: Place) -> Option<Rc<str>> {
        if !self.texts.borrow().contains_key(path) {
            self.bytes.set(self.bytes.get().saturating_add(text.len()));
        }
        self.bytes_read.set(self.bytes_read.get().saturating_add(text.len()));
        let problem = if text.len() > limits::FILE_BYTES {
            format!("{path} has {} bytes, and the limit is {}", text.len(), limits::FILE_BYTES)
        } else if self.texts.borrow().len() >= limits::FILES && !self.texts.borrow().contains_key(path) {
            format!("the definition has more than {} files", limits::FILES)
        } else if self.bytes.get() > limits::TOTAL_BYTES {
            format!("the files of the definition have more than {} bytes together", limits::TOTAL_BYTES)
        } else if self.bytes_read.get() > limits::READ_BYTES {
            format!("the files are read again and again, for more than {} bytes", limits::READ_BYTES)
        } else {
            return Some(text);
        };
        self.report.error(named_at, codes::TOO_LARGE, problem);
        None
    }

    /// Counts an include. Those within includes count too: they multiply.
    fn may_include(&self, place: Place) -> bool {
        self.includes.set(self.includes.get() + 1);
        if self.includes.get() <= limits::INCLUDES {
            return true;
        }
        let message = format!("the definition includes more than {} times", limits::INCLUDES);
        self.report.error(place, codes::TOO_LARGE, message);
        false
    }

    fn unreadable(&self, path: &str, named_at: Place, error: &ReadError) {
        let (code, message, help) = match error {
            ReadError::NotFound => (codes::FILE_NOT_FOUND, format!("{path} does not exist"), None),
            ReadError::NotCarried => (
                codes::FILE_NOT_CARRIED,
                format!("the definition does not carry {path}"),
                Some("send its text under `files`".to_owned()),
            ),
            ReadError::NotUtf8 => {
                (codes::FILE_NOT_UTF8, format!("{path} is not UTF-8 text"), Some("save it as UTF-8".to_owned()))
            }
            ReadError::Forbidden | ReadError::Other(_) => {
                (codes::FILE_UNREADABLE, format!("{path} cannot be read: {error}"), None)
            }
        };
        match help {
            Some(help) => self.report.error_help(named_at, code, message, help),
            None => self.report.error(named_at, code, message),
        }
    }
}

/// Fills in what is taken from a layer's variables by name: `environment: [NAME]`, and the content of secrets and configs. An
/// include has variables of its own, so that this cannot wait.
fn fill_environment(tree: &mut Map, variables: &Variables<'_>) {
    for (_, service) in tree.map_mut("services").into_iter().flat_map(Map::maps_mut) {
        let items = service.get_mut("environment").and_then(Node::as_list_mut);
        for item in items.into_iter().flatten() {
            let Some(name) = item.as_text().filter(|text| !text.contains('=')) else { continue };
            if let Some(variable) = variables.get(name) {
                item.value = Value::Text(format!("{name}={}", variable.value));
            }
        }
    }
    for kind in ["secrets", "configs"] {
        for (_, object) in tree.map_mut(kind).into_iter().flat_map(Map::maps_mut) {
            let Some(node) = object.get("environment").cloned() else { continue };
            if let Some(variable) = node.as_text().and_then(|name| variables.get(name)) {
                object.set(CONTENT, node.with(Value::Text(variable.value)));
            }
        }
    }
}

/// The key under which a secret or config carries the value of its variable. No file can hold it: it is not a valid key.
pub(crate) const CONTENT: &str = "x-\u{0}content";
