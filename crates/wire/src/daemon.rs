//! The daemon itself: its version, whether it can work, and what is wrong with its surroundings.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The answer of `GET /v1/version`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// The daemon's version.
    pub version: String,
    /// The engine's name and version; null while it does not answer.
    #[serde(default)]
    pub engine: Option<String>,
    /// The engine's API version: `1.41`.
    #[serde(default)]
    pub engine_api: Option<String>,
}

/// The answer of `GET /readyz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// Engine and store can be reached.
    pub ready: bool,
    /// What was looked at.
    #[serde(default)]
    pub checks: Vec<Check>,
}

/// The answer of `GET /v1/doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Doctor {
    /// Nothing is wrong.
    pub ok: bool,
    /// What was looked at.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Check {
    /// What: `engine`, `engine-api`, `store`, `disk`, `socket`.
    pub name: String,
    /// How it is.
    pub state: CheckState,
    /// What was found.
    pub detail: String,
    /// How to mend it.
    #[serde(default)]
    pub help: Option<String>,
}

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// As it should be.
    Ok,
    /// It works, and may not for long, or not for everything.
    Warning,
    /// It does not work.
    Failed,
}
