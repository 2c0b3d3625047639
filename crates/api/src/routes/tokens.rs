//! API tokens.

use crate::extract::{Json, Key, Segments};
use crate::guard::{digest, new_token};
use crate::problem::{Answer, Problem, bad_request, not_found};
use crate::state::ApiState;
use axum::extract::State;
use axum::http::StatusCode;
use evenkeel_wire::{CreateToken, ProblemType, Token, TokenCreated, routes};

const LONGEST_NAME: usize = 200;

/// The tokens that are accepted, oldest first.
#[utoipa::path(get, path = routes::TOKENS, tag = "tokens", responses((status = 200, body = Vec<Token>)))]
pub async fn list_tokens(State(state): State<ApiState>) -> Answer<axum::Json<Vec<Token>>> {
    let tokens = state.control().store().tokens().await?;
    let accepted = tokens.into_iter().filter(|token| token.revoked_at.is_none()).map(|token| Token {
        id: token.id,
        name: Some(token.name).filter(|name| !name.is_empty()),
        created_at: token.created_at,
        last_used_at: token.last_used_at,
    });
    Ok(axum::Json(accepted.collect()))
}

/// Make a token. It is shown this once; only its hash is kept.
#[utoipa::path(
    post, path = routes::TOKENS, tag = "tokens", request_body(content = Option<CreateToken>),
    responses((status = 201, body = TokenCreated)),
)]
pub async fn create_token(
    State(state): State<ApiState>,
    Key(key): Key,
    Json(body): Json<CreateToken>,
) -> Answer<(StatusCode, axum::Json<TokenCreated>)> {
    let name = body.name.unwrap_or_default();
    if name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(bad_request(format!("`name` must have at most {LONGEST_NAME} printable characters")));
    }
    let id = id(key.as_deref());
    let store = state.control().store();
    if let Some(made) = store.tokens().await?.into_iter().find(|token| token.id == id) {
        return Err(made_before(&made.id, made.name == name));
    }
    let token = new_token();
    let kept = evenkeel_store::Token {
        id: id.clone(),
        name,
        hash: digest(&token),
        created_at: state.now(),
        last_used_at: None,
        revoked_at: None,
    };
    store.add_token(&kept).await?;
    Ok((StatusCode::CREATED, axum::Json(TokenCreated { id, token })))
}

/// Refuse a token from now on.
#[utoipa::path(
    delete, path = routes::TOKEN, tag = "tokens", params(("id" = String, Path, description = "The token's id")),
    responses((status = 204, description = "It is refused from now on")),
)]
pub async fn revoke_token(State(state): State<ApiState>, Segments(id): Segments<String>, _: Key) -> Answer<StatusCode> {
    let store = state.control().store();
    if store.revoke_token(&id, state.now()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    let tokens = store.tokens().await?;
    if tokens.iter().any(|token| token.id == id) {
        // Revoked before: the same request again.
        return Ok(StatusCode::NO_CONTENT);
    }
    let known = tokens.iter().filter(|token| token.revoked_at.is_none()).map(|token| token.id.as_str());
    Err(not_found("token", &id, known))
}

/// A token's id. Under an Idempotency-Key it follows from the key, so that a repeated request finds what it has made.
fn id(key: Option<&str>) -> String {
    let bytes: [u8; 6] = match key {
        Some(key) => {
            let digest = digest(&format!("token id {key}"));
            std::array::from_fn(|index| digest[index])
        }
        None => rand::random(),
    };
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn made_before(id: &str, same: bool) -> Problem {
    if !same {
        let detail = "this Idempotency-Key has made a token with another name; use a new key. Nothing was changed.";
        return Problem::new(ProblemType::IdempotencyKeyReused, detail);
    }
    Problem::new(
        ProblemType::Conflict,
        format!("this request has made token {id} before; a token is shown only once, and only its hash is kept"),
    )
    .with_help(format!("if its text was lost: DELETE /v1/tokens/{id}, then make another under a new Idempotency-Key"))
}
