//! The whole way from a request to a stack.

use crate::advice;
use crate::codes;
use crate::consistency;
use crate::diagnostic::{Diagnostic, Location, Report};
use crate::document::{self, Form};
use crate::env_files;
use crate::interpolation::references::{self, Reference};
use crate::loader::Loader;
use crate::lower::{self, Project};
use crate::normalise;
use crate::profiles;
use crate::request::{Request, Skip};
use crate::source::{Bundle, Source};
use crate::tree::{Entry, Map, Place};
use crate::variables::Variables;
use evenkeel_model::{Definition, ServiceName, Stack};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// A definition that was read without errors.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What it means.
    pub stack: Stack,
    /// The document of `docker compose config --format json`, its keys in that order.
    pub canonical: serde_json::Value,
    /// What was accepted and should be known all the same.
    pub warnings: Vec<Diagnostic>,
    /// What works and could be better.
    pub advice: Vec<Diagnostic>,
    /// Where each service stands.
    pub places: BTreeMap<ServiceName, Location>,
}

/// Reads the files of a request.
///
/// # Errors
/// All problems that one look finds, by file and line. At least one is an error; the warnings among them may say why.
pub fn load(request: &Request, source: &dyn Source) -> Result<Loaded, Vec<Diagnostic>> {
    let report = Report::default();
    let request = &Request { no_interpolate: false, skip: Skip::default(), only: Vec::new(), ..request.clone() };
    let run = Run { request, source, report: &report, disabled: RefCell::default(), underscores: Cell::default() };
    let Some((project, tree)) = run.resolve() else { return Err(report.into_refusal()) };
    let canonical = document::document(&tree, &project, Form::Json, &report);
    let mut stack = run.lower(&project, &tree);
    if report.has_errors() {
        return Err(report.into_refusal());
    }
    for (name, hash) in document::hashes(&canonical) {
        if let Some(service) = stack.services.get_mut(name.as_str()) {
            service.config_hash = hash;
        }
    }
    advice::give(&tree, &report);
    let places = places(&tree, &report);
    let (warnings, advice) = report.into_accepted();
    Ok(Loaded { stack, canonical, warnings, advice, places })
}

fn places(tree: &Map, report: &Report) -> BTreeMap<ServiceName, Location> {
    let services = tree.map("services").into_iter().flat_map(Map::iter);
    let place = |entry: &Entry| {
        let Place { line, column, .. } = entry.key_place;
        report.path(entry.key_place).map(|file| Location { file, line, column })
    };
    services.filter_map(|(name, entry)| Some((ServiceName::from(name.as_str()), place(entry)?))).collect()
}

/// The canonical document alone, for a look at files that need not be brought up: what Evenkeel cannot do with them yet is
/// among the warnings.
///
/// # Errors
/// As [`load`], without what only matters for bringing the stack up.
pub fn config(request: &Request, source: &dyn Source) -> Result<Config, Vec<Diagnostic>> {
    let report = Report::default();
    let run = Run { request, source, report: &report, disabled: RefCell::default(), underscores: Cell::default() };
    let Some((project, mut tree)) = run.resolve() else { return Err(report.into_refusal()) };
    if request.no_interpolate {
        let canonical = document::uninterpolated(&mut tree, &project, Form::Json, &report);
        if report.has_errors() {
            return Err(report.into_refusal());
        }
        let yaml = document::uninterpolated(&mut tree, &project, Form::Yaml, &report);
        return Ok(Config { canonical, yaml, warnings: report.into_warnings() });
    }
    let canonical = document::document(&tree, &project, Form::Json, &report);
    if report.has_errors() {
        return Err(report.into_refusal());
    }
    let yaml = document::document(&tree, &project, Form::Yaml, &Report::default());
    run.lower(&project, &tree);
    Ok(Config { canonical, yaml, warnings: report.into_all_as_warnings() })
}

