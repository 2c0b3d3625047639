//! One span, one line of log and one count for each request; a panic becomes a problem.

use crate::problem::internal;
use crate::state::ApiState;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Instant;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Runs a request under its own id, which stands in the log and in the answer.
pub async fn trace(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let id = uuid::Uuid::now_v7().simple().to_string();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id, %method, path);
    let began = Instant::now();
    let mut response = async {
        // Nothing of the state is left half changed by a panic: handlers share no lock across an await.
        let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let response = answer.unwrap_or_else(|panic| {
            tracing::error!(panic = message(panic.as_ref()), "a request's handler panicked");
            internal("the daemon failed while it worked on the request").into_response()
        });
        tracing::debug!(status = response.status().as_u16(), took_ms = began.elapsed().as_millis(), "answered");
        response
    }
    .instrument(span)
    .await;
    state.metrics().request(&method, &route, response.status().as_u16(), began.elapsed());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("?")
}
