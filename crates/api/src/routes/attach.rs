//! Main processes of services, attached to.

use crate::extract::{Json, Named, Segments};
use crate::problem::{Answer, bad_request, internal};
use crate::session;
use crate::state::ApiState;
use crate::target::{self, Which};
use axum::extract::{FromRequest, Request, State};
use axum::response::Response;
use evenkeel_engine::Attach;
use evenkeel_wire::{AttachRequest, routes};
use hyper::upgrade::OnUpgrade;

/// Attach to the main process of a service's container.
///
/// The connection must be upgraded, and then carries frames as for `exec`, until the process or the client ends. The process runs on.
#[utoipa::path(
    post, path = routes::ATTACH, tag = "actions",
    params(("stack" = String, Path, description = "The stack"), ("service" = String, Path, description = "The service")),
    request_body(content = Option<AttachRequest>),
    responses((status = 101, description = "The connection carries frames")),
)]
pub async fn attach(
    State(state): State<ApiState>,
    Named(stack): Named,
    Segments(names): Segments<(String, String)>,
    mut request: Request,
) -> Answer<Response> {
    let (_, service) = names;
    let upgrade = request.extensions_mut().remove::<OnUpgrade>().filter(|_| session::is_asked_for(request.headers()));
    let upgrade = upgrade.ok_or_else(|| {
        bad_request(
            "to attach wants an upgraded connection: send `Connection: Upgrade` and `Upgrade: evenkeel-session`",
        )
    })?;
    let Json(request) = Json::<AttachRequest>::from_request(request, &state).await?;
    let permit = state.stream_permit()?;
    let which = Which { index: request.index, running: true, ..Which::default() };
    let container = target::container(&state, &stack, &service, which).await?.name;
    let attach = Attach { container, stdin: !request.no_stdin, start: false };
    let begun = state.control().engine().attach(&attach).await.map_err(|error| session::refused(&error))?;
    session::begin(&state, upgrade, begun, permit).map_err(|error| internal(error.to_string()))
}
