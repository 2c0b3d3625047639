//! Who talks to whom in a stack.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One service talks to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Connection {
    /// The service that opens it.
    #[schema(example = "worker")]
    pub from: String,
    /// The service that answers.
    #[schema(example = "postgres")]
    pub to: String,
    /// The name by which `from` addresses it.
    pub host: String,
    /// The port inside the network; `null` where nothing tells it.
    pub port: Option<u16>,
    /// What is spoken: `postgresql`, `redis`, `kafka`, `http`, …; `tcp` where it is not known.
    pub protocol: String,
    /// Where it says so: `declared`, `variable DATABASE_URL`, `command`, `healthcheck`, `file /etc/prometheus.yml`.
    #[schema(example = "variable DATABASE_URL")]
    pub source: String,
    /// What is known of it.
    pub state: ConnectionState,
    /// How long the answer took, with name and connection, in milliseconds; `null` where it was not proven.
    pub latency_ms: Option<f64>,
    /// The kind of its failure: `no_such_name`, `refused`, `timed_out`, `unreachable`, `wrong_protocol`, `not_authenticated`.
    #[serde(default)]
    pub kind: Option<String>,
    /// Why it failed or could not be tried, for people.
    pub error: Option<String>,
    /// When it was tried; `null` where it was not.
    #[serde(default)]
    pub tried_at: Option<DateTime<Utc>>,
    /// What the server said of itself: `HTTP 200`.
    #[serde(default)]
    pub said: Option<String>,
    /// The container from which it was proven, on the same networks, where `from` is a job that is done.
    #[serde(default)]
    pub beside: Option<String>,
    /// The addresses under which the same port is published on the host.
    #[serde(default)]
    pub published: Vec<String>,
    /// The variables of `from` that hold its credentials, by name.
    #[serde(default)]
    pub credentials: Vec<String>,
}

/// What is known of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// The stack's owner wrote it down; it was not tried, or could not be.
    Declared,
    /// It was read from the definition; it was not tried, or could not be.
    Inferred,
    /// It works.
    Proven,
    /// It was tried and does not work.
    Failed,
}

/// Of `connections`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ConnectionsQuery {
    /// Try each connection from inside its consumer's network.
    pub check: bool,
}
