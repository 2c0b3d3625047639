//! The edge to `evenkeel-compose`: selections become requests, what was read becomes a definition, diagnostics become ours.

use super::Project;
use super::world::{STDIN, World};
use crate::args::Selection;
use crate::failure::Failure;
use evenkeel_compose::{Recorder, Reference, Request, Skip, Source, load as load_files, project};
use evenkeel_wire::{Definition, DefinitionFile, Diagnostic, Severity};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A project's resolved model.
#[derive(Debug)]
pub struct Resolved {
    /// The document of `docker compose config --format json`.
    pub document: serde_json::Value,
    /// The same as it stands in Compose's YAML.
    pub yaml: serde_json::Value,
    /// What is doubtful.
    pub warnings: Vec<Diagnostic>,
}

impl Resolved {
    /// The services' names, each after those that it depends on.
    pub fn services(&self) -> Vec<String> {
        let mut open = self.keys("services");
        let mut ordered = Vec::with_capacity(open.len());
        while !open.is_empty() {
            let waits = |name: &String| {
                let needs = self.document["services"][name]["depends_on"].as_object();
                needs.is_some_and(|needs| needs.keys().any(|need| open.contains(need)))
            };
            // Without a consistency check there may be a cycle: its names stand in the order of the alphabet.
            let (waiting, ready): (Vec<String>, Vec<String>) = open.iter().cloned().partition(waits);
            let (next, left) = if ready.is_empty() { (waiting, ready) } else { (ready, waiting) };
            ordered.extend(next);
            open = left;
        }
        ordered
    }

    /// The names under a top-level key.
    pub fn keys(&self, top: &str) -> Vec<String> {
        let entries = self.document.get(top).and_then(serde_json::Value::as_object);
        entries.map(|entries| entries.keys().cloned().collect()).unwrap_or_default()
    }
}

/// Reads the selected files, and keeps exactly what was read.
pub fn load(selection: &Selection, services: &[String]) -> Result<Project, Failure> {
    let world = World::of(selection);
    let mut request = request(selection, &world)?;
    request.services = services.to_vec();
    let recorder = Recorder::new(&world);
    let loaded =
        load_files(&request, &recorder).map_err(|found| Failure::Invalid(found.into_iter().map(ours).collect()))?;
    check_services(&loaded.canonical, services)?;
    request.profiles = profiles(&request, &recorder, &loaded.canonical);
    let sent = recorder.into_definition(&request);
    let files = sent.files.into_iter().map(|file| DefinitionFile { path: file.path, content: file.content });
    Ok(Project {
        name: loaded.stack.name.to_string(),
        warnings: loaded.warnings.into_iter().map(ours).collect(),
        advice: loaded.advice.len(),
        definition: Definition {
            files: files.collect(),
            compose_files: sent.compose_files,
            environment: sent.environment,
            profiles: sent.profiles,
            working_dir: sent.working_dir,
            env_files: sent.env_files,
            project_name: sent.project_name,
        },
    })
}

/// The variables of a file, as `KEY=value`: read as a service's `env_file` is.
pub fn environment_of(file: &Path) -> Result<Vec<String>, Failure> {
    const DOCUMENT: &str = "/dev/fd/the options of run";
    struct OneService(World, String);
    impl Source for OneService {
        fn file(&self, path: &str) -> Result<String, evenkeel_compose::ReadError> {
            if path == DOCUMENT { Ok(self.1.clone()) } else { self.0.file(path) }
        }
        fn variable(&self, name: &str) -> Option<String> {
            self.0.variable(name)
        }
    }
    let cwd = text(&current_dir()?)?;
    let path = text(file)?.replace('$', "$$");
    let document = serde_json::json!({"services": {"run": {"image": "none", "env_file": [path]}}}).to_string();
    let request = Request {
        compose_files: vec![DOCUMENT.to_owned()],
        project_name: Some("run".to_owned()),
        working_dir: cwd,
        ..Request::default()
    };
    let loaded = load_files(&request, &OneService(World::here(), document))
        .map_err(|found| Failure::Invalid(found.into_iter().map(ours).collect()))?;
    let variables = loaded.canonical["services"]["run"]["environment"].as_object().cloned().unwrap_or_default();
    let written = |(name, value): (String, serde_json::Value)| value.as_str().map(|value| format!("{name}={value}"));
    Ok(variables.into_iter().filter_map(written).collect())
}

