//! Signals to what runs.

use crate::convert::request::names;
use crate::extract::{Json, Named};
use crate::problem::{Answer, bad_request};
use crate::state::ApiState;
use axum::extract::State;
use evenkeel_wire::{KillRequest, Killed, routes};

/// Sends a signal to the containers of services that run, at once.
///
/// What ends by it is started again, as after any crash; `stop` is how to end a service for good.
#[utoipa::path(
    post, path = routes::KILL, tag = "actions", params(("stack" = String, Path, description = "The stack")),
    request_body(content = Option<KillRequest>), responses((status = 200, body = Killed)),
)]
pub async fn kill(
    State(state): State<ApiState>,
    Named(stack): Named,
    Json(request): Json<KillRequest>,
) -> Answer<axum::Json<Killed>> {
    let signal = request.signal.unwrap_or_else(|| "SIGKILL".to_owned());
    if signal.is_empty() || !signal.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-".contains(&byte)) {
        return Err(bad_request(format!("`{signal}` is no signal: SIGHUP, HUP or 1. Nothing was sent.")));
    }
    let sent = state.control().signal(&stack, &names(request.services), &signal).await?;
    Ok(axum::Json(Killed { containers: sent.iter().map(ToString::to_string).collect() }))
}
