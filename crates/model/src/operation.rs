//! The record of one request: it ends when the stack has reached what was asked, or with the reason why not.

use crate::{ServiceName, StackName, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An operation's id: a UUID of version 7, so that ids sort by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(pub String);

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

    /// The verb of a word.
    pub fn parse(word: &str) -> Option<Self> {
        const ALL: [Verb; 14] = [
            Verb::Up,
            Verb::Down,
            Verb::Restart,
            Verb::Stop,
            Verb::Start,
            Verb::Pause,
            Verb::Unpause,
            Verb::Scale,
            Verb::Reset,
            Verb::Rollback,
            Verb::Create,
            Verb::Rm,
            Verb::Pull,
            Verb::Build,
        ];
        ALL.into_iter().find(|verb| verb.as_str() == word)
    }
}

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// The stack.
    pub stack: StackName,
    /// What was asked.
    pub verb: Verb,
    /// The services that it is about; empty means all.
    pub services: Vec<ServiceName>,
    /// How far it is.
    pub state: OperationState,
    /// The generation that it brings about.
    pub generation: u64,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it must have ended.
    pub deadline: Timestamp,
}

/// How far an operation is. It only moves forward, from running to one of the ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum OperationState {
    /// The stack is on its way.
    Running,
    /// The stack has reached what was asked.
    Succeeded {
        /// When.
        at: Timestamp,
    },
    /// It cannot, for this reason.
    Failed {
        /// When that was clear.
        at: Timestamp,
        /// Service and cause, for people.
        reason: String,
    },
    /// A later request for the same stack took its place.
    Superseded {
        /// When.
        at: Timestamp,
    },
}

impl OperationState {
    /// Whether it has ended, in whatever way.
    pub fn is_ended(&self) -> bool {
        !matches!(self, Self::Running)
    }
}
