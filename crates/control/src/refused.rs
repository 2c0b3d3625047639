//! Why a request was not taken on. Whatever the reason, nothing was changed.

use evenkeel_model::{ServiceName, StackName};
use evenkeel_plan::Finding;

/// A request that was not taken on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The daemon keeps no such stack.
    #[error("there is no stack `{0}`")]
    NoSuchStack(StackName),
    /// The stack has no such service.
    #[error("stack `{stack}` has no service `{service}`; it has {known}")]
    NoSuchService {
        /// The stack.
        stack: StackName,
        /// The name that was given.
        service: ServiceName,
        /// The names that there are, separated by commas.
        known: String,
    },
    /// The stack has no such revision.
    #[error("stack `{stack}` has no revision {generation}")]
    NoSuchRevision {
        /// The stack.
        stack: StackName,
        /// What was asked for.
        generation: u64,
    },
    /// `If-Match` named an older generation.
    #[error("the stack is at generation {actual} now; read it again, then repeat the request")]
    Stale {
        /// The generation in force.
        actual: u64,
    },
    /// The idempotency key belongs to another request.
    #[error("this Idempotency-Key was used for a different request; use a new key")]
    KeyReused,
    /// It would fail half way.
    #[error("{}", first_message(.0))]
    Preflight(Vec<Finding>),
    /// A person holds the stack.
    #[error("stack `{0}` is held; give it back first with `evenkeel release {0}`")]
    Held(StackName),
    /// It is still up.
    #[error("stack `{0}` is not down; take it down first")]
    NotDown(StackName),
    /// The request makes no sense as it stands.
    #[error("{0}")]
    Invalid(String),
    /// The engine does not answer, so that the request could not be checked against it.
    #[error("{0}")]
    EngineUnavailable(String),
    /// Desired state could not be written.
    #[error("desired state could not be written: {0}")]
    Store(String),
}

fn first_message(findings: &[Finding]) -> String {
    let Some(first) = findings.first() else { return "refused by preflight".to_owned() };
    match findings.len() {
        1 => format!("{}: {}", first.object, first.message),
        n => format!("{}: {} (and {} more)", first.object, first.message, n - 1),
    }
}
