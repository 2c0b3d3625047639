//! Tokens: 256 random bits, known to the store by their SHA-256 alone.

use super::Caller;
use crate::problem::{Answer, Problem};
use crate::state::ApiState;
use axum::http::{HeaderMap, header};
use chrono::Duration;
use evenkeel_wire::ProblemType;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use subtle::ConstantTimeEq;

/// Begins every token, so that scanners for leaked secrets and people recognise one.
const PREFIX: &str = "evk_";

/// A new token's text.
pub fn new_token() -> String {
    let bits: [u8; 32] = rand::random();
    bits.iter().fold(PREFIX.to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What the store knows of a token.
pub fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Whose token a request shows.
pub async fn check(headers: &HeaderMap, state: &ApiState) -> Answer<Caller> {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
    let Some(shown) = shown else { return Err(unauthorized("no token was shown")) };
    let hash = digest(shown);
    let store = state.control().store();
    // The look-up goes by hash, whose timing says nothing about the token; the comparison does not lean on that.
    let token = store.token(&hash).await?.filter(|token| bool::from(token.hash.ct_eq(&hash)));
    let Some(token) = token else { return Err(unauthorized("the token is not known, or was revoked")) };
    let now = state.now();
    if token.last_used_at.is_none_or(|at| now - at > Duration::minutes(1))
        && let Err(error) = store.token_used(&token.id, now).await
    {
        tracing::warn!(%error, token = token.id, "the token's last use could not be written down");
    }
    Ok(Caller(format!("{} ({})", token.name, token.id)))
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(ProblemType::Unauthorized, format!("{detail}; over TCP every request wants `Authorization: Bearer`"))
        .with_help("make one on the daemon's host with `evenkeel token create --name NAME`")
}
