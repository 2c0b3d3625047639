//! Server-Sent Events: bounded in number, kept alive by comments, ended when the daemon ends.

use crate::problem::{Answer, bad_request};
use crate::state::ApiState;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use evenkeel_wire::LAST_EVENT_ID;
use futures::{Stream, StreamExt};
use serde::Serialize;
use std::convert::Infallible;
use std::time::Duration;

const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Answers with a stream.
pub fn respond(state: &ApiState, events: impl Stream<Item = Event> + Send + 'static) -> Answer<Response> {
    let permit = state.stream_permit()?;
    let events = events.take_until(state.shutdown().clone().cancelled_owned()).map(move |event| {
        let _held_while_the_stream_lives = &permit;
        Ok::<_, Infallible>(event)
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

/// One event with a JSON document.
pub fn event(name: &str, id: Option<String>, data: &impl Serialize) -> Event {
    let event = Event::default().event(name);
    let event = match id {
        Some(id) => event.id(id),
        None => event,
    };
    event.json_data(data).unwrap_or_else(|error| {
        tracing::error!(%error, "an event could not be written as JSON");
        Event::default().comment("an event could not be written")
    })
}

/// `Last-Event-ID`, read by `parse`.
pub fn last_event_id<T>(headers: &HeaderMap, parse: impl Fn(&str) -> Option<T>) -> Answer<Option<T>> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).ok_or_else(|| bad_request(format!("Last-Event-ID `{text}` is not an id of this stream")))
}
