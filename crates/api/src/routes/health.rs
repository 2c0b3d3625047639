//! Everything's health, made for polling.

use crate::problem::{Answer, internal};
use crate::state::ApiState;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use evenkeel_wire::{Health, routes};

/// The health of every stack and service in one small document.
///
/// Poll it with `If-None-Match`: 304 while nothing has changed.
#[utoipa::path(
    get, path = routes::HEALTH, tag = "health",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the last answer")),
    responses(
        (status = 200, body = Health, headers(("ETag" = String, description = "Changes when a state does"))),
        (status = 304, description = "Nothing has changed"),
    ),
)]
pub async fn get_health(State(state): State<ApiState>, headers: HeaderMap) -> Answer<Response> {
    let document = state.health().document(state.control()).map_err(|error| internal(error.to_string()))?;
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let etag = [
        (header::ETAG, document.etag.clone()),
        (header::CACHE_CONTROL, axum::http::HeaderValue::from_static("no-cache")),
    ];
    if known.flat_map(|tags| tags.split(',')).any(|tag| is(tag.trim(), document.etag.to_str().unwrap_or_default())) {
        return Ok((StatusCode::NOT_MODIFIED, etag).into_response());
    }
    Ok((etag, [(header::CONTENT_TYPE, "application/json")], document.body).into_response())
}

/// RFC 9110 compares weakly here: a proxy that compressed the answer may have weakened the tag.
fn is(tag: &str, etag: &str) -> bool {
    tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
}
