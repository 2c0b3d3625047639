//! What a dependant waits for.

use serde::{Deserialize, Serialize};

/// The condition of a `depends_on` entry, in Compose's three kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Condition {
    /// The dependency's containers run.
    #[serde(rename = "service_started")]
    Started,
    /// Every container of the dependency is ready by its healthcheck.
    #[serde(rename = "service_healthy")]
    Healthy,
    /// The dependency is a job that ended with exit code 0.
    #[serde(rename = "service_completed_successfully")]
    Completed,
}

impl Condition {
    /// Compose's word for it, as in the file and in the `depends_on` label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "service_started",
            Self::Healthy => "service_healthy",
            Self::Completed => "service_completed_successfully",
        }
    }
}
