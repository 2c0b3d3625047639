//! Earlier definitions of a stack.

use crate::convert::revision;
use crate::extract::Named;
use crate::problem::Answer;
use crate::state::ApiState;
use axum::Json;
use axum::extract::State;
use evenkeel_wire::{Revision, routes};

/// The kept definitions of a stack, newest first.
#[utoipa::path(
    get, path = routes::REVISIONS, tag = "stacks", params(("stack" = String, Path, description = "The stack")),
    responses((status = 200, body = Vec<Revision>)),
)]
pub async fn list_revisions(State(state): State<ApiState>, Named(stack): Named) -> Answer<Json<Vec<Revision>>> {
    let in_force = state.view(&stack)?.desired.generation;
    let store = state.control().store();
    let mut revisions = Vec::new();
    for summary in store.revisions(&stack).await? {
        let found = store.revision(&stack, summary.generation).await?;
        revisions.extend(found.map(|found| revision::to_wire(&found, in_force)));
    }
    Ok(Json(revisions))
}
