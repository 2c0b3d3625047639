//! Keys of requests that were accepted within the last 24 hours.

use crate::{Error, IdempotencyKey, column};
use chrono::Duration;
use evenkeel_model::{OperationId, Timestamp};
use sqlx::{FromRow, SqliteConnection};

const KEPT: Duration = Duration::hours(24);

/// What a key was accepted with.
pub struct Seen {
    pub generation: u64,
    pub operation: Option<OperationId>,
}

#[derive(FromRow)]
struct KeyRow {
    fingerprint: String,
    generation: i64,
    operation: Option<String>,
}

impl TryFrom<KeyRow> for Seen {
    type Error = Error;
    fn try_from(row: KeyRow) -> Result<Self, Error> {
        Ok(Self {
            generation: column::number(row.generation, "idempotency_keys.generation")?,
            operation: row.operation.map(OperationId),
        })
    }
}

/// Looks a key up, after those that are too old are gone.
pub async fn look_up(
    connection: &mut SqliteConnection,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Result<Option<Seen>, Error> {
    sqlx::query("DELETE FROM idempotency_keys WHERE created_at < ?")
        .bind(column::from_time(now - KEPT))
        .execute(&mut *connection)
        .await?;
    let row = sqlx::query_as("SELECT fingerprint, generation, operation FROM idempotency_keys WHERE key = ?")
        .bind(&key.key)
        .fetch_optional(connection)
        .await?;
    let Some(row): Option<KeyRow> = row else { return Ok(None) };
    if row.fingerprint != key.fingerprint {
        return Err(Error::KeyReused { key: key.key.clone() });
    }
    row.try_into().map(Some)
}

/// Remembers a key with what it was accepted with.
pub async fn remember(
    connection: &mut SqliteConnection,
    key: &IdempotencyKey,
    seen: &Seen,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO idempotency_keys (key, fingerprint, generation, operation, created_at) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(&key.key)
    .bind(&key.fingerprint)
    .bind(column::from_number(seen.generation))
    .bind(seen.operation.as_ref().map(|id| id.0.as_str()))
    .bind(column::from_time(now))
    .execute(connection)
    .await?;
    Ok(())
}
