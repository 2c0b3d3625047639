//! The shipped systems: folders with a `compose.yaml`, files `compose.NAME.yaml` that can be laid over it, and for machines without
//! a registry `compose.local.yaml` and `compose.NAME.local.yaml`.

mod settings;

use crate::args::Selection;
use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// One shipped system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// Its name: the folder's, and the stack's.
    pub name: String,
    /// The folder, absolute.
    pub folder: PathBuf,
}

/// Where systems may be, in the order in which they are looked for.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// `$EVENKEEL_SYSTEMS`: wins, and then it must exist.
    pub variable: Option<PathBuf>,
    /// The directory in which the command runs.
    pub current: Option<PathBuf>,
    /// The program's own file.
    pub program: Option<PathBuf>,
}

const INSTALLED: &str = "/usr/share/evenkeel/systems";
const FILE: &str = "compose.yaml";

impl Places {
    /// As the process has them.
    pub fn here() -> Self {
        Self {
            variable: std::env::var_os("EVENKEEL_SYSTEMS").filter(|value| !value.is_empty()).map(PathBuf::from),
            current: std::env::current_dir().ok(),
            program: std::env::current_exe().ok(),
        }
    }

    /// The directory of the systems: `$EVENKEEL_SYSTEMS`, else `config/systems` here, else `config/systems` beside the
    /// program or above it, else the installed ones.
    pub fn directory(&self) -> Result<PathBuf, Failure> {
        if let Some(directory) = &self.variable {
            if directory.is_dir() {
                return Ok(std::path::absolute(directory).unwrap_or_else(|_| directory.clone()));
            }
            return Err(Failure::Failed {
                message: format!("EVENKEEL_SYSTEMS is {}, and there is no such directory", directory.display()),
                help: None,
            });
        }
        let below = |base: &Path| base.join("config").join("systems");
        let current = self.current.iter().map(|current| below(current));
        let program = self.program.iter().flat_map(|program| program.ancestors().skip(1).map(below));
        current.chain(program).chain([PathBuf::from(INSTALLED)]).find(|place| place.is_dir()).ok_or_else(|| {
            Failure::Failed {
                message: "the shipped systems are not found".into(),
                help: Some("say where they are with EVENKEEL_SYSTEMS".into()),
            }
        })
    }

    /// All systems, by name.
    pub fn all(&self) -> Result<Vec<System>, Failure> {
        let directory = self.directory()?;
        let failed = |error: std::io::Error| Failure::failed(format!("{}: {error}", directory.display()));
        let mut systems = Vec::new();
        for entry in std::fs::read_dir(&directory).map_err(failed)? {
            let folder = entry.map_err(failed)?.path();
            if let (true, Some(name)) = (folder.join(FILE).is_file(), folder.file_name().and_then(|name| name.to_str()))
            {
                systems.push(System { name: name.to_owned(), folder });
            }
        }
        systems.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(systems)
    }

    /// The system of that name.
    pub fn find(&self, name: &str) -> Result<System, Failure> {
        let systems = self.all()?;
        let known: Vec<String> = systems.iter().map(|system| system.name.clone()).collect();
        systems.into_iter().find(|system| system.name == name).ok_or_else(|| Failure::Failed {
            message: format!("there is no shipped system `{name}`"),
            help: Some(format!("there are: {}", known.join(", "))),
        })
    }
}

impl System {
    /// Whether there is a file that swaps images for locally built ones.
    pub fn has_local_images(&self) -> bool {
        self.folder.join("compose.local.yaml").is_file()
    }

    /// What may be laid over the system: `bigdata`, where there is a `compose.bigdata.yaml`.
    pub fn overlays(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let overlays = names.filter_map(|name| {
            let overlay = name.strip_prefix("compose.")?.strip_suffix(".yaml")?;
            (overlay != "local" && !overlay.ends_with(".local")).then(|| overlay.to_owned())
        });
        let mut overlays: Vec<String> = overlays.collect();
        overlays.sort();
        overlays
    }

