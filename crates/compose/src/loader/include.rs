//! `include`: other projects, loaded with their own directory and variables, and copied into this one.

use super::{Layer, Loader};
use crate::codes;
use crate::env_files;
use crate::paths;
use crate::tree::{Map, Node, Place, Value};

/// One entry of `include`, read.
struct Include {
    files: Vec<(String, Place)>,
    dir: String,
    /// The directory at which relative paths start in the document.
    written_dir: String,
    /// `None` is the `.env` of the directory.
    env_files: Option<Vec<(String, Place)>>,
}

impl Loader<'_> {
    /// Loads what a document includes and copies it into the document.
    pub(super) fn include(&self, document: &mut Map, file: &str, layer: &Layer<'_>) {
        let Some(entry) = document.remove("include") else { return };
        let items = match entry.node.value {
            Value::List(items) => items,
            Value::Null | Value::Broken => return,
            other => {
                let message = format!("include must be a list, and is {}", other.kind());
                self.report.error(entry.node.place, codes::WRONG_TYPE, message);
                return;
            }
        };
        let mut trail = layer.trail.to_vec();
        trail.push(file.to_owned());
        for item in items {
            let Some(include) = self.read_include(&item, layer) else { continue };
            if let Some((first, _)) = include.files.first()
                && trail.contains(first)
            {
                let message =
                    format!("files include each other in a circle: {} includes {first}", trail.join(" includes "));
                self.report.error(item.place, codes::INCLUDE_CYCLE, message);
                continue;
            }
            if !self.may_include(item.place) {
                return;
            }
            let mut variables = layer.variables.clone();
            match &include.env_files {
                Some(files) => env_files::add(self, files, &mut variables),
                None => env_files::add_default(self, &include.dir, &mut variables),
            }
            let inner = Layer { written_dir: &include.written_dir, ..self.layer(&variables, &include.dir, &trail) };
            let imported = self.load(&include.files, &inner);
            self.import(imported, document, item.place);
        }
    }

    fn read_include(&self, item: &Node, layer: &Layer<'_>) -> Option<Include> {
        let base = layer.base();
        let all = |node: &Node| -> Vec<(String, Place)> {
            let items = node.as_list().unwrap_or(std::slice::from_ref(node));
            items.iter().filter_map(|item| item.as_text().map(|path| (base.absolute(path), item.place))).collect()
        };
        let (path, dir, env_files) = match &item.value {
            Value::Text(_) => (item, None, None),
            Value::Map(map) => {
                self.known_keys(map);
                let Some(path) = map.get("path").filter(|path| !names_nothing(path)) else {
                    return self.includes_nothing(item.place);
                };
                (path, map.text("project_directory").filter(|dir| !dir.is_empty()), map.get("env_file").map(all))
            }
            Value::Broken => return None,
            Value::Null => return self.includes_nothing(item.place),
            other => {
                let message = format!("an include must be text or a mapping, and is {}", other.kind());
                self.report.error(item.place, codes::WRONG_TYPE, message);
                return None;
            }
        };
        let raw = path.as_list().and_then(<[Node]>::first).unwrap_or(path).as_text();
        if let Some(remote) = raw.filter(|path| paths::is_remote(path) || path.contains("://")) {
            let message = format!("`{remote}` is not a file: remote files cannot be included");
            self.report.error(path.place, codes::UNSUPPORTED, message);
            return None;
        }
        let files = all(path);
        let Some((first, _)) = files.first() else {
            self.report.error(path.place, codes::WRONG_TYPE, "the path of an include must be text or a list of text");
            return None;
        };
        let (dir, written_dir) = match dir {
            Some(dir) if dir.starts_with('/') => (dir.to_owned(), dir.to_owned()),
            dir => {
                let dir = dir.map_or_else(|| paths::parent(first).to_owned(), |dir| base.absolute(dir));
                let written = self.written(layer, &dir);
                (dir, written)
            }
        };
        Some(Include { dir, written_dir, files, env_files: env_files.filter(|files| !files.is_empty()) })
    }

    /// Compose lets it pass.
    fn includes_nothing(&self, place: Place) -> Option<Include> {
        let (message, help) = ("this includes nothing", "name a file: `path: FILE`");
        self.report.warning(place, codes::IGNORED_HERE, message, Some(help));
        None
    }

    fn known_keys(&self, map: &Map) {
        const KEYS: [&str; 3] = ["path", "project_directory", "env_file"];
        for (key, entry) in map.iter() {
            if !KEYS.contains(&key.as_str()) {
                let message = format!("an include has no key `{key}`, and it has no effect");
                let help = crate::suggestion::did_you_mean(key, KEYS)
                    .unwrap_or_else(|| format!("the keys are {}", KEYS.join(", ")));
                // Compose looks at none of the other keys.
                self.report.warning(entry.key_place, codes::UNKNOWN_KEY, message, Some(help));
            }
        }
    }

    /// Copies the resources of an included project. What both have must be the same in both.
    fn import(&self, mut imported: Map, document: &mut Map, place: Place) {
        for kind in ["services", "volumes", "networks", "secrets", "configs", "models"] {
            let Some(Value::Map(resources)) = imported.remove(kind).map(|entry| entry.node.value) else { continue };
            if !document.contains(kind) || document.get(kind).is_some_and(Node::is_null) {
                document.set(kind, Node::map(Map::default(), place));
            }
            let Some(target) = document.map_mut(kind) else { continue };
            for (name, entry) in resources {
                match target.get(&name) {
                    None => target.insert(name, entry),
                    Some(own) if own.same(&entry.node) => {}
                    Some(own) => {
                        let message = format!(
                            "{kind}.{name} differs from the one that is included from {}",
                            self.report.describe(entry.node.place)
                        );
                        let help = "put the difference into a second file of the include's `path`";
                        self.report.error_help(own.place, codes::INCLUDE_CONFLICT, message, help);
                    }
                }
            }
        }
    }
}

fn names_nothing(path: &Node) -> bool {
    path.is_null() || path.as_list().is_some_and(<[Node]>::is_empty)
}
