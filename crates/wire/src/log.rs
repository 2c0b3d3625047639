//! Lines that containers write.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One line of a container's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// When it was written, by the engine's clock; null where the engine does not say.
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
    /// The service.
    pub service: String,
    /// The container.
    pub container: String,
    /// Where it was written to.
    pub stream: LogStream,
    /// The line without its end, secrets masked.
    pub text: String,
}

/// Where a line was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogStream {
    /// Standard output; with a TTY, everything.
    Stdout,
    /// Standard error.
    Stderr,
}
