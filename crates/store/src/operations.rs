//! Operations, the newest. At most one of a stack runs, which an index of the schema guarantees.

use crate::{Error, Store, column};
use evenkeel_model::{Operation, OperationId, OperationState, StackName, Timestamp, Verb};
use sqlx::{FromRow, SqliteConnection};

#[derive(FromRow)]
struct OperationRow {
    id: String,
    stack: String,
    verb: String,
    services_json: String,
    state: String,
    ended_at: Option<String>,
    reason: Option<String>,
    generation: i64,
    created_at: String,
    deadline: String,
}

impl TryFrom<OperationRow> for Operation {
    type Error = Error;
    fn try_from(row: OperationRow) -> Result<Self, Error> {
        let ended_at = column::optional_time(row.ended_at.as_deref(), "operations.ended_at")?;
        let state = match (row.state.as_str(), ended_at, row.reason) {
            ("running", None, None) => OperationState::Running,
            ("succeeded", Some(at), None) => OperationState::Succeeded { at },
            ("failed", Some(at), Some(reason)) => OperationState::Failed { at, reason },
            ("superseded", Some(at), None) => OperationState::Superseded { at },
            (other, ..) => return Err(column::corrupt("operations.state", format!("`{other}` of {}", row.id))),
        };
        Ok(Self {
            verb: column::word(&row.verb, "operations.verb", Verb::parse)?,
            services: column::json(&row.services_json, "operations.services_json")?,
            state,
            generation: column::number(row.generation, "operations.generation")?,
            created_at: column::time(&row.created_at, "operations.created_at")?,
            deadline: column::time(&row.deadline, "operations.deadline")?,
            id: OperationId(row.id),
            stack: StackName::from(row.stack),
        })
    }
}

/// The columns `state`, `ended_at` and `reason` of a state.
fn columns(state: &OperationState) -> (&'static str, Option<String>, Option<&str>) {
    match state {
        OperationState::Running => ("running", None, None),
        OperationState::Succeeded { at } => ("succeeded", Some(column::from_time(*at)), None),
        OperationState::Failed { at, reason } => ("failed", Some(column::from_time(*at)), Some(reason)),
        OperationState::Superseded { at } => ("superseded", Some(column::from_time(*at)), None),
    }
}

impl Store {
    /// One operation.
    pub async fn operation(&self, id: &OperationId) -> Result<Option<Operation>, Error> {
        let row: Option<OperationRow> = sqlx::query_as(
            "SELECT id, stack, verb, services_json, state, ended_at, reason, generation, created_at, deadline
             FROM operations WHERE id = ?",
        )
        .bind(&id.0)
        .fetch_optional(self.readers())
        .await?;
        row.map(Operation::try_from).transpose()
    }

    /// Operations of one stack or of all, newest first.
    pub async fn operations(&self, stack: Option<&StackName>, limit: u32) -> Result<Vec<Operation>, Error> {
        let rows: Vec<OperationRow> = sqlx::query_as(
            "SELECT id, stack, verb, services_json, state, ended_at, reason, generation, created_at, deadline
             FROM operations WHERE ?1 IS NULL OR stack = ?1 ORDER BY seq DESC LIMIT ?2",
        )
        .bind(stack.map(StackName::as_str))
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(Operation::try_from).collect()
    }

    /// Operations that have not ended, oldest first.
    pub async fn running_operations(&self) -> Result<Vec<Operation>, Error> {
        let rows: Vec<OperationRow> = sqlx::query_as(
            "SELECT id, stack, verb, services_json, state, ended_at, reason, generation, created_at, deadline
             FROM operations WHERE state = 'running' ORDER BY seq",
        )
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(Operation::try_from).collect()
    }

    /// Moves an operation from running to one of the ends, and says whether it did: an operation that has ended, or that
    /// is not there, stays as it is.
    pub async fn end_operation(&self, id: &OperationId, state: &OperationState) -> Result<bool, Error> {
        if !state.is_ended() {
            return Ok(false);
        }
        let mut transaction = self.begin().await?;
        let ended = end(&mut transaction, id, state).await?;
        transaction.commit().await?;
        Ok(ended)
    }
}

async fn end(connection: &mut SqliteConnection, id: &OperationId, state: &OperationState) -> Result<bool, Error> {
    let (word, ended_at, reason) = columns(state);
    let done =
        sqlx::query("UPDATE operations SET state = ?, ended_at = ?, reason = ? WHERE id = ? AND state = 'running'")
            .bind(word)
            .bind(ended_at)
            .bind(reason)
            .bind(&id.0)
            .execute(connection)
            .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends what runs of a stack because a later request takes its place.
pub async fn supersede(
    connection: &mut SqliteConnection,
    stack: &StackName,
    at: Timestamp,
) -> Result<Vec<OperationId>, Error> {
    let running: Vec<String> = sqlx::query_scalar("SELECT id FROM operations WHERE stack = ? AND state = 'running'")
        .bind(stack.as_str())
        .fetch_all(&mut *connection)
        .await?;
    let superseded: Vec<OperationId> = running.into_iter().map(OperationId).collect();
    for id in &superseded {
        end(connection, id, &OperationState::Superseded { at }).await?;
    }
    Ok(superseded)
}

/// Writes a new operation and lets go of those that are too old.
pub async fn insert(connection: &mut SqliteConnection, operation: &Operation, kept: u32) -> Result<(), Error> {
    let (word, ended_at, reason) = columns(&operation.state);
    let done = sqlx::query(
        "INSERT INTO operations (id, stack, verb, services_json, state, ended_at, reason, generation, created_at, deadline)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&operation.id.0)
    .bind(operation.stack.as_str())
    .bind(operation.verb.as_str())
    .bind(column::from_json(&operation.services, "operations.services_json")?)
    .bind(word)
    .bind(ended_at)
    .bind(reason)
    .bind(column::from_number(operation.generation))
    .bind(column::from_time(operation.created_at))
    .bind(column::from_time(operation.deadline))
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM operations WHERE seq <= ? AND state <> 'running'")
        .bind(done.last_insert_rowid() - i64::from(kept))
        .execute(connection)
        .await?;
    Ok(())
}
