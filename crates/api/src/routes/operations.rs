//! Operations.

use super::limit;
use crate::convert::operation;
use crate::extract::{Query, Segments};
use crate::problem::{Answer, not_found};
use crate::state::ApiState;
use axum::Json;
use axum::extract::State;
use evenkeel_model::{OperationId, StackName};
use evenkeel_store::{HistoryFilter, Order};
use evenkeel_wire::{Operation, OperationsQuery, routes};

/// Steps beyond this many are left out of an operation's document; the history has them.
const MOST_ENTRIES: u32 = 5_000;

/// Operations without their steps, newest first.
#[utoipa::path(
    get, path = routes::OPERATIONS, tag = "operations", params(OperationsQuery),
    responses((status = 200, body = Vec<Operation>)),
)]
pub async fn list_operations(
    State(state): State<ApiState>,
    Query(query): Query<OperationsQuery>,
) -> Answer<Json<Vec<Operation>>> {
    let stack = query.stack.map(StackName::from);
    let operations = state.control().store().operations(stack.as_ref(), limit(query.limit)).await?;
    let to_wire = |found: &evenkeel_model::Operation| {
        operation::to_wire(found, state.control().view(&found.stack).as_deref(), &[])
    };
    Ok(Json(operations.iter().map(to_wire).collect()))
}

/// One operation with its steps.
#[utoipa::path(
    get, path = routes::OPERATION, tag = "operations", params(("id" = String, Path, description = "The operation")),
    responses((status = 200, body = Operation)),
)]
pub async fn get_operation(State(state): State<ApiState>, Segments(id): Segments<String>) -> Answer<Json<Operation>> {
    let id = OperationId(id);
    let store = state.control().store();
    let Some(found) = store.operation(&id).await? else { return Err(not_found("operation", &id.0, [])) };
    let view = state.control().view(&found.stack);
    // Once more, now that there is a view: what a pass has judged is written down before it is shown, so that the record is never
    // older than the view beside it.
    let Some(found) = store.operation(&id).await? else { return Err(not_found("operation", &id.0, [])) };
    let filter = HistoryFilter {
        operation: Some(id),
        limit: MOST_ENTRIES,
        order: Order::OldestFirst,
        ..HistoryFilter::default()
    };
    let history = store.history(&filter).await?;
    Ok(Json(operation::to_wire(&found, view.as_deref(), &history)))
}
