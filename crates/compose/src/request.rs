//! What to load.

use crate::project;
use evenkeel_model::Definition;

/// Which files, which profiles, which name. All paths are absolute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The Compose files to merge, in order.
    pub compose_files: Vec<String>,
    /// `-p` or `COMPOSE_PROJECT_NAME` of the command: wins over all other names.
    pub project_name: Option<String>,
    /// The profiles that are switched on; `*` is all. Empty means `COMPOSE_PROFILES`.
    pub profiles: Vec<String>,
    /// `--env-file`, in order, later wins; empty means `.env` of the project's directory, if there is one.
    pub env_files: Vec<String>,
    /// The project's directory: relative paths start here.
    pub working_dir: String,
    /// Leave `${…}` as it stands. For [`crate::config`] alone: a stack has no variables.
    pub no_interpolate: bool,
    /// `COMPOSE_DISABLE_ENV_FILE`: do not look for `.env`.
    pub no_default_env_file: bool,
    /// Services that are asked for by name: their profiles are switched on too.
    pub services: Vec<String>,
    /// Only these services and what they depend on; empty means all. For [`crate::config`] alone.
    pub only: Vec<String>,
    /// Stages that are left out. For [`crate::config`] alone: a stack needs them all.
    pub skip: Skip,
}

/// Stages on the way to the document that a look at files can leave out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skip {
    /// `--no-normalize`: what follows from the files without standing in them.
    pub normalisation: bool,
    /// `--no-path-resolution`: relative paths stay as they are written.
    pub paths: bool,
    /// `--no-consistency`: what is named and not there is let pass.
    pub consistency: bool,
    /// The services' `env_file`s are not read, and two containers may have one name: for lists of names.
    pub env_files: bool,
}

impl Request {
    /// The request that a definition stands for. One that names no Compose files means those with the usual names.
    pub fn of(definition: &Definition) -> Self {
        let absolute = |paths: &[String]| {
            paths.iter().map(|path| crate::paths::join(&definition.working_dir, path)).collect::<Vec<_>>()
        };
        let mut compose_files = absolute(&definition.compose_files);
        if compose_files.is_empty() {
            let carried = absolute(&definition.files.iter().map(|file| file.path.clone()).collect::<Vec<_>>());
            compose_files = project::files_in(&definition.working_dir, &|path| carried.iter().any(|file| file == path));
        }
        Self {
            compose_files,
            project_name: definition.project_name.clone(),
            profiles: definition.profiles.clone(),
            env_files: absolute(&definition.env_files),
            working_dir: definition.working_dir.clone(),
            ..Self::default()
        }
    }
}
