//! A stack's objects as the engine shows them. It is asked each time; of what the daemon does not know, the containers of a Compose
//! project of that name are shown, and nothing else.

use crate::convert::engine_view;
use crate::extract::Named;
use crate::mask::Masker;
use crate::problem::{Answer, Problem};
use crate::state::ApiState;
use axum::Json;
use axum::extract::State;
use evenkeel_engine::{Look, Seen};
use evenkeel_model::StackName;
use evenkeel_wire::{EngineContainer, EngineImage, EngineProcesses, EngineUsage, EngineVolume, ProblemType, routes};

/// The containers of a stack, one-off ones too, running or not; where there is no such stack, those of the Compose project of that name.
#[utoipa::path(
    get, path = routes::ENGINE_CONTAINERS, tag = "stacks", params(("stack" = String, Path, description = "The stack")),
    responses((status = 200, body = Vec<EngineContainer>)),
)]
pub async fn list_engine_containers(
    State(state): State<ApiState>,
    Named(stack): Named,
) -> Answer<Json<Vec<EngineContainer>>> {
    let whose = if state.control().view(&stack).is_some() { Look::Containers } else { Look::Composed };
    let Seen::Containers(seen) = look(&state, &stack, whose).await? else { return Ok(Json(Vec::new())) };
    let masker = masker(&state, &stack);
    Ok(Json(seen.into_iter().map(|seen| engine_view::container(seen, &masker)).collect()))
}

/// The processes of a stack's running containers.
#[utoipa::path(
    get, path = routes::ENGINE_PROCESSES, tag = "stacks", params(("stack" = String, Path, description = "The stack")),
    responses((status = 200, body = Vec<EngineProcesses>)),
)]
pub async fn list_engine_processes(
    State(state): State<ApiState>,
    Named(stack): Named,
) -> Answer<Json<Vec<EngineProcesses>>> {
    let Seen::Processes(seen) = look(&state, &stack, Look::Processes).await? else { return Ok(Json(Vec::new())) };
    let masker = masker(&state, &stack);
    Ok(Json(seen.into_iter().map(|seen| engine_view::processes(seen, &masker)).collect()))
}

/// What a stack's running containers use at the moment. The engine takes a second or two to tell.
#[utoipa::path(
    get, path = routes::ENGINE_USAGE, tag = "stacks", params(("stack" = String, Path, description = "The stack")),
    responses((status = 200, body = Vec<EngineUsage>)),
)]
pub async fn list_engine_usage(State(state): State<ApiState>, Named(stack): Named) -> Answer<Json<Vec<EngineUsage>>> {
    let Seen::Usage(seen) = look(&state, &stack, Look::Usage).await? else { return Ok(Json(Vec::new())) };
    Ok(Json(seen.into_iter().map(engine_view::usage).collect()))
}

/// The images that a stack's containers were made from.
#[utoipa::path(
    get, path = routes::ENGINE_IMAGES, tag = "stacks", params(("stack" = String, Path, description = "The stack")),
    responses((status = 200, body = Vec<EngineImage>)),
)]
pub async fn list_engine_images(State(state): State<ApiState>, Named(stack): Named) -> Answer<Json<Vec<EngineImage>>> {
    let Seen::Images(seen) = look(&state, &stack, Look::Images).await? else { return Ok(Json(Vec::new())) };
    Ok(Json(seen.into_iter().map(engine_view::image).collect()))
}

/// The volumes of a stack.
#[utoipa::path(
    get, path = routes::ENGINE_VOLUMES, tag = "stacks", params(("stack" = String, Path, description = "The stack")),
    responses((status = 200, body = Vec<EngineVolume>)),
)]
pub async fn list_engine_volumes(
    State(state): State<ApiState>,
    Named(stack): Named,
) -> Answer<Json<Vec<EngineVolume>>> {
    let Seen::Volumes(seen) = look(&state, &stack, Look::Volumes).await? else { return Ok(Json(Vec::new())) };
    Ok(Json(seen.into_iter().map(engine_view::volume).collect()))
}

async fn look(state: &ApiState, stack: &StackName, look: Look) -> Answer<Seen> {
    let seen = state.control().engine().look(stack, look).await;
    seen.map_err(|error| Problem::new(ProblemType::EngineUnavailable, error.to_string()))
}

fn masker(state: &ApiState, stack: &StackName) -> Masker {
    state.control().view(stack).map(|view| Masker::of(&view.desired.stack)).unwrap_or_default()
}
