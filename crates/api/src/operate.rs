//! Asks the loop for an operation, and waits for its end where the client wants that.

use crate::convert::operation;
use crate::problem::{Answer, Problem, bad_request, shutting_down};
use crate::state::ApiState;
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use evenkeel_control::{Request, Terms};
use evenkeel_model::{Definition, Operation, Stack, StackName};
use evenkeel_wire::{ProblemType, Wait, parse_duration, routes};
use std::time::Duration;

/// How long a client may wait, and an operation may run.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// An operation that fails at its deadline is told as such, a moment later, rather than as a wait that timed out.
const AFTER_DEADLINE: Duration = Duration::from_secs(5);

/// What is asked of the loop.
pub enum Ask {
    /// A request about a stack that is there.
    Request(Request),
    /// A definition, and what is asked with it.
    Define {
        /// What was sent.
        definition: Box<Definition>,
        /// What it means.
        stack: Box<Stack>,
        /// What is asked.
        request: Request,
    },
}

impl Ask {
    /// A request about a stack that is there.
    pub fn of(request: Request) -> Self {
        Self::Request(request)
    }
}

/// Makes an operation: 202 at once, or its end with 200, or 504 when the wait's time is over first.
pub async fn operate(state: &ApiState, stack: &StackName, ask: Ask, terms: Terms, wait: &Wait) -> Answer<Response> {
    let timeout = timeout(wait)?;
    let deadline = match timeout {
        // A short wait does not cut the operation short; a long one lets it run as long.
        Some(timeout) if wait.wait => Some(timeout.max(state.settings().operation_deadline)),
        other => other,
    };
    let terms = Terms { deadline, ..terms };
    let accepted = match ask {
        Ask::Define { definition, stack, request } => {
            state.control().request_with(*definition, *stack, request, terms).await?
        }
        Ask::Request(request) => {
            // Asked for here, because the answer names the stacks that there are.
            state.view(stack)?;
            state.control().request(stack, request, terms).await?
        }
    };
    if !wait.wait {
        return Ok(respond(state, StatusCode::ACCEPTED, &accepted));
    }
    let remaining = (accepted.deadline - state.now()).to_std().unwrap_or_default() + AFTER_DEADLINE;
    let waiting = state.control().wait(&accepted.id, timeout.unwrap_or(remaining));
    let Some(ended) = state.shutdown().run_until_cancelled(waiting).await else {
        return Err(shutting_down().with_instance(path(&accepted)));
    };
    match ended {
        Ok(ended) => Ok(respond(state, StatusCode::OK, &ended.unwrap_or(accepted))),
        Err(running) => Err(timed_out(state, &running)),
    }
}

fn timeout(wait: &Wait) -> Answer<Option<Duration>> {
    let Some(text) = &wait.timeout else { return Ok(None) };
    let timeout = parse_duration(text).map_err(|error| bad_request(format!("`timeout`: {error}")))?;
    Ok(Some(timeout.min(LONGEST)))
}

fn respond(state: &ApiState, status: StatusCode, accepted: &Operation) -> Response {
    let view = state.control().view(&accepted.stack);
    let body = operation::to_wire(accepted, view.as_deref(), &[]);
    (status, [(header::LOCATION, path(accepted))], Json(body)).into_response()
}

fn timed_out(state: &ApiState, running: &Operation) -> Problem {
    let view = state.control().view(&running.stack);
    let body = operation::to_wire(running, view.as_deref(), &[]);
    let waiting: Vec<&str> = body
        .services
        .iter()
        .filter(|service| service.ready_at.is_none())
        .map(|service| service.service.as_str())
        .collect();
    let what = if waiting.is_empty() { String::new() } else { format!("; not there yet: {}", waiting.join(", ")) };
    let detail =
        format!("`{}` of `{}` has not ended in this time, and goes on{what}", running.verb.as_str(), running.stack);
    let mut problem = Problem::new(ProblemType::TimedOut, detail).with_instance(path(running));
    problem.0.operation = Some(Box::new(body));
    problem
}

fn path(operation: &Operation) -> String {
    routes::fill(routes::OPERATION, &[&operation.id.0])
}