/// Whether the selection leads to any file.
pub fn has_files(selection: &Selection) -> Result<bool, Failure> {
    found(selection, &World::of(selection)).map(|request| request.is_some())
}

/// The name that the selected files give their project.
pub fn name(selection: &Selection) -> Result<String, Failure> {
    let world = World::of(selection);
    // A variable without files is enough: `COMPOSE_PROJECT_NAME=shop evenkeel ps`.
    let variable = world.variable("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty());
    if let (Some(name), None) = (variable, found(selection, &world)?) {
        return Ok(name);
    }
    // What would only matter for bringing it up is no matter here: a secret without a value ends no `exec`.
    let resolved = evenkeel_compose::config(&request(selection, &world)?, &world).map_err(invalid)?;
    Ok(resolved.canonical["name"].as_str().unwrap_or_default().to_owned())
}

/// All services of the selected files, those that profiles leave out too; `None` where there is no file, or none that can be read:
/// taking down must not depend on it.
pub fn all_services(selection: &Selection) -> Option<Vec<String>> {
    let world = World::of(selection);
    let request = found(selection, &world).ok()??;
    let request = Request { no_interpolate: true, profiles: vec!["*".to_owned()], ..request };
    let resolved = evenkeel_compose::config(&request, &world).ok()?;
    let services = resolved.canonical.get("services").and_then(serde_json::Value::as_object)?;
    Some(services.keys().cloned().collect())
}

/// Whether the environment or the project's env files switch something on, such as `COMPOSE_REMOVE_ORPHANS`.
pub fn is_set(selection: &Selection, name: &str) -> bool {
    let world = World::of(selection);
    let value = match found(selection, &world) {
        Ok(Some(request)) => project::setting(&request, &world, name),
        Ok(None) | Err(_) => world.variable(name),
    };
    value.is_some_and(|value| matches!(value.to_lowercase().as_str(), "1" | "t" | "true" | "y" | "yes"))
}

/// How the files are looked at.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Variables stay as they stand.
    pub no_interpolate: bool,
    /// Stages that are left out.
    pub skip: Skip,
    /// Only these services and what they depend on; their profiles are switched on.
    pub services: Vec<String>,
}

/// The model of the selected files, looked at in some way.
pub fn look(selection: &Selection, look: &Look) -> Result<Resolved, Failure> {
    let world = World::of(selection);
    let request = Request {
        no_interpolate: look.no_interpolate,
        skip: look.skip,
        services: look.services.clone(),
        only: look.services.clone(),
        ..request(selection, &world)?
    };
    let resolved = evenkeel_compose::config(&request, &world).map_err(invalid)?;
    if !look.no_interpolate {
        check_services(&resolved.canonical, &look.services)?;
    }
    Ok(of_config(resolved))
}

fn of_config(config: evenkeel_compose::Config) -> Resolved {
    let warnings = config.warnings.into_iter().map(ours).collect();
    Resolved { document: config.canonical, yaml: config.yaml, warnings }
}

/// What Compose's `config --hash` prints, by service.
pub fn hashes(selection: &Selection, skip: Skip) -> Result<BTreeMap<String, String>, Failure> {
    let world = World::of(selection);
    let request = Request { skip, ..request(selection, &world)? };
    evenkeel_compose::hashes(&request, &world).map_err(invalid)
}

/// The variables that the files refer to.
pub fn references(selection: &Selection) -> Result<BTreeMap<String, Reference>, Failure> {
    let world = World::of(selection);
    evenkeel_compose::references(&request(selection, &world)?, &world).map_err(invalid)
}

/// The variables with which the files are read: the environment's, and what the project's env files add.
pub fn environment(selection: &Selection) -> Result<BTreeMap<String, String>, Failure> {
    let world = World::of(selection);
    let of_files = evenkeel_compose::file_variables(&request(selection, &world)?, &world).map_err(invalid)?;
    let mut all = world.variables().clone();
    all.extend(of_files);
    Ok(all)
}

fn invalid(found: Vec<evenkeel_compose::Diagnostic>) -> Failure {
    Failure::Invalid(found.into_iter().map(ours).collect())
}

/// The resolved model of the selected files.
pub fn resolve(selection: &Selection, interpolate: bool) -> Result<Resolved, Failure> {
    let world = World::of(selection);
    let request = Request { no_interpolate: !interpolate, ..request(selection, &world)? };
    let resolved = evenkeel_compose::config(&request, &world)
        .map_err(|found| Failure::Invalid(found.into_iter().map(ours).collect()))?;
    Ok(of_config(resolved))
}