    /// The project that it is, with these overlays, and with the files that swap images or without.
    pub fn selection(&self, overlays: &[String], local: bool) -> Result<Selection, Failure> {
        if let Some(unknown) = overlays.iter().find(|overlay| !self.overlays().contains(overlay)) {
            return Err(Failure::Failed {
                message: format!("system `{}` has no compose.{unknown}.yaml", self.name),
                help: Some(match self.overlays().as_slice() {
                    [] => "nothing can be laid over it".into(),
                    known => format!("there are: {}", known.join(", ")),
                }),
            });
        }
        if local && !self.has_local_images() {
            return Err(Failure::Failed {
                message: format!("system `{}` has no compose.local.yaml", self.name),
                help: Some("bring it up without --local".into()),
            });
        }
        let mut files = vec![self.folder.join(FILE)];
        files.extend(overlays.iter().map(|overlay| self.folder.join(format!("compose.{overlay}.yaml"))));
        if local {
            files.push(self.folder.join("compose.local.yaml"));
            let swaps = overlays.iter().map(|overlay| self.folder.join(format!("compose.{overlay}.local.yaml")));
            files.extend(swaps.filter(|file| file.is_file()));
        }
        Ok(Selection { files, project_name: Some(self.name.clone()), ..Selection::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for path in paths {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "services: {}").unwrap();
        }
        root
    }

    #[test]
    fn systems_are_found_here_and_above_the_program() {
        let root = tree(&["config/systems/b/compose.yaml", "config/systems/a/compose.yaml", "config/systems/x/readme"]);
        let here = Places { current: Some(root.path().into()), ..Places::default() };
        let above = Places { program: Some(root.path().join("target/debug/evenkeel")), ..Places::default() };
        let told = Places { variable: Some(root.path().join("config/systems")), ..Places::default() };
        for places in [here, above, told] {
            let names: Vec<String> = places.all().unwrap().into_iter().map(|system| system.name).collect();
            assert_eq!(names, ["a", "b"], "{places:?}");
        }
        let wrong = Places { variable: Some(root.path().join("nowhere")), ..Places::default() };
        assert_eq!(wrong.all().unwrap_err().code(), 1);
    }

    #[test]
    fn files_are_laid_over_each_other_in_this_order_and_only_when_asked_for_and_there() {
        let files = ["a/compose.yaml", "a/compose.local.yaml", "a/compose.x.yaml", "a/compose.x.local.yaml"];
        let root = tree(&[&files[..], &["a/compose.y.yaml", "b/compose.yaml"]].concat());
        let places = Places { variable: Some(root.path().into()), ..Places::default() };
        for (name, overlays, local, expected) in [
            ("a", "", false, Some("compose.yaml")),
            ("a", "", true, Some("compose.yaml compose.local.yaml")),
            ("a", "x", false, Some("compose.yaml compose.x.yaml")),
            ("a", "x", true, Some("compose.yaml compose.x.yaml compose.local.yaml compose.x.local.yaml")),
            ("a", "y x", false, Some("compose.yaml compose.y.yaml compose.x.yaml")),
            ("a", "y", true, Some("compose.yaml compose.y.yaml compose.local.yaml")),
            ("a", "z", false, None),
            ("a", "local", false, None),
            ("b", "", false, Some("compose.yaml")),
            ("b", "", true, None),
        ] {
            let overlays: Vec<String> = overlays.split_whitespace().map(str::to_owned).collect();
            let selection = places.find(name).unwrap().selection(&overlays, local).ok();
            let found = selection.map(|selection| {
                let names = selection.files.iter().map(|file| file.file_name().unwrap().to_str().unwrap());
                names.collect::<Vec<_>>().join(" ")
            });
            assert_eq!(found.as_deref(), expected, "{name} {overlays:?} {local}");
        }
        assert!(places.find("c").is_err());
    }
}
