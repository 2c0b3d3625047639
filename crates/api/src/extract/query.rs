//! Query strings.

use crate::problem::{Answer, Problem, bad_request};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// A query string. A parameter that is not known is refused, because it was meant to have an effect.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        let axum::extract::Query(value) = axum::extract::Query::try_from_uri(&parts.uri)
            .map_err(|error| bad_request(format!("the query is not what it should be: {}", error.body_text())))?;
        Ok(Self(value))
    }
}
