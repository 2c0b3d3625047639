//! The record of one request: how far it is, and how it ended.

use crate::{ServiceState, Timeline};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Operation {
    /// A UUID of version 7, so ids sort by time.
    pub id: String,
    /// How far it is.
    pub state: OperationState,
    /// While it runs: everything that it asks for has been begun, and it only waits until services are ready.
    #[serde(default)]
    pub begun: bool,
    /// The services that it is about.
    pub services: Vec<ServiceProgress>,
    /// What was asked.
    pub verb: Verb,
    /// Of which stack.
    pub stack: String,
    /// The generation that it brings about.
    #[serde(default)]
    pub generation: u64,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
    /// When it must have ended.
    #[serde(default)]
    pub deadline: Option<DateTime<Utc>>,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it failed, service and cause.
    #[serde(default)]
    pub reason: Option<String>,
    /// What was done, in order of beginning. Left out in lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Where its time went. Left out in lists, and where nothing was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
}

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// The stack is on its way.
    Running,
    /// The stack has reached what was asked.
    Succeeded,
    /// It cannot; `reason` says why.
    Failed,
    /// A later request for the same stack took its place.
    Superseded,
}

impl OperationState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
        }
    }
}

impl std::fmt::Display for OperationState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What was asked of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Bring up.
    Up,
    /// Take down.
    Down,
    /// End the present runs and start new ones.
    Restart,
    /// Stop containers.
    Stop,
    /// Start stopped containers.
    Start,
    /// Freeze what runs.
    Pause,
    /// Let it go on.
    Unpause,
    /// Change the number of containers.
    Scale,
    /// Back to a clean environment.
    Reset,
    /// Back to an earlier revision.
    Rollback,
    /// Make containers and start none.
    Create,
    /// Remove stopped containers.
    Rm,
    /// Have images brought from registries.
    Pull,
    /// Have images built.
    Build,
}

impl Verb {
    /// The word of the command and the route.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Restart => "restart",
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Unpause => "unpause",
            Self::Scale => "scale",
            Self::Reset => "reset",
            Self::Rollback => "rollback",
            Self::Create => "create",
            Self::Rm => "rm",
            Self::Pull => "pull",
            Self::Build => "build",
        }
    }
}

impl std::fmt::Display for Verb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// How far one service is on the way of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceProgress {
    /// The service.
    pub service: String,
    /// What it does now, or did when the operation ended.
    pub state: ServiceState,
    /// When its first container was created.
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
    /// When its containers' newest run began; null while one of them has not been started.
    #[serde(default)]
    pub started_at: Option<DateTime<Utc>>,
    /// When it was ready; null while it is not.
    #[serde(default)]
    pub ready_at: Option<DateTime<Utc>>,
}

/// One step that was begun on behalf of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// The verb: `pull`, `create`, `start`, …
    pub action: String,
    /// Kind and name.
    pub object: String,
    /// Why, for people.
    pub cause: String,
    /// What it waited for, each for people.
    #[serde(default)]
    pub waits_for: Vec<String>,
    /// How far it is.
    pub state: StepState,
    /// When it began.
    #[serde(default)]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<DateTime<Utc>>,
    /// How long it took.
    #[serde(default)]
    pub took_ms: Option<u64>,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Under way.
    Running,
    /// Done.
    Done,
    /// Failed; it may be tried again as a further step.
    Failed,
}
