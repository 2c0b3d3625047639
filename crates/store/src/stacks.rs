//! Stacks and what is asked of them.

use crate::{Error, Store, column};
use evenkeel_model::{Desired, Goal, Intent, Stack, StackName, Timestamp};
use sqlx::{FromRow, SqliteConnection};

/// A stack with the definition in force.
#[derive(Debug, Clone, PartialEq)]
pub struct StackRecord {
    /// Its name.
    pub name: StackName,
    /// The generation in force.
    pub generation: u64,
    /// What that definition means.
    pub resolved: Stack,
    /// What is asked beyond it.
    pub intent: Intent,
    /// When the stack's first definition was accepted.
    pub created_at: Timestamp,
    /// When anything was last asked of it.
    pub changed_at: Timestamp,
}

impl StackRecord {
    /// All that the planner needs to know.
    pub fn desired(&self) -> Desired {
        Desired { stack: self.resolved.clone(), generation: self.generation, intent: self.intent.clone() }
    }
}

#[derive(FromRow)]
struct StackRow {
    name: String,
    generation: i64,
    resolved_json: String,
    intent_json: String,
    created_at: String,
    changed_at: String,
}

impl TryFrom<StackRow> for StackRecord {
    type Error = Error;
    fn try_from(row: StackRow) -> Result<Self, Error> {
        let name = StackName::from(row.name.as_str());
        Self::read(row).map_err(|error| error.of(format_args!("stack {name}")))
    }
}

impl StackRecord {
    fn read(row: StackRow) -> Result<Self, Error> {
        Ok(Self {
            generation: column::number(row.generation, "stacks.generation")?,
            resolved: column::json(&row.resolved_json, "revisions.resolved_json")?,
            intent: column::json(&row.intent_json, "stacks.intent_json")?,
            created_at: column::time(&row.created_at, "stacks.created_at")?,
            changed_at: column::time(&row.changed_at, "stacks.changed_at")?,
            name: StackName::from(row.name),
        })
    }
}

impl Store {
    /// All stacks, by name.
    pub async fn stacks(&self) -> Result<Vec<StackRecord>, Error> {
        let rows: Vec<StackRow> = sqlx::query_as(
            "SELECT s.name, s.generation, r.resolved_json, s.intent_json, s.created_at, s.changed_at
             FROM stacks s JOIN revisions r ON r.stack = s.name AND r.generation = s.generation ORDER BY s.name",
        )
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(StackRecord::try_from).collect()
    }

    /// One stack.
    pub async fn stack(&self, name: &StackName) -> Result<Option<StackRecord>, Error> {
        let row: Option<StackRow> = sqlx::query_as(
            "SELECT s.name, s.generation, r.resolved_json, s.intent_json, s.created_at, s.changed_at
             FROM stacks s JOIN revisions r ON r.stack = s.name AND r.generation = s.generation WHERE s.name = ?",
        )
        .bind(name.as_str())
        .fetch_optional(self.readers())
        .await?;
        row.map(StackRecord::try_from).transpose()
    }

    /// Removes a stack with its revisions and its ledger. Its operations and history stay. Says whether there was one.
    pub async fn forget(&self, name: &StackName) -> Result<bool, Error> {
        let mut transaction = self.begin().await?;
        let done =
            sqlx::query("DELETE FROM stacks WHERE name = ?").bind(name.as_str()).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }
}

/// The generation in force; `None` where there is no such stack.
pub async fn generation(connection: &mut SqliteConnection, name: &StackName) -> Result<Option<u64>, Error> {
    let found: Option<i64> = sqlx::query_scalar("SELECT generation FROM stacks WHERE name = ?")
        .bind(name.as_str())
        .fetch_optional(connection)
        .await?;
    found.map(|generation| column::number(generation, "stacks.generation")).transpose()
}

/// Writes what is asked of a stack, which may be new.
pub async fn write(
    connection: &mut SqliteConnection,
    name: &StackName,
    generation: u64,
    intent: &Intent,
    at: Timestamp,
) -> Result<(), Error> {
    let goal = match intent.goal {
        Goal::Up => "up",
        Goal::Down(_) => "down",
    };
    sqlx::query(
        "INSERT INTO stacks (name, generation, epoch, goal, held, intent_json, created_at, changed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)
         ON CONFLICT (name) DO UPDATE SET generation = ?2, epoch = ?3, goal = ?4, held = ?5, intent_json = ?6, changed_at = ?7",
    )
    .bind(name.as_str())
    .bind(column::from_number(generation))
    .bind(column::from_number(intent.epoch))
    .bind(goal)
    .bind(intent.held)
    .bind(column::from_json(intent, "stacks.intent_json")?)
    .bind(column::from_time(at))
    .execute(connection)
    .await?;
    Ok(())
}
