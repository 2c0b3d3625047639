//! Bodies, within the limit and of the type that they say.

use super::words;
use crate::problem::{Answer, Problem, bad_request};
use crate::state::ApiState;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use evenkeel_wire::ProblemType;
use futures::StreamExt;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(60);
/// A body that is too large is read on up to this many times the limit, because a client that is cut off while it writes
/// never sees the answer.
const DRAINED: usize = 8;

/// A body as bytes, with the media type that it says it has.
pub struct Raw {
    /// Lower case and without parameters; empty where there is none.
    pub media_type: String,
    /// The body.
    pub bytes: Bytes,
}

impl FromRequest<ApiState> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ApiState) -> Answer<Self> {
        let media_type = media_type(request.headers());
        let reading = read(request.into_body(), state.settings().body_limit_bytes);
        let bytes = tokio::time::timeout(ARRIVAL, reading)
            .await
            .map_err(|_| bad_request(format!("the body did not arrive within {} seconds", ARRIVAL.as_secs())))??;
        Ok(Self { media_type, bytes })
    }
}

/// A JSON body. An empty one, or `null`, is the request with everything as it stands in the defaults.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<ApiState> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ApiState) -> Answer<Self> {
        let raw = Raw::from_request(request, state).await?;
        if raw.bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        match raw.media_type.as_str() {
            "application/json" => parse::<Option<T>>(&raw.bytes).map(|value| Self(value.unwrap_or_default())),
            other => Err(unsupported(other, "application/json")),
        }
    }
}

/// Reads JSON; what is wrong is told with the path to it, the line and the column.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Answer<T> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let path = path.trim_start_matches(['.', '?']);
        let inner = error.inner();
        if !inner.is_data() {
            return bad_request(format!("the body is not what it should be: {}", words::broken_json(inner)));
        }
        let (message, help) = words::explain(path, &inner.to_string());
        let place = format!("line {}, column {}", inner.line(), inner.column());
        let problem = bad_request(format!("the body is not what it should be: {message} ({place})"));
        match help {
            Some(help) => problem.with_help(help),
            None => problem,
        }
    })?;
    deserializer.end().map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        bad_request(format!("the body goes on behind its end ({place})"))
    })?;
    Ok(value)
}

/// 415 for a media type, naming what is accepted.
pub fn unsupported(media_type: &str, accepted: &str) -> Problem {
    let said = if media_type.is_empty() { "no media type".to_owned() } else { format!("`{media_type}`") };
    Problem::new(ProblemType::UnsupportedMediaType, format!("the body says that it is {said}"))
        .with_help(format!("send it with `Content-Type: {accepted}`"))
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

async fn read(body: Body, limit: usize) -> Answer<Bytes> {
    let mut stream = body.into_data_stream();
    let mut bytes = BytesMut::new();
    let mut length = 0_usize;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| bad_request(format!("the body broke off: {error}")))?;
        length = length.saturating_add(chunk.len());
        if length <= limit {
            bytes.extend_from_slice(&chunk);
        } else if length > limit.saturating_mul(DRAINED) {
            break;
        }
    }
    if length > limit {
        return Err(Problem::new(
            ProblemType::TooLarge,
            format!("the body is larger than {limit} bytes, the limit of this daemon. Nothing was changed."),
        )
        .with_help(
            "leave out files that the definition does not use, or raise `limits.body_bytes` in the daemon's configuration",
        ));
    }
    Ok(bytes.freeze())
}
