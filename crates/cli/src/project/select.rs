//! Which files a command line means, by Compose's rules: flags, then the environment, then what is found from here upwards.
//!
//! It looks whether files exist and reads at most one `.env`; the loader reads everything else.

use super::world::STDIN;
use crate::args::Selection;
use crate::failure::Failure;
use evenkeel_compose::{Request, Source};
use std::path::{Path, PathBuf};

/// Compose's names for a project's file, first wins.
const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
/// Its names for the file that is laid over it, first wins.
const OVERRIDES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// Where a command runs and what it can see.
pub struct Surroundings<'a> {
    /// The directory that relative paths of the command line start at.
    pub current: &'a Path,
    /// Variables and files.
    pub source: &'a dyn Source,
}

impl Surroundings<'_> {
    /// What to load; `None` where no file is named and none is found.
    pub fn request(&self, selection: &Selection) -> Result<Option<Request>, Failure> {
        let directory = selection.project_directory.as_deref().map(|directory| self.absolute(directory));
        let files = match self.named(selection, directory.as_deref()) {
            files if files.is_empty() => self.found(directory.as_deref().unwrap_or(self.current)),
            files => files,
        };
        let Some(first) = files.first() else { return Ok(None) };
        let working_dir = match &directory {
            Some(directory) => directory.clone(),
            None if first == Path::new(STDIN) => self.current.to_owned(),
            None => first.parent().unwrap_or(Path::new("/")).to_owned(),
        };
        Ok(Some(Request {
            compose_files: files.iter().map(|file| text(file)).collect::<Result<_, _>>()?,
            project_name: selection.project_name.clone(),
            profiles: selection.profiles.clone(),
            env_files: self.env_files(selection).iter().map(|file| text(file)).collect::<Result<_, _>>()?,
            working_dir: text(&working_dir)?,
            no_default_env_file: self.is_set("COMPOSE_DISABLE_ENV_FILE"),
            ..Request::default()
        }))
    }

    /// By `-f`, or by `COMPOSE_FILE` of the environment or of the `.env` here.
    fn named(&self, selection: &Selection, directory: Option<&Path>) -> Vec<PathBuf> {
        if !selection.files.is_empty() {
            return selection.files.iter().map(|file| self.absolute(file)).collect();
        }
        let dotenv = directory.unwrap_or(self.current).join(".env");
        let dotenv = dotenv.to_str().filter(|_| !self.is_set("COMPOSE_DISABLE_ENV_FILE"));
        let dotenv = dotenv.and_then(|path| self.source.file(path).ok()).unwrap_or_default();
        let variable = |name: &str| self.variable(name).or_else(|| assigned(&dotenv, name));
        let separator = variable("COMPOSE_PATH_SEPARATOR").unwrap_or_else(|| ":".to_owned());
        let files = variable("COMPOSE_FILE").unwrap_or_default();
        files
            .split(separator.as_str())
            .filter(|file| !file.is_empty())
            .map(|file| self.absolute(Path::new(file)))
            .collect()
    }

    /// The project's file in this directory or the next one above it that has one, and the file laid over it.
    fn found(&self, from: &Path) -> Vec<PathBuf> {
        let in_directory = |directory: &Path, names: &[&str]| {
            names.iter().map(|name| directory.join(name)).find(|file| file.is_file())
        };
        from.ancestors()
            .find_map(|directory| Some((in_directory(directory, &NAMES)?, in_directory(directory, &OVERRIDES))))
            .map(|(file, over)| std::iter::once(file).chain(over).collect())
            .unwrap_or_default()
    }

    fn env_files(&self, selection: &Selection) -> Vec<PathBuf> {
        if !selection.env_files.is_empty() {
            return selection.env_files.iter().map(|file| self.absolute(file)).collect();
        }
        let named = self.variable("COMPOSE_ENV_FILES").unwrap_or_default();
        let named = named.split(',').map(str::trim).filter(|file| !file.is_empty());
        named.map(|file| self.absolute(Path::new(file))).collect()
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.source.variable(name).filter(|value| !value.is_empty())
    }

    fn is_set(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|value| matches!(value.to_lowercase().as_str(), "1" | "t" | "true"))
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        if path == Path::new("-") {
            return PathBuf::from(STDIN);
        }
        let mut clean = PathBuf::new();
        for part in self.current.join(path).components() {
            match part {
                std::path::Component::ParentDir => {
                    clean.pop();
                }
                std::path::Component::CurDir => {}
                part => clean.push(part),
            }
        }
        clean
    }
}

