//! Who asked for what over the API.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One write that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Rises with each.
    pub id: i64,
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// The token's name and id, or the socket and its user.
    pub who: String,
    /// `POST`.
    #[schema(example = "POST")]
    pub method: String,
    /// Without the query.
    #[schema(example = "/v1/stacks/shop/up")]
    pub path: String,
    /// The answer's status.
    pub status: u16,
}

/// Of `audit`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// At most this many, the newest; 100 unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only what stands before the entry with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
}
