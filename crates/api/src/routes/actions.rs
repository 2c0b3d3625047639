//! What can be asked of a stack: each makes an operation.

use crate::convert::request;
use crate::definition;
use crate::extract::{Json, Key, Named, Preconditions, Query};
use crate::operate::{Ask, operate};
use crate::problem::Answer;
use crate::state::ApiState;
use axum::extract::State;
use axum::response::Response;
use evenkeel_control::{Request, Terms};
use evenkeel_wire::{
    DownRequest, Operation, PauseRequest, ResetRequest, RestartRequest, RollbackRequest, ScaleRequest, StartRequest,
    StopRequest, UnpauseRequest, UpRequest, Wait, routes,
};

/// One handler for one verb. They differ in the body and in the request that it becomes, and in nothing else.
macro_rules! action {
    ($(#[$doc:meta])* $name:ident, $path:expr, $body:ty, $convert:expr) => {
        $(#[$doc])*
        #[utoipa::path(
            post, path = $path, tag = "actions",
            params(("stack" = String, Path, description = "The stack"), Wait),
            request_body(content = Option<$body>, description = "Left out: everything as it stands in the defaults"),
            responses(
                (status = 200, description = "With `wait=true`: it has ended; `state` says how", body = Operation),
                (status = 202, description = "Accepted: it is on the disk and under way", body = Operation),
            ),
        )]
        pub async fn $name(
            State(state): State<ApiState>,
            Named(stack): Named,
            Query(wait): Query<Wait>,
            Key(idempotency_key): Key,
            Json(body): Json<$body>,
        ) -> Answer<Response> {
            let terms = Terms { idempotency_key, ..Terms::default() };
            operate(&state, &stack, Ask::of($convert(body)?), terms, &wait).await
        }
    };
}

/// Bring a stack up, with a definition of its own or as it is defined.
#[utoipa::path(
    post, path = routes::UP, tag = "actions",
    params(
        ("stack" = String, Path, description = "The stack"), Wait,
        ("If-Match" = Option<String>, Header, description = "The generation that the client has seen: `\"3\"`"),
    ),
    request_body(content = Option<UpRequest>, description = "Left out: every service of the definition in force"),
    responses(
        (status = 200, description = "With `wait=true`: it has ended; `state` says how", body = Operation),
        (status = 202, description = "Accepted: it is on the disk and under way", body = Operation),
    ),
)]
pub async fn up(
    State(state): State<ApiState>,
    Named(stack): Named,
    Query(wait): Query<Wait>,
    Key(idempotency_key): Key,
    preconditions: Preconditions,
    Json(mut body): Json<UpRequest>,
) -> Answer<Response> {
    let if_match = preconditions.generation(&stack, state.control().view(&stack).is_some())?;
    let loaded = match body.definition.take() {
        Some(sent) => Some(definition::load(&stack, *sent, state.settings()).await?),
        None => None,
    };
    let options = request::up_options(body)?;
    let ask = match loaded {
        Some(loaded) => Ask::Define { definition: Box::new(loaded.definition), stack: Box::new(loaded.stack), options },
        None => Ask::of(Request::Up(options)),
    };
    operate(&state, &stack, ask, Terms { idempotency_key, if_match, deadline: None }, &wait).await
}

action!(
    /// Take a stack down.
    down, routes::DOWN, DownRequest, request::down
);
action!(
    /// End the present runs of services and start new ones.
    restart, routes::RESTART, RestartRequest, request::restart
);
action!(
    /// Stop services and keep their containers.
    stop, routes::STOP, StopRequest, request::stop
);
action!(
    /// Start stopped services.
    start, routes::START, StartRequest, request::start
);
action!(
    /// Freeze what runs of services, until they are unpaused, started or brought up.
    pause, routes::PAUSE, PauseRequest, request::pause
);
action!(
    /// Let paused services go on.
    unpause, routes::UNPAUSE, UnpauseRequest, request::unpause
);
action!(
    /// Change the number of containers.
    scale, routes::SCALE, ScaleRequest, request::scale_request
);
action!(
    /// Back to a clean environment: containers replaced, volumes wiped, jobs run again.
    reset, routes::RESET, ResetRequest, request::reset
);
action!(
    /// Back to an earlier definition, as a new generation.
    rollback, routes::ROLLBACK, RollbackRequest, request::rollback
);
