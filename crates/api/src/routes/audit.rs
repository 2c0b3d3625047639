//! Who asked for what.

use super::limit;
use crate::extract::Query;
use crate::problem::Answer;
use crate::state::ApiState;
use axum::Json;
use axum::extract::State;
use evenkeel_wire::{AuditEntry, AuditQuery, routes};

/// Writes that were answered, newest first.
#[utoipa::path(get, path = routes::AUDIT, tag = "tokens", params(AuditQuery), responses((status = 200, body = Vec<AuditEntry>)))]
pub async fn list_audit(
    State(state): State<ApiState>,
    Query(query): Query<AuditQuery>,
) -> Answer<Json<Vec<AuditEntry>>> {
    let entries = state.control().store().audit(query.before, limit(query.limit)).await?;
    let to_wire = |entry: evenkeel_store::AuditEntry| AuditEntry {
        id: entry.id,
        at: entry.at,
        who: entry.who,
        method: entry.method,
        path: entry.path,
        status: entry.status,
    };
    Ok(Json(entries.into_iter().map(to_wire).collect()))
}
