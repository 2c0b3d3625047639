//! Accepted definitions of stacks, the newest of each.

use crate::{Error, Store, column};
use evenkeel_model::{Definition, Revision, Stack, StackName, Timestamp};
use sqlx::{FromRow, SqliteConnection};

/// A revision without its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionSummary {
    /// Its number.
    pub generation: u64,
    /// When it was accepted.
    pub created_at: Timestamp,
}

#[derive(FromRow)]
struct SummaryRow {
    generation: i64,
    created_at: String,
}

impl TryFrom<SummaryRow> for RevisionSummary {
    type Error = Error;
    fn try_from(row: SummaryRow) -> Result<Self, Error> {
        Ok(Self {
            generation: column::number(row.generation, "revisions.generation")?,
            created_at: column::time(&row.created_at, "revisions.created_at")?,
        })
    }
}

#[derive(FromRow)]
struct RevisionRow {
    stack: String,
    generation: i64,
    definition_json: String,
    resolved_json: String,
    created_at: String,
}

impl TryFrom<RevisionRow> for Revision {
    type Error = Error;
    fn try_from(row: RevisionRow) -> Result<Self, Error> {
        let place = format!("stack {}, revision {}", row.stack, row.generation);
        read(row).map_err(|error| error.of(place))
    }
}

fn read(row: RevisionRow) -> Result<Revision, Error> {
    Ok(Revision {
        generation: column::number(row.generation, "revisions.generation")?,
        definition: column::json(&row.definition_json, "revisions.definition_json")?,
        resolved: column::json(&row.resolved_json, "revisions.resolved_json")?,
        created_at: column::time(&row.created_at, "revisions.created_at")?,
        stack: StackName::from(row.stack),
    })
}

impl Store {
    /// A stack's revisions, newest first.
    pub async fn revisions(&self, name: &StackName) -> Result<Vec<RevisionSummary>, Error> {
        let rows: Vec<SummaryRow> =
            sqlx::query_as("SELECT generation, created_at FROM revisions WHERE stack = ? ORDER BY generation DESC")
                .bind(name.as_str())
                .fetch_all(self.readers())
                .await?;
        rows.into_iter().map(RevisionSummary::try_from).collect()
    }

    /// One revision with its contents.
    pub async fn revision(&self, name: &StackName, generation: u64) -> Result<Option<Revision>, Error> {
        let row: Option<RevisionRow> = sqlx::query_as(
            "SELECT stack, generation, definition_json, resolved_json, created_at
             FROM revisions WHERE stack = ? AND generation = ?",
        )
        .bind(name.as_str())
        .bind(column::from_number(generation))
        .fetch_optional(self.readers())
        .await?;
        row.map(Revision::try_from).transpose()
    }
}

/// Whether a revision has just these contents. One that an older version wrote and that cannot be read any more does not,
/// so a new definition can replace it.
pub async fn is(
    connection: &mut SqliteConnection,
    name: &StackName,
    generation: u64,
    contents: &(Definition, Stack),
) -> Result<bool, Error> {
    let row: Option<(String, String)> =
        sqlx::query_as("SELECT definition_json, resolved_json FROM revisions WHERE stack = ? AND generation = ?")
            .bind(name.as_str())
            .bind(column::from_number(generation))
            .fetch_optional(connection)
            .await?;
    Ok(row.is_some_and(|(definition, resolved)| {
        serde_json::from_str(&definition).is_ok_and(|stored: Definition| stored == contents.0)
            && serde_json::from_str(&resolved).is_ok_and(|stored: Stack| stored == contents.1)
    }))
}

/// Writes a revision and lets go of those that are too old.
pub async fn insert(
    connection: &mut SqliteConnection,
    name: &StackName,
    generation: u64,
    contents: &(Definition, Stack),
    at: Timestamp,
    kept: u32,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO revisions (stack, generation, definition_json, resolved_json, created_at) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(name.as_str())
    .bind(column::from_number(generation))
    .bind(column::from_json(&contents.0, "revisions.definition_json")?)
    .bind(column::from_json(&contents.1, "revisions.resolved_json")?)
    .bind(column::from_time(at))
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM revisions WHERE stack = ? AND generation <= ?")
        .bind(name.as_str())
        .bind(column::from_number(generation) - i64::from(kept.max(1)))
        .execute(connection)
        .await?;
    Ok(())
}
