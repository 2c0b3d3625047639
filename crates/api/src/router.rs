//! Every route, in one list, and what each request passes through.

use crate::openapi::{finish, head, pages};
use crate::problem::{Problem, not_found};
use crate::routes::{
    actions, attach, audit as audit_routes, config, connections, doctor, engine, events, exec, files, health, hold,
    kill, logs, meta, operations, plan, revisions, runs, services, stacks, tokens,
};
use crate::state::ApiState;
use crate::{audit, guard, trace};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::from_fn_with_state;
use evenkeel_wire::ProblemType;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The OpenAPI document of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    finish(described().into_openapi())
}

/// The API. From the outside in, a request passes the trace, the guard and the audit.
pub fn router(state: ApiState) -> Router {
    let (router, document) = described().split_for_parts();
    router
        .merge(pages(&finish(document)))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(state.clone(), audit::audit))
        .layer(from_fn_with_state(state.clone(), guard::guard))
        .layer(from_fn_with_state(state.clone(), trace::trace))
        // Bodies are read, and limited, by one extractor of ours, which answers with a problem.
        .layer(DefaultBodyLimit::disable())
        .with_state(state)
}

/// The routes with their descriptions.
fn described() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(head())
        .routes(routes!(meta::healthz))
        .routes(routes!(meta::readyz))
        .routes(routes!(meta::metrics))
        .routes(routes!(meta::version))
        .routes(routes!(doctor::doctor))
        .routes(routes!(health::get_health))
        .routes(routes!(stacks::list_stacks))
        .routes(routes!(stacks::put_stack, stacks::get_stack, stacks::delete_stack))
        .routes(routes!(plan::get_plan, plan::post_plan))
        .routes(routes!(connections::get_connections))
        .routes(routes!(config::get_config))
        .routes(routes!(services::list_services))
        .routes(routes!(services::get_service))
        .routes(routes!(exec::exec))
        .routes(routes!(runs::run))
        .routes(routes!(attach::attach))
        .routes(routes!(files::get_path))
        .routes(routes!(files::read_files, files::write_files))
        .routes(routes!(files::export))
        .routes(routes!(files::commit))
        .routes(routes!(engine::list_engine_containers))
        .routes(routes!(engine::list_engine_processes))
        .routes(routes!(engine::list_engine_usage))
        .routes(routes!(engine::list_engine_images))
        .routes(routes!(engine::list_engine_volumes))
        .routes(routes!(revisions::list_revisions))
        .routes(routes!(actions::up))
        .routes(routes!(actions::create))
        .routes(routes!(actions::down))
        .routes(routes!(actions::rm))
        .routes(routes!(actions::pull))
        .routes(routes!(actions::build))
        .routes(routes!(actions::restart))
        .routes(routes!(actions::stop))
        .routes(routes!(actions::start))
        .routes(routes!(actions::pause))
        .routes(routes!(actions::unpause))
        .routes(routes!(kill::kill))
        .routes(routes!(actions::scale))
        .routes(routes!(actions::reset))
        .routes(routes!(actions::rollback))
        .routes(routes!(hold::hold))
        .routes(routes!(hold::release))
        .routes(routes!(events::stream_stack_events))
        .routes(routes!(events::list_stack_history))
        .routes(routes!(logs::stream_logs))
        .routes(routes!(events::stream_events))
        .routes(routes!(events::list_history))
        .routes(routes!(operations::list_operations))
        .routes(routes!(operations::get_operation))
        .routes(routes!(tokens::list_tokens, tokens::create_token))
        .routes(routes!(tokens::revoke_token))
        .routes(routes!(audit_routes::list_audit))
}

async fn no_such_route(uri: Uri) -> Problem {
    not_found("route", uri.path(), []).with_help("GET /openapi.json lists the routes")
}

async fn no_such_method(method: Method, uri: Uri) -> Problem {
    Problem::new(ProblemType::MethodNotAllowed, format!("{method} is not answered at {}", uri.path()))
        .with_help("GET /openapi.json lists the routes and their methods")
}
