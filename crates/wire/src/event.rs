//! What happened: one item of the `events` streams and of `history`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Rises with each; what `Last-Event-ID` resumes from. 0 for what is streamed and not kept.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// The stack.
    #[serde(default)]
    pub stack: Option<String>,
    /// The service.
    #[serde(default)]
    pub service: Option<String>,
    /// The operation on whose behalf.
    #[serde(default)]
    pub operation: Option<String>,
    /// What kind of thing, also the SSE event's name.
    pub kind: EventKind,
    /// The object on the engine: `container shop-web-1`.
    #[serde(default)]
    pub object: Option<String>,
    /// For people.
    pub message: String,
    /// Why, for people.
    #[serde(default)]
    pub cause: Option<String>,
    /// How long it took, where it took time.
    #[serde(default)]
    pub took_ms: Option<u64>,
}

/// Kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A request was accepted.
    OperationAccepted,
    /// An operation ended.
    OperationEnded,
    /// An action began.
    StepStarted,
    /// An action is done.
    StepDone,
    /// An action failed.
    StepFailed,
    /// A long action (pull, build) tells how far it is. Streamed, not kept.
    Progress,
    /// A service's state changed.
    ServiceState,
    /// A stack's state changed.
    StackState,
    /// A container ended that should run.
    ContainerEnded,
    /// The engine was lost or found.
    Engine,
    /// A person took a stack out of our hands or gave it back.
    Hold,
    /// A connection that is tried again and again does not work.
    ConnectionFailed,
    /// A connection that did not work does again.
    ConnectionRestored,
    /// Something that a person should know, and that stopped nothing.
    Warning,
    /// A kind that this version does not know.
    #[serde(other)]
    Other,
}

impl EventKind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OperationAccepted => "operation_accepted",
            Self::OperationEnded => "operation_ended",
            Self::StepStarted => "step_started",
            Self::StepDone => "step_done",
            Self::StepFailed => "step_failed",
            Self::Progress => "progress",
            Self::ServiceState => "service_state",
            Self::StackState => "stack_state",
            Self::ContainerEnded => "container_ended",
            Self::Engine => "engine",
            Self::Hold => "hold",
            Self::ConnectionFailed => "connection_failed",
            Self::ConnectionRestored => "connection_restored",
            Self::Warning => "warning",
            Self::Other => "other",
        }
    }
}
