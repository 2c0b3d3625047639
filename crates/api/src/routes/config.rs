//! The resolved definition in force, with its secrets masked.

use crate::extract::Named;
use crate::mask_config::mask_config;
use crate::problem::{Answer, internal};
use crate::state::ApiState;
use axum::Json;
use axum::extract::State;
use evenkeel_wire::routes;
use serde_json::Value;

/// The resolved model, the document of `config --format json`, with secrets masked.
#[utoipa::path(
    get, path = routes::CONFIG, tag = "stacks", params(("stack" = String, Path, description = "The stack")),
    responses((status = 200, body = Object)),
)]
pub async fn get_config(State(state): State<ApiState>, Named(stack): Named) -> Answer<Json<Value>> {
    let view = state.view(&stack)?;
    let revision = state.control().store().revision(&stack, view.desired.generation).await?;
    let revision = revision.ok_or_else(|| internal("the definition in force is not in the store"))?;
    let document = crate::definition::canonical(revision.definition).await?;
    Ok(Json(mask_config(document, &view.desired.stack)))
}