fn request(selection: &Selection, world: &World) -> Result<Request, Failure> {
    found(selection, world)?.ok_or_else(|| Failure::Failed {
        message: "there is no Compose file here or in a directory above".to_owned(),
        help: Some("name one with -f, or a stack that the daemon keeps with -p (`evenkeel ls` lists them)".to_owned()),
    })
}

/// What to load; `None` where no file is named and none is found.
fn found(selection: &Selection, world: &World) -> Result<Option<Request>, Failure> {
    let selection = project::Selection {
        files: texts(&selection.files)?,
        project_directory: selection.project_directory.as_deref().map(text).transpose()?,
        env_files: texts(&selection.env_files)?,
        profiles: selection.profiles.clone(),
        project_name: selection.project_name.clone(),
        services: Vec::new(),
        cwd: text(&current_dir()?)?,
    };
    match project::select(&selection, world, &|path| Path::new(path).is_file()) {
        Ok(selected) => {
            let mut request = selected.request;
            for file in request.compose_files.iter_mut().filter(|file| *file == "-") {
                STDIN.clone_into(file);
            }
            Ok(Some(request))
        }
        Err(found) if found.iter().all(|one| one.code == evenkeel_compose::codes::NO_FILE) => Ok(None),
        Err(found) => Err(Failure::Invalid(found.into_iter().map(ours).collect())),
    }
}

/// The shell's own idea of where it is, so that symbolic links keep their names, as Compose does.
fn current_dir() -> Result<PathBuf, Failure> {
    let current =
        std::env::current_dir().map_err(|error| Failure::failed(format!("the current directory: {error}")))?;
    let shell = std::env::var_os("PWD").map(PathBuf::from).filter(|pwd| pwd.is_absolute());
    let same = |pwd: &PathBuf| pwd.canonicalize().ok() == current.canonicalize().ok();
    Ok(shell.filter(same).unwrap_or(current))
}

fn texts(paths: &[PathBuf]) -> Result<Vec<String>, Failure> {
    paths.iter().map(|path| text(path)).collect()
}

fn text(path: &Path) -> Result<String, Failure> {
    let named = path.to_str().map(str::to_owned);
    named.ok_or_else(|| Failure::usage(format!("{} is not UTF-8", path.display()), "rename it"))
}

/// The profiles that the daemon must switch on: those that are on here, and those of the services that were named.
fn profiles(request: &Request, source: &dyn Source, document: &serde_json::Value) -> Vec<String> {
    let of = |service: &String| document["services"][service]["profiles"].as_array().cloned().unwrap_or_default();
    let of_named: Vec<String> =
        request.services.iter().flat_map(of).filter_map(|profile| profile.as_str().map(str::to_owned)).collect();
    if of_named.is_empty() {
        return request.profiles.clone();
    }
    let mut profiles = request.profiles.clone();
    if profiles.is_empty() {
        let on = source.variable("COMPOSE_PROFILES").unwrap_or_default();
        profiles.extend(on.split(',').map(str::trim).filter(|profile| !profile.is_empty()).map(str::to_owned));
    }
    for profile in of_named {
        if !profiles.contains(&profile) && !profiles.iter().any(|on| on == "*") {
            profiles.push(profile);
        }
    }
    profiles
}

fn check_services(document: &serde_json::Value, named: &[String]) -> Result<(), Failure> {
    let known = document["services"].as_object();
    let is_known = |name: &String| known.is_some_and(|known| known.contains_key(name));
    let Some(unknown) = named.iter().find(|name| !is_known(name)) else { return Ok(()) };
    let names: Vec<&str> = known.into_iter().flat_map(|known| known.keys()).map(String::as_str).collect();
    Err(Failure::Failed {
        message: format!("no such service: {unknown}"),
        help: Some(evenkeel_compose::did_you_mean_or_list(unknown, names, "the services are")),
    })
}

fn ours(diagnostic: evenkeel_compose::Diagnostic) -> Diagnostic {
    Diagnostic {
        file: diagnostic.file,
        line: diagnostic.line,
        column: diagnostic.column,
        severity: match diagnostic.severity {
            evenkeel_compose::Severity::Error => Severity::Error,
            evenkeel_compose::Severity::Warning => Severity::Warning,
            evenkeel_compose::Severity::Advice => Severity::Advice,
        },
        code: diagnostic.code.to_owned(),
        message: diagnostic.message,
        help: diagnostic.help,
    }
}
