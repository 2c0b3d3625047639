//! What a step or a service waits for. Values, not text: `render` turns them into words.

use evenkeel_model::{Condition, Object, ServiceName, Timestamp};
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
    /// A container must have stopped.
    Stopped {
        /// Whose.
        service: ServiceName,
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
    /// A dependency has failed for good: nothing but a new request helps.
    Failed {
        /// Which.
        service: ServiceName,
    },
}
