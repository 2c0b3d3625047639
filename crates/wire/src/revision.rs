//! Earlier definitions of a stack, to go back to.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One accepted definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Revision {
    /// 1 for the first, then one more with each change. What `rollback --to` takes.
    pub generation: u64,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
    /// It is in force.
    pub current: bool,
    /// Its services.
    #[serde(default)]
    pub services: Vec<String>,
    /// Its Compose files, in order.
    #[serde(default)]
    pub config_files: Vec<String>,
}