/// The value that a `.env` gives a variable which names files: those need no more of its dialect than quotes.
fn assigned(dotenv: &str, name: &str) -> Option<String> {
    let mut assignments = dotenv.lines().filter_map(|line| {
        let line = line.trim();
        line.strip_prefix("export ").unwrap_or(line).split_once('=')
    });
    let (_, value) = assignments.rfind(|(key, _)| key.trim() == name)?;
    let value = value.trim();
    let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.split(*quote).next());
    let value = quoted.unwrap_or_else(|| value.split(" #").next().unwrap_or_default().trim());
    (!value.is_empty()).then(|| value.to_owned())
}

fn text(path: &Path) -> Result<String, Failure> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        let message = format!("the path {} is not UTF-8, and cannot be sent to the daemon", path.display());
        Failure::Usage { message, help: "rename it".to_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::world::World;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        root
    }

    fn selection(files: &[&str], directory: Option<&str>) -> Selection {
        let files = files.iter().map(PathBuf::from).collect();
        Selection { files, project_directory: directory.map(PathBuf::from), ..Selection::default() }
    }

    #[test]
    fn files_are_selected_as_compose_does() {
        let root = tree(&[
            ("app/compose.yaml", ""),
            ("app/docker-compose.yml", ""),
            ("app/compose.override.yaml", ""),
            ("app/deep/er/x", ""),
            ("old/docker-compose.yml", ""),
            ("env/.env", "A=1\nexport COMPOSE_FILE='../app/compose.yaml;b.yaml' # two\nCOMPOSE_PATH_SEPARATOR=;\n"),
            ("empty/x", ""),
        ]);
        let own = |files: &[&str]| files.iter().map(|&file| file.to_owned()).collect::<Vec<_>>();
        for (current, variables, selection, files, directory) in [
            ("app", &[][..], selection(&[], None), own(&["app/compose.yaml", "app/compose.override.yaml"]), "app"),
            ("app/deep/er", &[], selection(&[], None), own(&["app/compose.yaml", "app/compose.override.yaml"]), "app"),
            ("old", &[], selection(&[], None), own(&["old/docker-compose.yml"]), "old"),
            ("app", &[], selection(&["../old/a.yaml", "b.yaml"], None), own(&["old/a.yaml", "app/b.yaml"]), "old"),
            ("app", &[], selection(&["./a.yaml"], Some("../old")), own(&["app/a.yaml"]), "old"),
            (
                "app",
                &[("COMPOSE_FILE", "a.yaml:../b.yaml")],
                selection(&[], None),
                own(&["app/a.yaml", "b.yaml"]),
                "app",
            ),
            ("app", &[("COMPOSE_FILE", "a.yaml")], selection(&["c.yaml"], None), own(&["app/c.yaml"]), "app"),
            ("env", &[], selection(&[], None), own(&["app/compose.yaml", "env/b.yaml"]), "app"),
            ("empty", &[], selection(&[], Some("../old")), own(&["old/docker-compose.yml"]), "old"),
        ] {
            let world = World::with(variables.iter().map(|&(name, value): &(&str, &str)| (name.into(), value.into())));
            let current = root.path().join(current);
            let request = Surroundings { current: &current, source: &world }.request(&selection).unwrap().unwrap();
            let absolute: Vec<String> = files.iter().map(|file| root.path().join(file).display().to_string()).collect();
            assert_eq!(request.compose_files, absolute, "{selection:?}");
            assert_eq!(request.working_dir, root.path().join(directory).display().to_string(), "{selection:?}");
        }
        let world = World::with([]);
        let nothing = Surroundings { current: &root.path().join("empty"), source: &world };
        assert!(nothing.request(&Selection::default()).unwrap().is_none());
    }

    #[test]
    fn stdin_and_env_files_and_their_variables() {
        let (current, set) = (Path::new("/here"), |name: &str, value: &str| [(name.to_owned(), value.to_owned())]);
        let ask = |world: &World, selection: &Selection| {
            Surroundings { current, source: world }.request(selection).unwrap().unwrap()
        };
        let stdin = selection(&["-"], None);
        let request = ask(&World::with(set("COMPOSE_ENV_FILES", "a.env, /b.env")), &stdin);
        assert_eq!((request.compose_files, request.working_dir), (vec![STDIN.to_owned()], "/here".to_owned()));
        assert_eq!(request.env_files, ["/here/a.env", "/b.env"]);
        let told = Selection { env_files: vec!["c.env".into()], ..stdin };
        let request = ask(&World::with(set("COMPOSE_DISABLE_ENV_FILE", "true")), &told);
        assert_eq!((request.env_files, request.no_default_env_file), (vec!["/here/c.env".to_owned()], true));
    }
}
