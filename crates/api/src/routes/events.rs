//! What happens, as a stream; what happened, as a list.

use super::limit;
use crate::convert::event;
use crate::extract::{Named, Query};
use crate::feed::Feed;
use crate::mask::Maskers;
use crate::problem::Answer;
use crate::sse;
use crate::state::ApiState;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use evenkeel_control::Control;
use evenkeel_model::{HistoryEntry, OperationId, ServiceName, StackName};
use evenkeel_store::HistoryFilter;
use evenkeel_wire::{Event, HistoryQuery, StreamQuery, routes};

/// What happens in all stacks, as Server-Sent Events.
#[utoipa::path(
    get, path = routes::EVENTS, tag = "events",
    params(StreamQuery, ("Last-Event-ID" = Option<i64>, Header, description = "Begin behind this event")),
    responses((status = 200, description = "One event for each thing that happens", body = Event, content_type = "text/event-stream")),
)]
pub async fn stream_events(
    State(state): State<ApiState>,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    stream(state, None, &query, &headers).await
}

/// What happens in one stack, as Server-Sent Events.
#[utoipa::path(
    get, path = routes::STACK_EVENTS, tag = "events",
    params(
        ("stack" = String, Path, description = "The stack"), StreamQuery,
        ("Last-Event-ID" = Option<i64>, Header, description = "Begin behind this event"),
    ),
    responses((status = 200, description = "One event for each thing that happens", body = Event, content_type = "text/event-stream")),
)]
pub async fn stream_stack_events(
    State(state): State<ApiState>,
    Named(stack): Named,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    state.view(&stack)?;
    stream(state, Some(stack), &query, &headers).await
}

/// What happened in all stacks, oldest first.
#[utoipa::path(get, path = routes::HISTORY, tag = "events", params(HistoryQuery), responses((status = 200, body = Vec<Event>)))]
pub async fn list_history(
    State(state): State<ApiState>,
    Query(query): Query<HistoryQuery>,
) -> Answer<Json<Vec<Event>>> {
    list(&state, None, query).await
}

/// What happened in one stack, oldest first. A stack that was forgotten still has its history.
#[utoipa::path(
    get, path = routes::STACK_HISTORY, tag = "events",
    params(("stack" = String, Path, description = "The stack"), HistoryQuery),
    responses((status = 200, body = Vec<Event>)),
)]
pub async fn list_stack_history(
    State(state): State<ApiState>,
    Named(stack): Named,
    Query(query): Query<HistoryQuery>,
) -> Answer<Json<Vec<Event>>> {
    let gone = state.control().view(&stack).is_none();
    let Json(events) = list(&state, Some(stack.clone()), query).await?;
    if gone && events.is_empty() {
        state.view(&stack)?;
    }
    Ok(Json(events))
}

async fn stream(
    state: ApiState,
    stack: Option<StackName>,
    query: &StreamQuery,
    headers: &HeaderMap,
) -> Answer<Response> {
    let after = sse::last_event_id(headers, |text| text.parse().ok())?.or(query.after);
    let control = state.control().clone();
    let live = control.events();
    let feed = Feed::open(control.store(), live, stack, after).await?;
    let reader = (control, feed, Maskers::default());
    let events = futures::stream::unfold(reader, |(control, mut feed, mut maskers)| async move {
        match feed.next(control.store()).await {
            Ok(entry) => entry.map(|entry| {
                let id = (entry.id > 0).then(|| entry.id.to_string());
                let event = to_wire(&entry, &control, &mut maskers);
                (sse::event(entry.kind.as_str(), id, &event), (control, feed, maskers))
            }),
            Err(error) => {
                tracing::error!(%error, "an event stream ends: the store cannot be read; clients resume with Last-Event-ID");
                None
            }
        }
    });
    sse::respond(&state, events)
}

async fn list(state: &ApiState, stack: Option<StackName>, query: HistoryQuery) -> Answer<Json<Vec<Event>>> {
    let filter = HistoryFilter {
        stack,
        service: query.service.map(ServiceName::from),
        operation: query.operation.map(OperationId),
        before: query.before,
        limit: limit(query.limit),
        ..HistoryFilter::default()
    };
    let mut entries = state.control().store().history(&filter).await?;
    // The newest were chosen; they are told in the order in which they happened.
    entries.reverse();
    let mut maskers = Maskers::default();
    Ok(Json(entries.iter().map(|entry| to_wire(entry, state.control(), &mut maskers)).collect()))
}

fn to_wire(entry: &HistoryEntry, control: &Control, maskers: &mut Maskers) -> Event {
    event::to_wire(entry, |text| maskers.mask(control, entry.stack.as_ref(), text))
}
