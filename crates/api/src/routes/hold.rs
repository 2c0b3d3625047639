//! Hands off, and healing again.

use crate::convert::status;
use crate::extract::{Json, Key, Named};
use crate::problem::Answer;
use crate::state::ApiState;
use axum::extract::State;
use evenkeel_model::StackName;
use evenkeel_wire::{HoldRequest, ReleaseRequest, StackSummary, routes};

/// Hands off: a person works on the stack, and nothing is planned for it.
#[utoipa::path(
    post, path = routes::HOLD, tag = "actions", params(("stack" = String, Path, description = "The stack")),
    request_body(content = Option<HoldRequest>), responses((status = 200, body = StackSummary)),
)]
pub async fn hold(
    State(state): State<ApiState>,
    Named(stack): Named,
    _: Key,
    Json(request): Json<HoldRequest>,
) -> Answer<axum::Json<StackSummary>> {
    if let Some(reason) = request.reason {
        tracing::info!(%stack, reason, "held");
    }
    set_held(&state, &stack, true).await
}

/// Heal again.
#[utoipa::path(
    post, path = routes::RELEASE, tag = "actions", params(("stack" = String, Path, description = "The stack")),
    request_body(content = Option<ReleaseRequest>), responses((status = 200, body = StackSummary)),
)]
pub async fn release(
    State(state): State<ApiState>,
    Named(stack): Named,
    _: Key,
    Json(ReleaseRequest {}): Json<ReleaseRequest>,
) -> Answer<axum::Json<StackSummary>> {
    set_held(&state, &stack, false).await
}

async fn set_held(state: &ApiState, stack: &StackName, held: bool) -> Answer<axum::Json<StackSummary>> {
    state.view(stack)?;
    state.control().hold(stack, held).await?;
    let summary = status::summary(&*state.view(stack)?);
    // It is durable, and status may be a pass behind.
    Ok(axum::Json(StackSummary { held, ..summary }))
}
