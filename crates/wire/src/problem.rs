//! Errors as `application/problem+json` (RFC 9457), with the diagnostics of definitions and the findings of preflight.

use crate::{Finding, Operation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong with a request, and what to do about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// What kind of problem, for programs.
    #[serde(rename = "type", default)]
    pub kind: ProblemType,
    /// What kind of problem, for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, and what was left untouched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// This occurrence: the request's path, or an operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// What is wrong with the definition, by place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
    /// What preflight refuses, by object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// The operation that it is about, where the wait for one timed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Box<Operation>>,
}

impl Problem {
    /// A problem of a kind, with that kind's status and title.
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Self {
            kind,
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: Some(detail.into()),
            help: None,
            instance: None,
            diagnostics: Vec::new(),
            findings: Vec::new(),
            operation: None,
        }
    }

    /// The same with a way to mend it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ProblemType {
    /// The body, a query or a header is not what it should be.
    #[serde(rename = "urn:evenkeel:problem:bad-request")]
    BadRequest,
    /// There is no token, or a wrong one.
    #[serde(rename = "urn:evenkeel:problem:unauthorized")]
    Unauthorized,
    /// The token is good, and does not allow this.
    #[serde(rename = "urn:evenkeel:problem:forbidden")]
    Forbidden,
    /// There is no such stack, service, operation, revision, token or route.
    #[serde(rename = "urn:evenkeel:problem:not-found")]
    NotFound,
    /// The route does not answer this method.
    #[serde(rename = "urn:evenkeel:problem:method-not-allowed")]
    MethodNotAllowed,
    /// The stack's present condition does not allow it.
    #[serde(rename = "urn:evenkeel:problem:conflict")]
    Conflict,
    /// `If-Match` does not name the generation in force.
    #[serde(rename = "urn:evenkeel:problem:generation-mismatch")]
    GenerationMismatch,
    /// The body is larger than the limit.
    #[serde(rename = "urn:evenkeel:problem:too-large")]
    TooLarge,
    /// The body's media type is not accepted here.
    #[serde(rename = "urn:evenkeel:problem:unsupported-media-type")]
    UnsupportedMediaType,
    /// The definition has errors; see `diagnostics`. Nothing was changed.
    #[serde(rename = "urn:evenkeel:problem:invalid-definition")]
    InvalidDefinition,
    /// It would fail half way; see `findings`. Nothing was changed.
    #[serde(rename = "urn:evenkeel:problem:preflight-refused")]
    PreflightRefused,
    /// An `Idempotency-Key` was used before for another request.
    #[serde(rename = "urn:evenkeel:problem:idempotency-key-reused")]
    IdempotencyKeyReused,
    /// Too many requests or streams at once.
    #[serde(rename = "urn:evenkeel:problem:too-many-requests")]
    TooManyRequests,
    /// The wait's time is over; the operation goes on.
    #[serde(rename = "urn:evenkeel:problem:timed-out")]
    TimedOut,
    /// The engine does not answer.
    #[serde(rename = "urn:evenkeel:problem:engine-unavailable")]
    EngineUnavailable,
    /// The daemon is ending, or cannot write its state now: try again.
    #[serde(rename = "urn:evenkeel:problem:unavailable")]
    Unavailable,
    /// The daemon is at fault.
    #[serde(rename = "urn:evenkeel:problem:internal")]
    #[default]
    #[serde(other)]
    Internal,
}

impl ProblemType {
    /// The HTTP status that goes with it.
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict | Self::PreflightRefused => 409,
            Self::GenerationMismatch => 412,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::InvalidDefinition | Self::IdempotencyKeyReused => 422,
            Self::TooManyRequests => 429,
            Self::EngineUnavailable | Self::Unavailable => 503,
            Self::TimedOut => 504,
            Self::Internal => 500,
        }
    }

    /// What kind of problem, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "The request is not understood",
            Self::Unauthorized => "A valid token is needed",
            Self::Forbidden => "The token does not allow this",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "The method is not allowed here",
            Self::Conflict => "The stack's condition does not allow this now",
            Self::GenerationMismatch => "The definition has changed meanwhile",
            Self::TooLarge => "The body is too large",
            Self::UnsupportedMediaType => "The media type is not accepted",
            Self::InvalidDefinition => "The definition has errors",
            Self::PreflightRefused => "Refused before anything was changed",
            Self::IdempotencyKeyReused => "The idempotency key belongs to another request",
            Self::TooManyRequests => "Too many requests at once",
            Self::EngineUnavailable => "The engine does not answer",
            Self::Unavailable => "The daemon cannot answer now",
            Self::TimedOut => "Timed out",
            Self::Internal => "Internal error",
        }
    }
}

/// One thing that is wrong, or doubtful, in a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Diagnostic {
    /// The file, as it was named in the request.
    #[serde(default)]
    pub file: Option<String>,
    /// From 1.
    #[serde(default)]
    pub line: Option<u32>,
    /// In characters, from 1.
    #[serde(default)]
    pub column: Option<u32>,
    /// Whether it stops the definition from being accepted.
    pub severity: Severity,
    /// Stable, for programs: `unknown-key`.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    #[serde(default)]
    pub help: Option<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It works, and could be better.
    Advice,
    /// Accepted, and probably not what is meant.
    Warning,
    /// Refused.
    Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_rfc_9457_and_tolerant_to_read() -> Result<(), serde_json::Error> {
        let problem = Problem::new(ProblemType::NotFound, "there is no stack `shop`").with_help("`evenkeel ls`");
        let json = serde_json::to_value(&problem)?;
        assert_eq!(
            json,
            serde_json::json!({
                "type": "urn:evenkeel:problem:not-found", "title": "Not found", "status": 404,
                "detail": "there is no stack `shop`", "help": "`evenkeel ls`"
            })
        );
        assert_eq!(serde_json::from_value::<Problem>(json)?, problem);
        let foreign: Problem = serde_json::from_str(r#"{"type":"about:blank","title":"Bad","status":418,"x":1}"#)?;
        assert_eq!((foreign.kind, foreign.status), (ProblemType::Internal, 418));
        Ok(())
    }
}
