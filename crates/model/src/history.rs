//! What happened, in order: the one stream behind `events`, `history` and an operation's timeline.

use crate::{OperationId, ServiceName, StackName, Timestamp};
use serde::{Deserialize, Serialize};

/// One thing that happened. `id` rises by one with each and is what a client resumes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// Position in the stream; 0 before it is stored.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// The stack.
    pub stack: Option<StackName>,
    /// The service.
    pub service: Option<ServiceName>,
    /// The operation on whose behalf.
    pub operation: Option<OperationId>,
    /// What kind of thing.
    pub kind: HistoryKind,
    /// The object on the engine: `container shop-web-1`.
    pub object: Option<String>,
    /// For people, with secrets masked.
    pub message: String,
    /// Why, for people, with secrets masked.
    pub cause: Option<String>,
    /// How long it took, in milliseconds, where it took time.
    pub took_ms: Option<u64>,
    /// What a step that begins has waited for, each for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<String>,
}

/// Kinds of history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryKind {
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
    /// A long action (pull, build) tells how far it is. Not stored, only streamed.
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
    /// A connection between services that was tried again does not work, and did before or was not tried before.
    ConnectionFailed,
    /// A connection that did not work does again.
    ConnectionRestored,
    /// Something that a person should know, and that stopped nothing.
    Warning,
}

impl HistoryKind {
    /// The word for it in the API and in SQLite.
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
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::OperationAccepted,
            Self::OperationEnded,
            Self::StepStarted,
            Self::StepDone,
            Self::StepFailed,
            Self::Progress,
            Self::ServiceState,
            Self::StackState,
            Self::ContainerEnded,
            Self::Engine,
            Self::Hold,
            Self::ConnectionFailed,
            Self::ConnectionRestored,
            Self::Warning,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == word)
    }
}
