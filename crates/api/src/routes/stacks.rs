//! Stacks: the list, and a definition put, read and forgotten.

use crate::convert::{operation, status};
use crate::definition;
use crate::extract::{Key, Named, Preconditions, Query, Raw};
use crate::problem::Answer;
use crate::state::ApiState;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use evenkeel_control::Terms;
use evenkeel_wire::{Definition, DefinitionAccepted, StackDetail, StackSummary, StacksQuery, routes};

/// All stacks, by name.
#[utoipa::path(
    get, path = routes::STACKS, tag = "stacks", params(StacksQuery),
    responses((status = 200, body = Vec<StackSummary>)),
)]
pub async fn list_stacks(State(state): State<ApiState>, Query(query): Query<StacksQuery>) -> Json<Vec<StackSummary>> {
    let mut stacks: Vec<StackSummary> = state.control().views().iter().map(|view| status::summary(view)).collect();
    if query.unmanaged {
        // Our stacks are told whether the engine answers or not, and each of them says so.
        let unmanaged = state.control().unmanaged().await.unwrap_or_default();
        stacks.extend(unmanaged.iter().map(status::unmanaged));
        stacks.sort_by(|one, other| one.stack.cmp(&other.stack));
    }
    Json(stacks)
}

/// Where a Compose file that comes alone is at home.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PutQuery {
    /// For `application/yaml`: absolute path of the project's directory on the daemon's host. Left out, a directory of the
    /// daemon's own.
    working_dir: Option<String>,
}

/// Put a definition into force.
///
/// Nothing is started: `up` brings it about. The same definition again changes nothing. The route names the stack, whatever
/// the files' own `name` says.
#[utoipa::path(
    put, path = routes::STACK, tag = "stacks",
    params(
        ("stack" = String, Path, description = "The stack"), PutQuery,
        ("If-Match" = Option<String>, Header, description = "The generation that is to be replaced: `\"3\"`"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only where there is no such stack yet"),
    ),
    request_body(content(
        (Definition = "application/json"),
        (String = "application/yaml", example = "services: {web: {image: nginx}}"),
    )),
    responses(
        (status = 200, body = DefinitionAccepted, headers(("ETag" = String, description = "The generation"))),
        (status = 201, description = "The stack is new", body = DefinitionAccepted,
            headers(("ETag" = String, description = "The generation"))),
    ),
)]
pub async fn put_stack(
    State(state): State<ApiState>,
    Named(stack): Named,
    Query(query): Query<PutQuery>,
    Key(idempotency_key): Key,
    preconditions: Preconditions,
    raw: Raw,
) -> Answer<(StatusCode, [(HeaderName, String); 1], Json<DefinitionAccepted>)> {
    let if_match = preconditions.generation(&stack, state.control().view(&stack).is_some())?;
    let sent = definition::read(raw, query.working_dir)?;
    let loaded = definition::load(&stack, sent, state.settings()).await?;
    let services = loaded.stack.services.keys().map(ToString::to_string).collect();
    let terms = Terms { idempotency_key, if_match, deadline: None };
    let defined = state.control().define(loaded.definition, loaded.stack, terms).await?;
    let accepted = DefinitionAccepted {
        stack: stack.to_string(),
        generation: defined.generation,
        changed: defined.changed,
        services,
        diagnostics: loaded.diagnostics,
    };
    let status = if defined.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, [etag(defined.generation)], Json(accepted)))
}

/// A stack: what it should be, what it is, and the reason for the difference.
#[utoipa::path(
    get, path = routes::STACK, tag = "stacks", params(("stack" = String, Path, description = "The stack")),
    responses((status = 200, body = StackDetail, headers(("ETag" = String, description = "The generation")))),
)]
pub async fn get_stack(
    State(state): State<ApiState>,
    Named(stack): Named,
) -> Answer<([(HeaderName, String); 1], Json<StackDetail>)> {
    let view = state.view(&stack)?;
    let newest = state.control().store().operations(Some(&stack), 1).await?;
    let newest = newest.first().map(|newest| operation::to_wire(newest, Some(&view), &[]));
    let detail = status::detail(&view, newest, state.now());
    Ok(([etag(detail.generation)], Json(detail)))
}

/// Forget a stack that is down.
///
/// Its operations and its history stay. A stack that is not down is refused.
#[utoipa::path(
    delete, path = routes::STACK, tag = "stacks", params(("stack" = String, Path, description = "The stack")),
    responses((status = 204, description = "It is forgotten")),
)]
pub async fn delete_stack(State(state): State<ApiState>, Named(stack): Named, _: Key) -> Answer<StatusCode> {
    state.view(&stack)?;
    state.control().forget(&stack).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn etag(generation: u64) -> (HeaderName, String) {
    (header::ETAG, format!("\"{generation}\""))
}
