//! Stacks: the definition that a client sends, and what has become of it.

use crate::{Diagnostic, Operation, Service};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The body of `PUT /v1/stacks/{stack}`: everything from which the stack follows.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Definition {
    /// Every file that was read: Compose files, `.env`, `env_file`s, included and extended files.
    pub files: Vec<DefinitionFile>,
    /// Which of `files` are the Compose files to merge, in order. Empty: the only file, or the one that Compose's file
    /// discovery would take.
    pub compose_files: Vec<String>,
    /// The variables that the files may refer to.
    pub environment: BTreeMap<String, String>,
    /// The profiles that are switched on.
    pub profiles: Vec<String>,
    /// Absolute path of the project's directory on the daemon's host: relative paths start here.
    pub working_dir: String,
    /// `--env-file`, in order; empty means `.env` of the project's directory.
    pub env_files: Vec<String>,
    /// `-p`, where one was given. The route's name is the stack's in any case.
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
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DefinitionFile {
    /// Absolute, or relative to the working directory.
    pub path: String,
    /// The text.
    pub content: String,
}

impl std::fmt::Debug for DefinitionFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DefinitionFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The answer to a definition: it is in force. `up` brings it about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DefinitionAccepted {
    /// The stack.
    pub stack: String,
    /// Its generation, also the answer's `ETag`.
    pub generation: u64,
    /// Whether the definition differs from the one before.
    pub changed: bool,
    /// Its services.
    #[serde(default)]
    pub services: Vec<String>,
    /// Warnings and notes.
    #[serde(default)]
    pub diagnostics: Vec<Diagnostic>,
}

/// A stack in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StackSummary {
    /// Its name.
    pub stack: String,
    /// What it does.
    pub state: StackState,
    /// How many of its services are ready.
    pub ready: u32,
    /// How many services it has.
    pub services: u32,
    /// The generation of the definition in force; 0 where there is none.
    pub generation: u64,
    /// Since when the state is as it is.
    pub since: DateTime<Utc>,
    /// When this was so, by the engine's clock; null while the engine has not been seen.
    #[serde(default)]
    pub observed_at: Option<DateTime<Utc>>,
    /// A person works on it by hand: nothing is healed.
    #[serde(default)]
    pub held: bool,
    /// Why it is not what it should be, for people; null where it is.
    #[serde(default)]
    pub reason: Option<String>,
}

/// The states of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StackState {
    /// Every service is ready.
    Up,
    /// On its way up.
    Converging,
    /// Some services are ready, and some are not and are tried again.
    Degraded,
    /// A service has failed and is not tried again by itself.
    Failed,
    /// On its way down.
    Stopping,
    /// Nothing runs, as it should be.
    Down,
    /// No stack yet: a project that Docker Compose has started. Only in a list that asks for it.
    Unmanaged,
}

impl StackState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Converging => "converging",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Stopping => "stopping",
            Self::Down => "down",
            Self::Unmanaged => "unmanaged",
        }
    }
}

impl std::fmt::Display for StackState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// A stack with its services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StackDetail {
    /// Its name.
    pub stack: String,
    /// What it does.
    pub state: StackState,
    /// How many of its services are ready.
    pub ready: u32,
    /// The generation of the definition in force, also the answer's `ETag`.
    pub generation: u64,
    /// Since when the state is as it is.
    pub since: DateTime<Utc>,
    /// When this was so, by the engine's clock; null while the engine has not been seen.
    #[serde(default)]
    pub observed_at: Option<DateTime<Utc>>,
    /// A person works on it by hand: nothing is healed.
    #[serde(default)]
    pub held: bool,
    /// Why it is not what it should be, for people; null where it is.
    #[serde(default)]
    pub reason: Option<String>,
    /// The services.
    pub services: Vec<Service>,
    /// The project's directory.
    #[serde(default)]
    pub working_dir: String,
    /// The Compose files, in order.
    #[serde(default)]
    pub config_files: Vec<String>,
    /// The newest operation, without its steps.
    #[serde(default)]
    pub operation: Option<Operation>,
    /// For a stack that was brought up for one run: what has ended it.
    #[serde(default)]
    pub aborted: Option<Aborted>,
}

/// The container that ended a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Aborted {
    /// Its service.
    pub service: String,
    /// Its name.
    pub container: String,
    /// Its exit code.
    pub exit_code: i64,
    /// When it ended.
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_needs_only_what_it_uses_and_refuses_what_it_does_not_know() {
        for (body, good) in [
            (r#"{"files":[{"path":"compose.yaml","content":"services: {}"}],"working_dir":"/srv/shop"}"#, true),
            (r#"{"files":[],"environment":{"A":"1"},"profiles":["dev"],"working_dir":"/srv"}"#, true),
            (r#"{}"#, true),
            (r#"{"file":[]}"#, false),
            (r#"{"files":[{"path":"a"}]}"#, false),
            (r#"{"files":[{"path":"a","content":"","mode":1}]}"#, false),
        ] {
            assert_eq!(serde_json::from_str::<Definition>(body).is_ok(), good, "{body}");
        }
    }

    #[test]
    fn debug_shows_no_contents() {
        let definition = Definition {
            files: vec![DefinitionFile { path: "compose.yaml".into(), content: "hunter2".into() }],
            environment: [("PASSWORD".to_owned(), "hunter2".to_owned())].into(),
            ..Definition::default()
        };
        let text = format!("{definition:?} {:?}", definition.files);
        assert!(text.contains("compose.yaml") && !text.contains("hunter2"), "{text}");
    }
}
