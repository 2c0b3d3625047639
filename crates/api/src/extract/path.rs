//! The names in a path.

use crate::problem::{Answer, Problem, bad_request};
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use evenkeel_model::StackName;
use serde::de::DeserializeOwned;

/// The segments of a path that its template names.
pub struct Segments<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let Path(value) =
            Path::from_request_parts(parts, state).await.map_err(|error| bad_request(error.body_text()))?;
        Ok(Self(value))
    }
}

/// The stack that a path names.
pub struct Named(pub StackName);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        #[derive(serde::Deserialize)]
        struct Stack {
            stack: String,
        }
        let Segments(Stack { stack }) = Segments::from_request_parts(parts, state).await?;
        StackName::parse(&stack).map(Self).map_err(|error| bad_request(error.to_string()))
    }
}
