//! A service as it is, as it should be, and the reason for the difference.

use crate::Port;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A service of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Service {
    /// Its name in the file.
    pub service: String,
    /// What it does.
    pub state: ServiceState,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When this was so, by the engine's clock; null while the engine has not been seen.
    #[serde(default)]
    pub observed_at: Option<DateTime<Utc>>,
    /// What it should be.
    pub desired: DesiredState,
    /// Why it is not what it should be, for people; null where it is.
    #[serde(default)]
    pub reason: Option<String>,
    /// What it waits for, each for people: `db to be healthy`.
    #[serde(default)]
    pub waiting_for: Vec<String>,
    /// When it is tried again.
    #[serde(default)]
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// The exit code of its newest run, where that has ended.
    #[serde(default)]
    pub exit_code: Option<i64>,
    /// It does what it is there for: healthy; or running without a healthcheck; or completed, for a job.
    #[serde(default)]
    pub ready: bool,
    /// Its image, as the file names it.
    #[serde(default)]
    pub image: Option<String>,
    /// It stands in for the real service: what it is, and is not.
    #[serde(default)]
    pub stand_in: Option<String>,
    /// Its containers, by number.
    #[serde(default)]
    pub containers: Vec<Container>,
    /// All published ports of its containers.
    #[serde(default)]
    pub ports: Vec<Port>,
}

/// The states of a service, and of each of its containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// It waits; `waiting_for` says for what.
    Pending,
    /// Its containers are being made.
    Creating,
    /// It runs, and its healthcheck has not decided yet; or it is just being started.
    Starting,
    /// It runs, and has no healthcheck.
    Running,
    /// It runs, and its healthcheck passes.
    Healthy,
    /// It runs, and its healthcheck fails.
    Unhealthy,
    /// A job that ended with exit code 0.
    Completed,
    /// It does not run and is not tried again by itself.
    Failed,
    /// It ended and is tried again at `next_attempt_at`.
    Restarting,
    /// It is being stopped, or it has ended and the engine still cleans up behind it.
    Stopping,
    /// Its containers exist, or not, and should not run.
    Stopped,
    /// It cannot be seen; `reason` says why.
    Unknown,
}

impl ServiceState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Creating => "creating",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Restarting => "restarting",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Unknown => "unknown",
        }
    }
}

impl std::fmt::Display for ServiceState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a service should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DesiredState {
    /// Running.
    Running,
    /// Run once to its end.
    Completed,
    /// There, and not running.
    Stopped,
    /// There, and frozen where it runs.
    Paused,
    /// Gone.
    Down,
}

/// A container of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Container {
    /// Its name on the engine.
    pub container: String,
    /// What it does.
    pub state: ServiceState,
    /// Since when.
    #[serde(default)]
    pub since: Option<DateTime<Utc>>,
    /// When it was created.
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
    /// When its newest run began.
    #[serde(default)]
    pub started_at: Option<DateTime<Utc>>,
    /// How its newest run ended, where it has.
    #[serde(default)]
    pub exit_code: Option<i64>,
    /// Why it is not what it should be, for people.
    #[serde(default)]
    pub reason: Option<String>,
    /// The end of its log as it was when it failed, where it has.
    #[serde(default)]
    pub last_words: Option<String>,
    /// Its published ports.
    #[serde(default)]
    pub ports: Vec<Port>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_written_as_they_are_displayed() {
        for state in [
            ServiceState::Pending,
            ServiceState::Creating,
            ServiceState::Starting,
            ServiceState::Running,
            ServiceState::Healthy,
            ServiceState::Unhealthy,
            ServiceState::Completed,
            ServiceState::Failed,
            ServiceState::Restarting,
            ServiceState::Stopping,
            ServiceState::Stopped,
            ServiceState::Unknown,
        ] {
            assert_eq!(serde_json::to_value(state).ok(), Some(serde_json::json!(state.to_string())));
        }
    }
}
