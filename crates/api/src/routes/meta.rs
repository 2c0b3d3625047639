//! The daemon itself: alive, ready, its metrics, its version.

use crate::checks;
use crate::problem::{Answer, internal};
use crate::state::ApiState;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use evenkeel_wire::{Check, CheckState, Readiness, Version, routes};

/// The process is alive. Needs no token.
#[utoipa::path(get, path = routes::HEALTHZ, tag = "health", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether engine and store can be reached. Needs no token.
#[utoipa::path(
    get, path = routes::READYZ, tag = "health",
    responses((status = 200, body = Readiness), (status = 503, description = "One of them cannot be reached", body = Readiness)),
)]
pub async fn readyz(State(state): State<ApiState>) -> (StatusCode, Json<Readiness>) {
    let (engine, store) = tokio::join!(checks::engine(&state), checks::store(&state));
    let checks: Vec<Check> = vec![engine.0, store];
    let ready = checks.iter().all(|check| check.state != CheckState::Failed);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, checks }))
}

/// Prometheus text.
#[utoipa::path(
    get, path = routes::METRICS, tag = "health",
    responses((status = 200, body = String, content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8")),
)]
pub async fn metrics(State(state): State<ApiState>) -> Answer<impl IntoResponse> {
    let text = state.metrics().text().map_err(|error| internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}

/// The daemon's version and its engine's.
#[utoipa::path(get, path = routes::VERSION, tag = "health", responses((status = 200, body = Version)))]
pub async fn version(State(state): State<ApiState>) -> Json<Version> {
    let (_, capabilities) = checks::engine(&state).await;
    Json(Version {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        engine_api: capabilities.as_ref().map(|found| format!("{}.{}", found.api.0, found.api.1)),
        engine: capabilities.map(|found| found.engine),
    })
}
