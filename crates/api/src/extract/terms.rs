//! The terms of a write: `Idempotency-Key`, `If-Match` and `If-None-Match`.

use crate::problem::{Answer, Problem, bad_request};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, header};
use evenkeel_model::StackName;
use evenkeel_wire::{IDEMPOTENCY_KEY, ProblemType};

const LONGEST_KEY: usize = 200;

/// `Idempotency-Key`, where there is one.
pub struct Key(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        let Some(key) = text(parts, HeaderName::from_static(IDEMPOTENCY_KEY))? else { return Ok(Self(None)) };
        if key.is_empty() || key.len() > LONGEST_KEY {
            return Err(bad_request(format!("Idempotency-Key must have 1 to {LONGEST_KEY} characters")));
        }
        Ok(Self(Some(key)))
    }
}

/// Which generation a definition may replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preconditions {
    /// Whatever is there.
    Any,
    /// `If-Match: "3"`: this generation.
    Generation(u64),
    /// `If-Match: *`: some generation.
    Exists,
    /// `If-None-Match: *`: none.
    Absent,
}

impl Preconditions {
    /// The generation that the loop must find, 0 for none; `exists` says whether there is such a stack.
    ///
    /// # Errors
    /// 412 where the stack has to be there and is not.
    pub fn generation(self, stack: &StackName, exists: bool) -> Answer<Option<u64>> {
        match self {
            Self::Any => Ok(None),
            Self::Generation(generation) => Ok(Some(generation)),
            Self::Absent => Ok(Some(0)),
            Self::Exists if exists => Ok(None),
            Self::Exists => {
                let detail = format!("there is no stack `{stack}` to replace. Nothing was changed.");
                Err(Problem::new(ProblemType::GenerationMismatch, detail))
            }
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Preconditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        match text(parts, header::IF_NONE_MATCH)?.as_deref() {
            None => {}
            Some("*") => return Ok(Self::Absent),
            Some(_) => return Err(bad_request("If-None-Match of a write can only be `*`: create, do not replace")),
        }
        match text(parts, header::IF_MATCH)?.as_deref() {
            None => Ok(Self::Any),
            Some("*") => Ok(Self::Exists),
            Some(tag) => tag.trim_matches('"').parse().map(Self::Generation).map_err(|_| {
                bad_request(format!("If-Match must be the ETag of the stack, such as `\"3\"`, and is `{tag}`"))
            }),
        }
    }
}

fn text(parts: &Parts, name: HeaderName) -> Answer<Option<String>> {
    let Some(value) = parts.headers.get(&name) else { return Ok(None) };
    let value = value.to_str().map_err(|_| bad_request(format!("{name} must be plain text")))?;
    Ok(Some(value.trim().to_owned()))
}
