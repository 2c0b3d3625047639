//! What can go wrong with the store while an answer is read from it, as problems.

use super::{Problem, internal};
use evenkeel_store::Error;
use evenkeel_wire::ProblemType;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::UnknownStack { .. } => Problem::new(ProblemType::NotFound, error.to_string()),
            Error::Stale { .. } => Problem::new(ProblemType::GenerationMismatch, error.to_string()),
            Error::KeyReused { .. } => Problem::new(ProblemType::IdempotencyKeyReused, error.to_string()),
            other => {
                tracing::error!(error = %other, "the store failed");
                internal("desired state cannot be read now")
            }
        }
    }
}
