//! What would be done, and why.

use crate::convert::plan::Told;
use crate::convert::{plan, request};
use crate::definition;
use crate::extract::{Json, Named};
use crate::mask::Masker;
use crate::problem::Answer;
use crate::state::ApiState;
use axum::extract::State;
use evenkeel_control::View;
use evenkeel_wire::{Plan, PlanRequest, routes};

/// What the loop would do for the definition in force.
#[utoipa::path(
    get, path = routes::PLAN, tag = "stacks", params(("stack" = String, Path, description = "The stack")),
    responses((status = 200, body = Plan)),
)]
pub async fn get_plan(State(state): State<ApiState>, Named(stack): Named) -> Answer<axum::Json<Plan>> {
    let view = state.view(&stack)?;
    let (planned, findings) = state.control().plan(&stack, None, None).await?;
    let told = told_of_kept(&state, &view).await?;
    Ok(axum::Json(plan::to_wire(&planned, &findings, &told, &Masker::of(&view.desired.stack), state.now())))
}

/// What `up` would do with a definition, or with the one in force. Nothing is stored.
#[utoipa::path(
    post, path = routes::PLAN, tag = "stacks", params(("stack" = String, Path, description = "The stack")),
    request_body(content = Option<PlanRequest>), responses((status = 200, body = Plan)),
)]
pub async fn post_plan(
    State(state): State<ApiState>,
    Named(stack): Named,
    Json(mut body): Json<PlanRequest>,
) -> Answer<axum::Json<Plan>> {
    // It may stand in either place: `up` takes it too.
    let definition = body.definition.or_else(|| body.up.definition.take().map(|boxed| *boxed));
    let up = request::up_options(body.up)?;
    let sent = match definition {
        Some(sent) => Some(definition::load(&stack, sent, state.settings()).await?),
        None => None,
    };
    let (sent, told, masker) = match sent {
        Some(sent) => (Some(sent.stack.clone()), sent.told, Masker::of(&sent.stack)),
        None => {
            let view = state.view(&stack)?;
            (None, told_of_kept(&state, &view).await?, Masker::of(&view.desired.stack))
        }
    };
    let (planned, findings) = state.control().plan(&stack, sent, Some(up)).await?;
    Ok(axum::Json(plan::to_wire(&planned, &findings, &told, &masker, state.now())))
}

/// What the loader tells of the definition in force; nothing where an older one has accepted what this one refuses.
async fn told_of_kept(state: &ApiState, view: &View) -> Answer<Told> {
    let revision = state.control().store().revision(&view.desired.stack.name, view.desired.generation).await?;
    let Some(revision) = revision else { return Ok(Told::default()) };
    let loaded = definition::resolve(revision.definition).await;
    Ok(loaded.map(|loaded| Told { advice: loaded.advice, places: loaded.places }).unwrap_or_default())
}
