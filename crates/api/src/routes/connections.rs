//! Who talks to whom, and whether it works.

use crate::convert::connection;
use crate::extract::{Named, Query};
use crate::mask::Masker;
use crate::problem::Answer;
use crate::state::ApiState;
use axum::Json;
use axum::extract::State;
use evenkeel_wire::{Connection, ConnectionsQuery, routes};

/// All connections between the services of a stack, declared and read from its definition. With `check` each is tried from inside its
/// consumer's network: the name, the port, and one word of the protocol.
#[utoipa::path(
    get, path = routes::CONNECTIONS, tag = "stacks",
    params(("stack" = String, Path, description = "The stack"), ConnectionsQuery),
    responses((status = 200, body = Vec<Connection>)),
)]
pub async fn get_connections(
    State(state): State<ApiState>,
    Named(stack): Named,
    Query(query): Query<ConnectionsQuery>,
) -> Answer<Json<Vec<Connection>>> {
    let view = state.view(&stack)?;
    let masker = Masker::of(&view.desired.stack);
    let known = state.control().connections(&stack, query.check).await?;
    Ok(Json(known.iter().map(|it| connection::to_wire(it, &view.desired.stack, &masker)).collect()))
}
