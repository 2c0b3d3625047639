//! API tokens, known by the SHA-256 of their text alone.

use crate::{Error, Store, column};
use evenkeel_model::Timestamp;
use sqlx::FromRow;

/// An API token as it is kept: enough to recognise it, not to use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id, which may be shown.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// SHA-256 of the token's text.
    pub hash: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute or so: the caller decides how often that is worth a write.
    pub last_used_at: Option<Timestamp>,
    /// Since when it is no longer accepted.
    pub revoked_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct TokenRow {
    id: String,
    name: String,
    hash: Vec<u8>,
    created_at: String,
    last_used_at: Option<String>,
    revoked_at: Option<String>,
}

impl TryFrom<TokenRow> for Token {
    type Error = Error;
    fn try_from(row: TokenRow) -> Result<Self, Error> {
        Ok(Self {
            hash: row.hash.try_into().map_err(|_| column::corrupt("tokens.hash", "it is not 32 bytes"))?,
            created_at: column::time(&row.created_at, "tokens.created_at")?,
            last_used_at: column::optional_time(row.last_used_at.as_deref(), "tokens.last_used_at")?,
            revoked_at: column::optional_time(row.revoked_at.as_deref(), "tokens.revoked_at")?,
            id: row.id,
            name: row.name,
        })
    }
}

impl Store {
    /// Keeps a new token.
    pub async fn add_token(&self, token: &Token) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO tokens (id, name, hash, created_at, last_used_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&token.id)
        .bind(&token.name)
        .bind(token.hash.as_slice())
        .bind(column::from_time(token.created_at))
        .bind(token.last_used_at.map(column::from_time))
        .bind(token.revoked_at.map(column::from_time))
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// All tokens, revoked ones too, oldest first.
    pub async fn tokens(&self) -> Result<Vec<Token>, Error> {
        let rows: Vec<TokenRow> = sqlx::query_as(
            "SELECT id, name, hash, created_at, last_used_at, revoked_at FROM tokens ORDER BY created_at, id",
        )
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(Token::try_from).collect()
    }

    /// The token of a hash, unless it is revoked.
    pub async fn token(&self, hash: &[u8; 32]) -> Result<Option<Token>, Error> {
        let row: Option<TokenRow> = sqlx::query_as(
            "SELECT id, name, hash, created_at, last_used_at, revoked_at FROM tokens
             WHERE hash = ? AND revoked_at IS NULL",
        )
        .bind(hash.as_slice())
        .fetch_optional(self.readers())
        .await?;
        row.map(Token::try_from).transpose()
    }

    /// Notes that a token was used.
    pub async fn token_used(&self, id: &str, at: Timestamp) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE tokens SET last_used_at = ? WHERE id = ?")
            .bind(column::from_time(at))
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Accepts a token no longer. Says whether there was one that was accepted.
    pub async fn revoke_token(&self, id: &str, at: Timestamp) -> Result<bool, Error> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query("UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL")
            .bind(column::from_time(at))
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }
}
