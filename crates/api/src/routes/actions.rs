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
use evenkeel_model::StackName;
use evenkeel_wire::{
    BuildRequest, Definition, DownRequest, Operation, PauseRequest, PullRequest, ResetRequest, RestartRequest,
    RmRequest, RollbackRequest, ScaleRequest, StartRequest, StopRequest, UnpauseRequest, UpRequest, Wait, routes,
};

/// One handler for one verb. They differ in the body and in the request that it becomes, and in whether the body may bring a definition
/// of its own (then the field is named).
macro_rules! action {
    ($(#[$doc:meta])* $name:ident, $path:expr, $body:ty, $convert:expr $(, $definition:ident)?) => {
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
        // Only a definition is taken out of the body.
        #[allow(unused_mut)]
        pub async fn $name(
            State(state): State<ApiState>,
            Named(stack): Named,
            Query(wait): Query<Wait>,
            Key(idempotency_key): Key,
            Json(mut body): Json<$body>,
        ) -> Answer<Response> {
            let sent = None$(.or(body.$definition.take()))?;
            let ask = ask(&state, &stack, sent, $convert(body)?).await?;
            operate(&state, &stack, ask, Terms { idempotency_key, ..Terms::default() }, &wait).await
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
    let sent = body.definition.take();
    let request = Request::Up(request::up_options(body)?);
    let ask = ask(&state, &stack, sent, request).await?;
    operate(&state, &stack, ask, Terms { idempotency_key, if_match, deadline: None }, &wait).await
}

/// A request, with the definition that was sent along with it.
async fn ask(state: &ApiState, stack: &StackName, sent: Option<Box<Definition>>, request: Request) -> Answer<Ask> {
    let Some(sent) = sent else { return Ok(Ask::of(request)) };
    let loaded = definition::load(stack, *sent, state.settings()).await?;
    Ok(Ask::Define { definition: Box::new(loaded.definition), stack: Box::new(loaded.stack), request })
}

action!(
    /// Make containers that are missing or do not fit, and start none.
    create, routes::CREATE, UpRequest, request::create, definition
);
action!(
    /// Have images brought from registries. Neither containers nor the definition in force change.
    pull, routes::PULL, PullRequest, request::pull, definition
);
action!(
    /// Have images built. Neither containers nor the definition in force change.
    build, routes::BUILD, BuildRequest, request::build, definition
);
action!(
    /// Remove the containers of services that do not run.
    rm, routes::RM, RmRequest, request::rm
);

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
