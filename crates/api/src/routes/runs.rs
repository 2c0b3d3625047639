//! One-off containers.

use crate::extract::{Json, Named};
use crate::one_off::{Meant, meant};
use crate::problem::{Answer, Problem, bad_request, internal};
use crate::session;
use crate::state::ApiState;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use evenkeel_control::{RunError, RunOptions};
use evenkeel_model::{ContainerName, PullPolicy};
use evenkeel_plan::OneOff;
use evenkeel_wire::{ProblemType, Pull, RunRequest, RunResult, routes};
use hyper::upgrade::OnUpgrade;
use sha2::{Digest, Sha256};

/// Digits of the slug that stand in the name.
const IN_NAME: usize = 12;

/// Run a one-off container of a service, after what the service depends on.
///
/// The service itself need not be up, and is not touched. Without an upgrade the answer comes when the container has ended, with at most
/// 1 MiB of each output, or at once with `detach`. With `Connection: Upgrade` and `Upgrade: evenkeel-session` it is 101 once the
/// container runs, and frames cross the connection as they do for a command; 6, to the daemon, is a signal by its name. A container
/// whose client goes away runs on; with `remove` the engine removes it at its end.
#[utoipa::path(
    post, path = routes::RUNS, tag = "actions", params(("stack" = String, Path, description = "The stack")),
    request_body(content = RunRequest),
    responses((status = 200, body = RunResult), (status = 101, description = "The connection carries frames")),
)]
pub async fn run(State(state): State<ApiState>, Named(stack): Named, mut request: Request) -> Answer<Response> {
    let upgrade = request.extensions_mut().remove::<OnUpgrade>().filter(|_| session::is_asked_for(request.headers()));
    let Json(mut request) = Json::<RunRequest>::from_request(request, &state).await?;
    if request.service.is_empty() {
        return Err(bad_request("`service` must name a service: {\"service\": \"web\", \"command\": [\"ls\"]}"));
    }
    if request.tty && upgrade.is_none() && !request.detach {
        return Err(bad_request(
            "a terminal wants an upgraded connection; leave `tty` out, or send the upgrade's headers",
        ));
    }
    let permit = state.stream_permit()?;
    let Meant { proposal, service, spec } = meant(&state, &stack, &mut request).await?;
    let options = RunOptions {
        service: service.clone(),
        no_deps: request.no_deps,
        build: request.build,
        pull: request.pull.map(|pull| match pull {
            Pull::Always => PullPolicy::Always,
            Pull::Missing => PullPolicy::Missing,
            Pull::Never => PullPolicy::Never,
        }),
        remove_orphans: request.remove_orphans,
    };
    let patience = state.settings().operation_deadline;
    let preparation = state.control().prepare(&stack, proposal, options, patience).await.map_err(refused)?;
    let slug = slug();
    let name = match &request.name {
        Some(name) => ContainerName::from(name.as_str()),
        None => {
            let desired = &state.view(&stack)?.desired;
            ContainerName::new(desired.stack.joined(&[service.as_str(), "run", &slug[..IN_NAME]]))
        }
    };
    let one_off = OneOff { service, name, slug, spec, use_aliases: request.use_aliases };
    let started = preparation.run(one_off, !request.detach).await.map_err(refused)?;
    let mut result =
        RunResult { container: started.container.to_string(), id: started.id.clone(), ..RunResult::default() };
    let Some(begun) = started.session else { return Ok(axum::Json(result).into_response()) };
    if let Some(upgrade) = upgrade {
        return session::begin(&state, upgrade, begun, permit).map_err(|error| internal(error.to_string()));
    }
    let collected = session::collect(&state, begun, request.stdin.unwrap_or_default().as_bytes()).await?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    result.exit_code = collected.exit_code;
    (result.stdout, result.stderr) = (text(collected.stdout), text(collected.stderr));
    result.truncated = collected.truncated;
    Ok(axum::Json(result).into_response())
}

/// 64 digits that nobody else has.
fn slug() -> String {
    let digest = Sha256::digest(uuid::Uuid::now_v7().as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn refused(error: RunError) -> Problem {
    match error {
        RunError::Refused(refused) => refused.into(),
        RunError::Unprepared(reason) => Problem::new(ProblemType::Conflict, reason)
            .with_help("`evenkeel ps` shows each service, `evenkeel logs` what it said"),
        RunError::TimedOut(reason) => Problem::new(ProblemType::TimedOut, reason),
        RunError::Engine(error) => session::refused(&error),
    }
}
