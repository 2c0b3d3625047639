//! What containers write.

use crate::extract::{Named, Query};
use crate::logs::{self, Line, Wanted};
use crate::mask::Masker;
use crate::problem::{Answer, bad_request, not_found};
use crate::sse;
use crate::state::ApiState;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use evenkeel_model::{ServiceName, StackName, Timestamp};
use evenkeel_wire::{LogLine, LogStream, LogsQuery, routes};
use futures::StreamExt;
use std::collections::BTreeSet;

/// The lines of a stack's containers, as Server-Sent Events. Each event's id is its line's time, from which
/// `Last-Event-ID` resumes.
#[utoipa::path(
    get, path = routes::LOGS, tag = "events",
    params(
        ("stack" = String, Path, description = "The stack"), LogsQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "Begin behind this line"),
    ),
    responses((status = 200, description = "One event for each line", body = LogLine, content_type = "text/event-stream")),
)]
pub async fn stream_logs(
    State(state): State<ApiState>,
    Named(stack): Named,
    Query(query): Query<LogsQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let view = state.view(&stack)?;
    let mut wanted = wanted(&state, stack, &query)?;
    if let Some(last) = sse::last_event_id(&headers, |text| text.parse::<Timestamp>().ok())? {
        wanted.since = wanted.since.max(Some(last + chrono::Duration::nanoseconds(1)));
        wanted.tail = None;
    }
    let masker = Masker::of(&view.desired.stack);
    let lines = if query.follow {
        logs::follow(state.control().clone(), wanted)
    } else {
        let engine = state.control().engine();
        logs::past(engine, &view, &wanted).await.map_err(|error| ApiState::engine_unavailable(&error))?
    };
    let events = lines.map(move |line| match line {
        Ok(line) => {
            let id = line.line.at.to_rfc3339_opts(chrono::SecondsFormat::Nanos, true);
            sse::event("log", Some(id), &to_wire(&line, &masker))
        }
        Err(error) => sse::event("problem", None, &*ApiState::engine_unavailable(&error).0),
    });
    sse::respond(&state, events)
}

fn wanted(state: &ApiState, stack: StackName, query: &LogsQuery) -> Answer<Wanted> {
    let view = state.view(&stack)?;
    let names = query.services.iter().flat_map(|services| services.split(',')).map(str::trim);
    let services: BTreeSet<ServiceName> = names.filter(|name| !name.is_empty()).map(ServiceName::from).collect();
    if let Some(unknown) = services.iter().find(|service| !view.status.services.contains_key(*service)) {
        let known = view.status.services.keys().map(ServiceName::as_str);
        return Err(not_found(&format!("service of stack `{stack}` by the name"), unknown.as_str(), known));
    }
    let tail = match query.tail.as_deref() {
        None | Some("all") => None,
        Some(number) => {
            let number = number
                .parse()
                .map_err(|_| bad_request(format!("`tail` is a number of lines or `all`, not `{number}`")))?;
            Some(number)
        }
    };
    Ok(Wanted { stack, services, tail, since: query.since, until: query.until })
}

fn to_wire(line: &Line, masker: &Masker) -> LogLine {
    LogLine {
        at: Some(line.line.at),
        service: line.service.to_string(),
        container: line.container.to_string(),
        stream: if line.line.stderr { LogStream::Stderr } else { LogStream::Stdout },
        text: masker.mask(&String::from_utf8_lossy(&line.line.text)),
    }
}