/// What `docker compose config --hash` prints for each service. The services' `env_file`s are part of it by their paths alone, so
/// that they need not be there; the label on a container is the hash in [`evenkeel_model::Service::config_hash`].
///
/// # Errors
/// As [`config`].
pub fn hashes(request: &Request, source: &dyn Source) -> Result<BTreeMap<String, String>, Vec<Diagnostic>> {
    let skip = Skip { env_files: true, ..request.skip };
    let request = Request { no_interpolate: false, skip, ..request.clone() };
    Ok(document::hashes(&config(&request, source)?.canonical))
}

/// The variables that the files refer to in their values.
///
/// # Errors
/// As [`config`].
pub fn references(request: &Request, source: &dyn Source) -> Result<BTreeMap<String, Reference>, Vec<Diagnostic>> {
    fn walk(value: &serde_json::Value, found: &mut BTreeMap<String, Reference>) {
        match value {
            serde_json::Value::String(text) => references::add(text, found),
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            serde_json::Value::Object(map) => map.values().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let request = Request { no_interpolate: true, ..request.clone() };
    let mut found = BTreeMap::new();
    walk(&config(&request, source)?.canonical, &mut found);
    Ok(found)
}

/// The variables that the project's env files set, and the project's name as `COMPOSE_PROJECT_NAME`.
///
/// # Errors
/// As [`config`].
pub fn file_variables(request: &Request, source: &dyn Source) -> Result<BTreeMap<String, String>, Vec<Diagnostic>> {
    let report = Report::default();
    let run = Run { request, source, report: &report, disabled: RefCell::default(), underscores: Cell::default() };
    let Some((project, _)) = run.resolve() else { return Err(report.into_refusal()) };
    let loader = Loader::new(source, &report, request.no_interpolate);
    let mut variables = run.variables(&loader);
    if report.has_errors() {
        return Err(report.into_refusal());
    }
    variables.set_project_name(&project);
    Ok(variables.of_files())
}

/// Files as one document, without the stack that they mean.
#[derive(Debug, Clone)]
pub struct Config {
    /// The document of `docker compose config --format json`, its keys in that order.
    pub canonical: serde_json::Value,
    /// The same as it stands in Compose's YAML: with the models and with what stands under `x-` keys anywhere.
    pub yaml: serde_json::Value,
    /// What was accepted and should be known all the same, and what would keep the stack from being brought up.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a definition from the files and variables that it carries. A name that is given here wins over all others.
///
/// # Errors
/// As [`load`]; a file that the definition needs and does not carry is one of the problems.
pub fn load_definition(definition: &Definition, project_name: Option<&str>) -> Result<Loaded, Vec<Diagnostic>> {
    let mut request = Request::of(definition);
    if let Some(name) = project_name {
        request.project_name = Some(name.to_owned());
    }
    load(&request, &Bundle::new(definition))
}

/// `--compatibility`: names of containers and built images are joined by underscores, as Compose 1 did.
pub const COMPATIBILITY: &str = "COMPOSE_COMPATIBILITY";
/// `--all-resources`: networks and volumes that no service uses are kept. A variable of Evenkeel's own: Compose has the flag alone.
pub const ALL_RESOURCES: &str = "EVENKEEL_ALL_RESOURCES";

/// Whether a variable says yes, in the words that Compose takes for it.
fn is_on(variables: &Variables<'_>, name: &str) -> bool {
    let value = variables.get(name).map(|variable| variable.value);
    value.is_some_and(|value| matches!(value.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True"))
}

struct Run<'a> {
    request: &'a Request,
    source: &'a dyn Source,
    report: &'a Report,
    /// The services that no profile switches on.
    disabled: RefCell<Vec<String>>,
    /// Whether names are joined by underscores.
    underscores: Cell<bool>,
}

impl Run<'_> {
    /// The project's name and its normalised tree, or nothing where a file is missing from it. What is broken in the tree has
    /// been reported, and later stages let it pass.
    fn resolve(&self) -> Option<(String, Map)> {
        let (request, report) = (self.request, self.report);
        let mut loader = Loader::new(self.source, report, request.no_interpolate);
        loader.keep_paths = request.skip.paths;
        if request.compose_files.is_empty() {
            report.error(Place::default(), codes::NO_FILE, "no Compose file was given");
            return None;
        }
        let mut variables = self.variables(&loader);
        let name = loader.project_name(request, &variables);
        if let Some(name) = &name {
            variables.set_project_name(name);
        }
        let files: Vec<(String, Place)> =
            request.compose_files.iter().map(|file| (file.clone(), Place::default())).collect();
        let of_files = if request.no_interpolate { variables.of_includes_alone() } else { variables.clone() };
        let layer = loader.layer(&of_files, &request.working_dir, &[]);
        let mut tree = loader.load(&files, &layer);
        if tree.is_empty() && !report.has_errors() {
            let place = Place { file: report.file(&files[0].0), line: 0, column: 0 };
            report.error(place, codes::EMPTY_FILE, "the file holds no document");
        }
        if loader.is_incomplete() {
            return None;
        }
        // What is wrong further on is told too, even where the name is not known yet.
        let name = name.unwrap_or_else(|| "project".to_owned());
        self.finish(&loader, &mut tree, &name, &variables);
        Some((name, tree))
    }

    fn lower(&self, name: &str, tree: &Map) -> Stack {
        lower::lower(&Project {
            tree,
            name,
            working_dir: &self.request.working_dir,
            config_files: self.request.compose_files.clone(),
            env_files: &self.request.env_files,
            disabled: self.disabled.borrow().clone(),
            underscores: self.underscores.get(),
            report: self.report,
            loader: &Loader::new(self.source, self.report, false),
        })
    }

    /// From merged files to what is enabled, complete and consistent.
    fn finish(&self, loader: &Loader<'_>, tree: &mut Map, name: &str, variables: &Variables<'_>) {
        if !self.request.skip.normalisation {
            normalise::normalise(tree, name);
        }
        if self.request.no_interpolate {
            normalise::drop_open_arguments(tree);
            return;
        }
        normalise::values(tree, variables, !self.request.skip.normalisation, self.report);
        let profiles = self.profiles(variables);
        // Those of the environment may be meant for another project.
        profiles::warn_of_unknown(tree, &self.request.profiles, self.report);
        let (disabled, out) = profiles::select(tree, &profiles, &self.request.services);
        document::check("services", &out, self.report);
        *self.disabled.borrow_mut() = disabled.keys().cloned().collect();
        if !self.request.skip.consistency {
            consistency::check(tree, &disabled, self.report);
            if !self.request.skip.env_files {
                consistency::container_names(tree, self.report);
            }
        }
        profiles::keep_only(tree, &self.request.only);
        env_files::fill_services(loader, tree, variables, !self.request.skip.env_files);
        self.underscores.set(is_on(variables, COMPATIBILITY));
        if !is_on(variables, ALL_RESOURCES) {
            for (kind, unused) in profiles::drop_unused(tree) {
                document::check(kind, &unused, self.report);
            }
        }
    }

    fn variables(&self, loader: &Loader<'_>) -> Variables<'_> {
        let mut variables = Variables::new(self.source);
        if self.request.env_files.is_empty() {
            if !self.request.no_default_env_file {
                env_files::add_default(loader, &self.request.working_dir, &mut variables);
            }
        } else {
            let files: Vec<(String, Place)> =
                self.request.env_files.iter().map(|file| (file.clone(), Place::default())).collect();
            env_files::add(loader, &files, &mut variables);
        }
        variables
    }

    fn profiles(&self, variables: &Variables<'_>) -> Vec<String> {
        if !self.request.profiles.is_empty() {
            return self.request.profiles.clone();
        }
        let text = variables.get("COMPOSE_PROFILES").map(|variable| variable.value).unwrap_or_default();
        // An empty profile is one too, and nothing said switches it on, as in Compose.
        text.split(',').map(str::trim).map(str::to_owned).collect()
    }
}
