//! Commands in the containers of a service.

use crate::extract::{Json, Named, Segments};
use crate::problem::{Answer, bad_request, internal};
use crate::session;
use crate::state::ApiState;
use crate::target::{self, Which};
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use evenkeel_engine::{Error, Exec};
use evenkeel_wire::{ExecRequest, ExecResult, routes};
use hyper::upgrade::OnUpgrade;

/// Runs a command in a service's container.
///
/// Without an upgrade the answer comes when the command has ended, with at most 1 MiB of each output. With `Connection: Upgrade` and
/// `Upgrade: evenkeel-session` it is 101, and from then on frames cross the connection: one byte for the kind, four for the length
/// (big endian), the content. To the daemon: 0 input (empty: its end), 3 the terminal's size (rows and columns, two bytes each).
/// From the daemon: 1 standard output, 2 standard error, 4 the exit code (eight bytes), 5 a problem as JSON.
#[utoipa::path(
    post, path = routes::EXEC, tag = "actions",
    params(("stack" = String, Path, description = "The stack"), ("service" = String, Path, description = "The service")),
    request_body(content = ExecRequest),
    responses((status = 200, body = ExecResult), (status = 101, description = "The connection carries frames")),
)]
pub async fn exec(
    State(state): State<ApiState>,
    Named(stack): Named,
    Segments(names): Segments<(String, String)>,
    mut request: Request,
) -> Answer<Response> {
    let (_, service) = names;
    let upgrade = request.extensions_mut().remove::<OnUpgrade>().filter(|_| session::is_asked_for(request.headers()));
    let Json(request) = Json::<ExecRequest>::from_request(request, &state).await?;
    if request.command.is_empty() {
        return Err(bad_request("`command` must name a command: {\"command\": [\"ls\", \"-l\"]}"));
    }
    if request.tty && upgrade.is_none() {
        return Err(bad_request(
            "a terminal wants an upgraded connection; leave `tty` out, or send the upgrade's headers",
        ));
    }
    let permit = state.stream_permit()?;
    let which = Which { index: request.index, running: true, ..Which::default() };
    let container = target::container(&state, &stack, &service, which).await?.name;
    let exec = Exec {
        container: container.clone(),
        command: request.command,
        user: request.user,
        working_dir: request.working_dir,
        environment: request.environment,
        privileged: request.privileged,
        tty: request.tty,
        stdin: upgrade.is_some() || request.stdin.is_some(),
        detach: request.detach,
    };
    let begun = state.control().engine().exec(&exec).await.map_err(|error| match error {
        Error::Conflict { message, .. } if message.contains("not running") => target::missing(&service, which),
        error => session::refused(&error),
    })?;
    if let Some(upgrade) = upgrade {
        return session::begin(&state, upgrade, begun, permit).map_err(|error| internal(error.to_string()));
    }
    let collected = session::collect(&state, begun, request.stdin.unwrap_or_default().as_bytes()).await?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let result = ExecResult {
        container: container.to_string(),
        exit_code: collected.exit_code,
        stdout: text(collected.stdout),
        stderr: text(collected.stderr),
        truncated: collected.truncated,
    };
    Ok(axum::Json(result).into_response())
}
