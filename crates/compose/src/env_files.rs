//! Files of variables: `.env` and `--env-file` for the loader, `env_file` and `label_file` for services.

use crate::codes;
use crate::diagnostic::Report;
use crate::loader::Loader;
use crate::paths;
use crate::tree::{Map, Mark, Node, Place, Value};
use crate::variables::dotenv::{self, LineError};
use crate::variables::{Variable, Variables};
use std::collections::BTreeMap;

/// Adds the variables of env files that must exist; the later file wins.
pub(crate) fn add(loader: &Loader<'_>, files: &[(String, Place)], variables: &mut Variables<'_>) {
    let mut found = BTreeMap::new();
    for (path, place) in files {
        if let Some(text) = loader.text(path, *place) {
            read(loader.report, &text, path, None, &|name| variables.get(name), &mut found);
        }
    }
    variables.add(found);
}

/// Adds the variables of a directory's `.env`, if it has one.
pub(crate) fn add_default(loader: &Loader<'_>, dir: &str, variables: &mut Variables<'_>) {
    let path = paths::join(dir, ".env");
    if let Some(text) = loader.optional_text(&path, Place::default()) {
        let mut found = BTreeMap::new();
        read(loader.report, &text, &path, None, &|name| variables.get(name), &mut found);
        variables.add(found);
    }
}

/// Fills the label files, and where asked the env files, of every service into its labels and environment.
pub(crate) fn fill_services(loader: &Loader<'_>, tree: &mut Map, variables: &Variables<'_>, env_files: bool) {
    for (_, service) in tree.map_mut("services").into_iter().flat_map(Map::maps_mut) {
        let own = texts(service.map("environment"));
        if env_files && let Some(entry) = service.remove("env_file") {
            let mut found = BTreeMap::new();
            for file in entry.node.as_list().unwrap_or_default() {
                let outer = |name: &str| variables.get(name).or_else(|| own.get(name).cloned());
                service_file(loader, file, &outer, &mut found);
            }
            fill(service, "environment", found, entry.node.place);
        }
        if let Some(entry) = service.remove("label_file") {
            let mut found = BTreeMap::new();
            for file in entry.node.as_list().unwrap_or_default() {
                let Some(path) = file.as_text() else { continue };
                if let Some(text) = loader.text(path, file.place) {
                    // What an earlier file says wins over the lines above: the other way round than in `env_file`.
                    let earlier = found.clone();
                    read(loader.report, &text, path, None, &|name| earlier.get(name).cloned(), &mut found);
                }
            }
            fill(service, "labels", found, entry.node.place);
        }
    }
}

fn service_file(
    loader: &Loader<'_>,
    file: &Node,
    outer: &dyn Fn(&str) -> Option<Variable>,
    found: &mut BTreeMap<String, Variable>,
) {
    let Some(map) = file.as_map() else { return };
    let Some(node) = map.get("path") else { return };
    let Some(path) = node.as_text() else { return };
    let required = match map.get("required").map(|node| (node, &node.value)) {
        Some((_, Value::Bool(required))) => *required,
        Some((node, Value::Text(text))) => crate::interpolation::boolean(node, text, loader.report).unwrap_or(true),
        _ => true,
    };
    let text = if required { loader.text(path, node.place) } else { loader.optional_text(path, node.place) };
    let format = map.get("format").filter(|node| node.as_text() != Some(""));
    if let Some(format) = format.filter(|node| node.as_text() != Some("raw")) {
        let message = format!("`{}` is not a format of an env file", format.as_text().unwrap_or_default());
        loader.report.value_error(format, codes::INVALID_VALUE, message, Some("leave it out, or write `raw`"));
        return;
    }
    if let Some(text) = text {
        read(loader.report, &text, path, format, outer, found);
    }
}

fn read(
    report: &Report,
    text: &str,
    path: &str,
    raw: Option<&Node>,
    outer: &dyn Fn(&str) -> Option<Variable>,
    found: &mut BTreeMap<String, Variable>,
) {
    let mut unset = Vec::new();
    let wrong = match raw {
        Some(_) => dotenv::parse_raw(text, path, outer, found),
        None => dotenv::parse(text, path, outer, found, &mut unset),
    };
    let place = |line| Place { file: report.file(path), line, column: 0 };
    for (line, name) in unset {
        let help = "write $$ where a plain $ is meant, or put the value in single quotes";
        report.unset(place(line), &name, help);
    }
    for LineError { line, message } in wrong {
        report.error(place(line), codes::INVALID_ENV_FILE, message);
    }
}

fn texts(map: Option<&Map>) -> BTreeMap<String, Variable> {
    let entries = map.into_iter().flat_map(Map::iter);
    entries
        .filter_map(|(name, entry)| {
            let value = entry.node.as_text()?.to_owned();
            Some((name.clone(), Variable { value, origin: "set in the file".into() }))
        })
        .collect()
}

/// Puts variables under a key, below what stands there.
fn fill(service: &mut Map, key: &str, found: BTreeMap<String, Variable>, place: Place) {
    if found.is_empty() {
        return;
    }
    if !service.contains(key) {
        service.set(key, Node::map(Map::default(), place));
    }
    let Some(map) = service.map_mut(key) else { return };
    for (name, variable) in found {
        if !map.contains(&name) {
            let mut node = Node::text(variable.value, place);
            node.mark = Some(Mark::Listed);
            map.set(name, node);
        }
    }
}
