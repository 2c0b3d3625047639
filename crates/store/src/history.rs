//! The history of all stacks: appended to, read from a position on, and bounded.

use crate::{Error, Store, column};
use evenkeel_model::{HistoryEntry, HistoryKind, OperationId, ServiceName, StackName};
use sqlx::{FromRow, QueryBuilder, SqliteConnection};

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Only of this stack.
    pub stack: Option<StackName>,
    /// Only of this service.
    pub service: Option<ServiceName>,
    /// Only of this operation.
    pub operation: Option<OperationId>,
    /// Only with a higher id.
    pub after: Option<i64>,
    /// Only with a lower id.
    pub before: Option<i64>,
    /// At most this many.
    pub limit: u32,
    /// From which end.
    pub order: Order,
}

/// From which end a stream of entries is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest, backwards.
    #[default]
    NewestFirst,
    /// The oldest, forwards: to resume from a position.
    OldestFirst,
}

#[derive(FromRow)]
struct HistoryRow {
    id: i64,
    at: String,
    stack: Option<String>,
    service: Option<String>,
    operation: Option<String>,
    kind: String,
    object: Option<String>,
    message: String,
    cause: Option<String>,
    took_ms: Option<i64>,
    waits_json: Option<String>,
}

impl TryFrom<HistoryRow> for HistoryEntry {
    type Error = Error;
    fn try_from(row: HistoryRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            at: column::time(&row.at, "history.at")?,
            stack: row.stack.map(StackName::from),
            service: row.service.map(ServiceName::from),
            operation: row.operation.map(OperationId),
            kind: column::word(&row.kind, "history.kind", HistoryKind::parse)?,
            object: row.object,
            message: row.message,
            cause: row.cause,
            took_ms: row.took_ms.map(|ms| column::number(ms, "history.took_ms")).transpose()?,
            waits_for: row
                .waits_json
                .map(|text| column::json(&text, "history.waits_json"))
                .transpose()?
                .unwrap_or_default(),
        })
    }
}

impl Store {
    /// Appends entries and says which ids they got, in their order. Progress is not stored: its id is 0.
    pub async fn append(&self, entries: &[HistoryEntry]) -> Result<Vec<i64>, Error> {
        if entries.iter().all(|entry| entry.kind == HistoryKind::Progress) {
            return Ok(vec![0; entries.len()]);
        }
        let mut transaction = self.begin().await?;
        let ids = insert(&mut transaction, entries, self.kept().history).await?;
        transaction.commit().await?;
        Ok(ids)
    }

    /// Reads entries.
    pub async fn history(&self, filter: &HistoryFilter) -> Result<Vec<HistoryEntry>, Error> {
        // Only the conditions that were asked for, so that the index of a stack or an operation serves: with `?1 IS NULL OR …` the
        // whole history is read.
        let mut query = QueryBuilder::new(
            "SELECT id, at, stack, service, operation, kind, object, message, cause, took_ms, waits_json FROM history WHERE id > ",
        );
        query.push_bind(filter.after.unwrap_or(0)).push(" AND id < ").push_bind(filter.before.unwrap_or(i64::MAX));
        let columns = [
            (" AND stack = ", filter.stack.as_ref().map(StackName::as_str)),
            (" AND operation = ", filter.operation.as_ref().map(|id| id.0.as_str())),
            (" AND service = ", filter.service.as_ref().map(ServiceName::as_str)),
        ];
        for (condition, value) in columns {
            if let Some(value) = value {
                query.push(condition).push_bind(value);
            }
        }
        query.push(match filter.order {
            Order::NewestFirst => " ORDER BY id DESC LIMIT ",
            Order::OldestFirst => " ORDER BY id LIMIT ",
        });
        let rows: Vec<HistoryRow> = query.push_bind(filter.limit).build_query_as().fetch_all(self.readers()).await?;
        rows.into_iter().map(HistoryEntry::try_from).collect()
    }
}

/// Writes entries and lets go of those that are too old.
pub async fn insert(connection: &mut SqliteConnection, entries: &[HistoryEntry], kept: u32) -> Result<Vec<i64>, Error> {
    let mut ids = Vec::with_capacity(entries.len());
    for entry in entries {
        if entry.kind == HistoryKind::Progress {
            ids.push(0);
            continue;
        }
        let waits = Some(&entry.waits_for).filter(|waits| !waits.is_empty());
        let waits = waits.map(|waits| column::from_json(waits, "history.waits_json")).transpose()?;
        let done = sqlx::query(
            "INSERT INTO history (at, stack, service, operation, kind, object, message, cause, took_ms, waits_json)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(column::from_time(entry.at))
        .bind(entry.stack.as_ref().map(StackName::as_str))
        .bind(entry.service.as_ref().map(ServiceName::as_str))
        .bind(entry.operation.as_ref().map(|id| id.0.as_str()))
        .bind(entry.kind.as_str())
        .bind(entry.object.as_deref())
        .bind(&entry.message)
        .bind(entry.cause.as_deref())
        .bind(entry.took_ms.map(column::from_number))
        .bind(waits)
        .execute(&mut *connection)
        .await?;
        ids.push(done.last_insert_rowid());
    }
    if let Some(newest) = ids.iter().max() {
        let kept = i64::from(kept);
        prune(connection, newest - kept, kept / 20).await?;
    }
    Ok(ids)
}

/// Removes all entries up to an id, once they are a batch: ids have no gaps, so ids count entries.
async fn prune(connection: &mut SqliteConnection, up_to: i64, batch: i64) -> Result<(), Error> {
    let oldest: Option<i64> = sqlx::query_scalar("SELECT min(id) FROM history").fetch_one(&mut *connection).await?;
    if oldest.is_some_and(|oldest| oldest + batch <= up_to) {
        sqlx::query("DELETE FROM history WHERE id <= ?").bind(up_to).execute(connection).await?;
    }
    Ok(())
}
