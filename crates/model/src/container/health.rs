//! Healthchecks.

use serde::{Deserialize, Serialize};

/// A healthcheck. Fields that are `None` keep the image's value, or else the engine's default (30 s, 30 s, 0 s, 3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Healthcheck {
    /// The probe; `None` keeps the image's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<HealthTest>,
    /// Nanoseconds between probes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_ns: Option<i64>,
    /// Nanoseconds that a probe may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ns: Option<i64>,
    /// Nanoseconds after start in which failures do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_period_ns: Option<i64>,
    /// Nanoseconds between probes within the start period (API 1.44).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_interval_ns: Option<i64>,
    /// Failures in a row that make a container unhealthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
}

/// What a probe runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthTest {
    /// `NONE` or `disable: true`: no healthcheck, not even the image's.
    Disabled,
    /// `CMD`: program and arguments.
    Command(Vec<String>),
    /// `CMD-SHELL`: a line for the container's shell.
    Shell(String),
}
