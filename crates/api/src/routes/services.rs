//! The services of a stack.

use crate::convert::status;
use crate::extract::{Named, Segments};
use crate::mask::Masker;
use crate::problem::{Answer, not_found};
use crate::state::ApiState;
use axum::Json;
use axum::extract::State;
use evenkeel_wire::{Service, routes};

/// All services of a stack, by name.
#[utoipa::path(
    get, path = routes::SERVICES, tag = "stacks", params(("stack" = String, Path, description = "The stack")),
    responses((status = 200, body = Vec<Service>)),
)]
pub async fn list_services(State(state): State<ApiState>, Named(stack): Named) -> Answer<Json<Vec<Service>>> {
    Ok(Json(status::services(&*state.view(&stack)?, state.now())))
}

/// One service.
#[utoipa::path(
    get, path = routes::SERVICE, tag = "stacks",
    params(("stack" = String, Path, description = "The stack"), ("service" = String, Path, description = "The service")),
    responses((status = 200, body = Service)),
)]
pub async fn get_service(
    State(state): State<ApiState>,
    Named(stack): Named,
    Segments(names): Segments<(String, String)>,
) -> Answer<Json<Service>> {
    let (_, service) = names;
    let view = state.view(&stack)?;
    let services = &view.status.services;
    let found = services.get(service.as_str()).ok_or_else(|| {
        not_found(
            &format!("service of stack `{stack}` by the name"),
            &service,
            services.keys().map(|name| name.as_str()),
        )
    })?;
    Ok(Json(status::service(&view, found, &Masker::of(&view.desired.stack), state.now())))
}
