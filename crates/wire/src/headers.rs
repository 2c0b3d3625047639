//! Header names and media types beyond the usual ones.

/// Header of a write: a repeated request with the same key gets the first one's answer, and acts once.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Header of a stream: the id of the last event that the client has seen.
pub const LAST_EVENT_ID: &str = "last-event-id";
/// Media type of [`crate::Problem`].
pub const PROBLEM_JSON: &str = "application/problem+json";
/// Media type of a Compose file.
pub const YAML: &str = "application/yaml";
/// Media type of Server-Sent Events.
pub const EVENT_STREAM: &str = "text/event-stream";
