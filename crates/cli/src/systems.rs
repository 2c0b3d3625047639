//! The shipped systems: folders with a `compose.yaml` and, for machines without a registry, a `compose.local.yaml`.

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
const LOCAL_FILE: &str = "compose.local.yaml";

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
    /// The overlay that swaps images for locally built ones, where there is one.
    pub fn local_file(&self) -> Option<PathBuf> {
        Some(self.folder.join(LOCAL_FILE)).filter(|file| file.is_file())
    }

    /// The project that it is, with the overlay or without.
    pub fn selection(&self, local: bool) -> Result<Selection, Failure> {
        let mut files = vec![self.folder.join(FILE)];
        if local {
            files.push(self.local_file().ok_or_else(|| Failure::Failed {
                message: format!("system `{}` has no {LOCAL_FILE}", self.name),
                help: Some("bring it up without --local".into()),
            })?);
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
    fn the_overlay_is_used_only_when_asked_and_there() {
        let root = tree(&["a/compose.yaml", "a/compose.local.yaml", "b/compose.yaml"]);
        let places = Places { variable: Some(root.path().into()), ..Places::default() };
        for (name, local, files) in
            [("a", false, Some(1)), ("a", true, Some(2)), ("b", false, Some(1)), ("b", true, None)]
        {
            let selection = places.find(name).unwrap().selection(local);
            assert_eq!(selection.ok().map(|selection| selection.files.len()), files, "{name} {local}");
        }
        assert!(places.find("c").is_err());
    }
}
