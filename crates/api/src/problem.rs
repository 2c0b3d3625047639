//! Errors as `application/problem+json`. A handler returns [`Problem`]; how other crates' errors become one stands in the
//! files beside this.

mod definition;
mod refused;
mod store;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use evenkeel_wire::{PROBLEM_JSON, ProblemType};

/// A problem document on its way to the client.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem(pub Box<evenkeel_wire::Problem>);

/// What a handler returns.
pub type Answer<T> = Result<T, Problem>;

impl Problem {
    /// A problem of a kind.
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Self(Box::new(evenkeel_wire::Problem::new(kind, detail)))
    }

    /// The same with a way to mend it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// The same, about this path.
    #[must_use]
    pub fn with_instance(mut self, path: impl Into<String>) -> Self {
        self.0.instance = Some(path.into());
        self
    }
}

/// The request, its body, its query or one of its headers is not what it should be.
pub fn bad_request(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemType::BadRequest, detail)
}

/// Nothing of this name is there; `known` are the names that are, and empty where they are none or too many to list.
pub fn not_found<'a>(kind: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Problem {
    let known: Vec<&str> = known.into_iter().collect();
    let detail = if known.is_empty() {
        format!("there is no {kind} `{name}`")
    } else {
        format!("there is no {kind} `{name}`; there is {}", known.join(", "))
    };
    Problem::new(ProblemType::NotFound, detail)
}

/// The daemon is at fault. The detail goes to the client: say nothing that only the log should know.
pub fn internal(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemType::Internal, detail).with_help("the daemon's log says more; look for this request's id")
}

/// The daemon is about to end.
pub fn shutting_down() -> Problem {
    Problem::new(ProblemType::Unavailable, "the daemon is ending; what was accepted goes on when it is back")
        .with_help("repeat the request once the daemon is back; with the same Idempotency-Key it acts once")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"evenkeel\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
