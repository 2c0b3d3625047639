//! Writes down who asked for what. Reads are not written down.

use crate::guard::Caller;
use crate::problem::internal;
use crate::state::ApiState;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use evenkeel_store::AuditEntry;

/// Runs a write to its end, even when its client has gone meanwhile, and writes it down with its status.
pub async fn audit(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    let who = request.extensions().get::<Caller>().map_or_else(String::new, |caller| caller.0.clone());
    let method = request.method().to_string();
    let path = request.uri().path().to_owned();
    let whole = async move {
        let response = next.run(request).await;
        let entry = AuditEntry { id: 0, at: state.now(), who, method, path, status: response.status().as_u16() };
        if let Err(error) = state.control().store().append_audit(&entry).await {
            tracing::error!(%error, who = entry.who, path = entry.path, "a write could not be put into the audit");
        }
        response
    };
    match tokio::spawn(tracing::Instrument::in_current_span(whole)).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "a write ended abnormally");
            internal("the request broke off; whether it was accepted is not known").into_response()
        }
    }
}
