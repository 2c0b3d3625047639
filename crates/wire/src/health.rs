//! Everything's health in one small document for polling. It has no `observed_at`, so that it changes, and its `ETag`
//! with it, only when a state does.

use crate::{ServiceState, StackState};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The health of all stacks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Every stack is what it should be, and no connection that is tried again and again fails.
    pub ok: bool,
    /// By stack.
    pub stacks: BTreeMap<String, StackHealth>,
}

/// The health of one stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StackHealth {
    /// What it does.
    pub state: StackState,
    /// Since when.
    pub since: DateTime<Utc>,
    /// By service.
    pub services: BTreeMap<String, ServiceHealth>,
}

/// The health of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceHealth {
    /// What it does.
    pub state: ServiceState,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Its connections that do not work, where the stack wants them tried again and again (`check_connections`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_connections: Vec<FailedConnection>,
}

/// A connection of a service that does not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailedConnection {
    /// The service that should answer.
    pub to: String,
    /// Under which name and port it is addressed.
    #[schema(example = "db:5432")]
    pub address: String,
    /// The kind of its failure, as of `Connection`.
    #[schema(example = "refused")]
    pub kind: String,
    /// Why, for people.
    pub error: String,
}
