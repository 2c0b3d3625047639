//! Who may come in. Over the socket everybody whom its file permissions let through; over TCP only whoever shows a token,
//! and no browser that was sent here by another site.

mod origin;
mod token;

pub use token::{digest, new_token};

use crate::peer::Peer;
use crate::problem::Problem;
use crate::state::ApiState;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use evenkeel_wire::{ProblemType, routes};

/// Who makes a request, for the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller(pub String);

/// Lets a request in or answers it.
pub async fn guard(State(state): State<ApiState>, mut request: Request, next: Next) -> Result<Response, Problem> {
    // A connection that nobody has told about is treated like one from the network.
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|ConnectInfo(peer)| *peer);
    let caller = match peer {
        Some(peer @ Peer::Unix { .. }) => Caller(peer.to_string()),
        _ if is_open(request.uri().path()) => Caller("anybody".to_owned()),
        _ => {
            origin::check(request.headers(), state.settings())?;
            token::check(request.headers(), &state).await?
        }
    };
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// What needs no token: whether the daemon lives, and the API's description, which is the same for everybody and which a
/// browser could not open otherwise.
fn is_open(path: &str) -> bool {
    matches!(path, routes::HEALTHZ | routes::READYZ | routes::OPENAPI | "/docs") || path.starts_with("/docs/")
}

fn forbidden(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemType::Forbidden, detail)
}
