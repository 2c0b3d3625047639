//! Who asked for what over the API: the newest twenty thousand requests.

use crate::{Error, Store, column};
use evenkeel_model::Timestamp;
use sqlx::FromRow;

const KEPT: i64 = 20_000;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Position; 0 before it is stored.
    pub id: i64,
    /// When it was answered.
    pub at: Timestamp,
    /// The token's id and name, or the socket's user.
    pub who: String,
    /// `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The answer's status.
    pub status: u16,
}

#[derive(FromRow)]
struct AuditRow {
    id: i64,
    at: String,
    who: String,
    method: String,
    path: String,
    status: i64,
}

impl TryFrom<AuditRow> for AuditEntry {
    type Error = Error;
    fn try_from(row: AuditRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            at: column::time(&row.at, "audit.at")?,
            who: row.who,
            method: row.method,
            path: row.path,
            status: column::number(row.status, "audit.status")?,
        })
    }
}

impl Store {
    /// Appends an entry.
    pub async fn append_audit(&self, entry: &AuditEntry) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query("INSERT INTO audit (at, who, method, path, status) VALUES (?, ?, ?, ?, ?)")
            .bind(column::from_time(entry.at))
            .bind(&entry.who)
            .bind(&entry.method)
            .bind(&entry.path)
            .bind(i64::from(entry.status))
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM audit WHERE id <= ?")
            .bind(done.last_insert_rowid() - KEPT)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Entries, newest first, only those older than `before` where it is given.
    pub async fn audit(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>, Error> {
        let rows: Vec<AuditRow> = sqlx::query_as(
            "SELECT id, at, who, method, path, status FROM audit WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2",
        )
        .bind(before)
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(AuditEntry::try_from).collect()
    }
}
