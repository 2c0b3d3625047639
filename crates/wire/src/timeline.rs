//! Where the time of an operation went.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The way of an operation's services until they were ready, or gone. Only those that were started or ended on its behalf have a place in
/// it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Timeline {
    /// In order of being ready; what is not ready comes last.
    pub services: Vec<ServiceTimeline>,
    /// Of `down`, `stop` and `rm`, in order of being through; what is not comes last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endings: Vec<Ending>,
}

/// The way of one service or network until it was gone. With several containers it is the last of them that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ending {
    /// For people: `web`, `network shop_default`.
    pub what: String,
    /// The service, where it is one.
    #[serde(default)]
    pub service: Option<String>,
    /// When it was asked to stop; null where nothing ran.
    #[serde(default)]
    pub stopping_at: Option<DateTime<Utc>>,
    /// When it had stopped.
    #[serde(default)]
    pub stopped_at: Option<DateTime<Utc>>,
    /// When it had been removed.
    #[serde(default)]
    pub removed_at: Option<DateTime<Utc>>,
    /// What it waited for before it was asked to stop, or removed where nothing ran.
    #[serde(default)]
    pub waited_for: Vec<Waited>,
    /// Whether the whole took as long as it did because of it.
    #[serde(default)]
    pub critical: bool,
}

/// The way of one service. With several containers it is the last of them that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceTimeline {
    /// The service.
    pub service: String,
    /// When its container had been made; null where it was there before.
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
    /// When the engine had started it.
    pub started_at: DateTime<Utc>,
    /// When it was ready; for a job, when it had completed. Null while it is not.
    #[serde(default)]
    pub ready_at: Option<DateTime<Utc>>,
    /// What it waited for, in the order in which that came about.
    #[serde(default)]
    pub waited_for: Vec<Waited>,
    /// Whether the whole took as long as it did because of this service.
    #[serde(default)]
    pub critical: bool,
    /// When it would have been ready had readiness been told by Docker's own probes alone, one for each `interval` of the file.
    #[serde(default)]
    pub ready_by_intervals_at: Option<DateTime<Utc>>,
}

/// One wait of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waited {
    /// For people: `db to be healthy`.
    pub what: String,
    /// The service, where it was one.
    #[serde(default)]
    pub service: Option<String>,
    /// When it came about; null while it has not.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
    /// Milliseconds in which nothing else was to be done for the service that waited.
    #[serde(default)]
    pub took_ms: Option<u64>,
}
