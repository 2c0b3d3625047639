//! What a step or a service waits for. Values, not text: `render` turns them into words.

use evenkeel_model::{Condition, ContainerName, Object, ServiceName, Timestamp};
use serde::{Deserialize, Serialize};

/// Something that is not so yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wait", rename_all = "snake_case")]
pub enum Wait {
    /// An object must exist.
    Exists {
        /// Which.
        object: Object,
    },
    /// An object must be gone.
    Gone {
        /// Which.
        object: Object,
    },
    /// A container must have ended.
    Stopped {
        /// Which.
        container: ContainerName,
    },
    /// Hooks must have been run in a container.
    Hooks {
        /// Which.
        container: ContainerName,
    },
    /// A service must meet a condition of `depends_on`.
    Dependency {
        /// Which service.
        service: ServiceName,
        /// What must hold.
        condition: Condition,
    },
    /// A back-off must be over.
    Until {
        /// When it is.
        at: Timestamp,
        /// Failures so far.
        failures: u32,
    },
    /// A person holds the stack: nothing is done until they give it back.
    Release,
    /// A dependency can never meet its condition as things are: nothing but a new request helps.
    Never {
        /// Which service.
        service: ServiceName,
        /// Why not.
        because: Never,
    },
}

/// Why a dependency's condition cannot come true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Never {
    /// It ended with this exit code, and is not started again.
    Exited {
        /// The exit code.
        code: i64,
    },
    /// It runs, and has no healthcheck by which it could become healthy.
    NoHealthcheck,
}
