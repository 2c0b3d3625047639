//! A stack as people ask for it: the files as they were given, and what they mean.

use crate::{Network, NetworkName, Service, ServiceName, StackName, Timestamp, Volume, VolumeName};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A Compose project, resolved: variables filled in, files merged, names and paths absolute. Holds only services that are
/// enabled by the chosen profiles, and only networks and volumes that those use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// The project's name.
    pub name: StackName,
    /// Absolute path of the project's directory on the daemon's host.
    pub working_dir: String,
    /// Absolute paths of the Compose files, in the order in which they were merged.
    pub config_files: Vec<String>,
    /// Absolute paths of the files of `--env-file`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env_files: Vec<String>,
    /// The services.
    pub services: BTreeMap<ServiceName, Service>,
    /// Services of the files that the chosen profiles leave out. Their containers are no orphans.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub disabled: BTreeSet<ServiceName>,
    /// Names of containers and of built images are joined by underscores, as those of Compose 1 (`--compatibility`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub underscores: bool,
    /// Its owner wants its connections tried again and again, this often (`x-evenkeel: {check_connections: 30s}`); in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_connections_ms: Option<u64>,
    /// The networks, by their names on the engine.
    pub networks: BTreeMap<NetworkName, Network>,
    /// The named volumes, by their names on the engine.
    pub volumes: BTreeMap<VolumeName, Volume>,
}

impl Stack {
    /// A name that begins with the project's, such as `shop-web-1`.
    pub fn joined(&self, parts: &[&str]) -> String {
        let between = if self.underscores { "_" } else { "-" };
        std::iter::once(self.name.as_str()).chain(parts.iter().copied()).collect::<Vec<_>>().join(between)
    }
}

/// What a client sent: everything from which a [`Stack`] follows, so that the daemon needs nothing else to read it again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Every file that was read: Compose files, `.env`, `env_file`s, included and extended files.
    pub files: Vec<DefinitionFile>,
    /// Which of `files` are the Compose files to merge, in order.
    pub compose_files: Vec<String>,
    /// The variables of the client's environment that the files may refer to.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The profiles that are switched on.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// The project's directory: relative paths start here.
    pub working_dir: String,
    /// `--env-file`, in order; empty means `.env` of the project's directory.
    #[serde(default)]
    pub env_files: Vec<String>,
    /// `-p`, where one was given.
    #[serde(default)]
    pub project_name: Option<String>,
}

impl std::fmt::Debug for Definition {
    /// Paths only: contents and values may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let paths: Vec<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        f.debug_struct("Definition")
            .field("files", &paths)
            .field("profiles", &self.profiles)
            .field("working_dir", &self.working_dir)
            .finish_non_exhaustive()
    }
}

/// One file of a definition.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinitionFile {
    /// Absolute path, or relative to the definition's working directory.
    pub path: String,
    /// The text.
    pub content: String,
}

/// One accepted definition of a stack. The resolved stack is kept beside the files, so that a newer loader never changes,
/// and so never recreates, what runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The stack.
    pub stack: StackName,
    /// 1 for the first, then one more with each change.
    pub generation: u64,
    /// What was sent.
    pub definition: Definition,
    /// What it means.
    pub resolved: Stack,
    /// When it was accepted.
    pub created_at: Timestamp,
}
