//! One request, written whole or not at all.

use crate::idempotency::{self, Seen};
use crate::{Change, Committed, Error, Kept, Store, history, ledger, operations, revisions, stacks};
use evenkeel_model::{HistoryEntry, HistoryKind, Operation, OperationId, OperationState};
use sqlx::SqliteConnection;

impl Store {
    /// Writes a change in one transaction. When this returns, it is on the disk; when it fails, nothing of it is written.
    ///
    /// # Errors
    /// [`Error::Stale`] for another generation than expected, [`Error::KeyReused`] for a key with another request,
    /// [`Error::UnknownStack`] for a change without a definition to a stack that is not there.
    pub async fn commit(&self, change: Change) -> Result<Committed, Error> {
        let mut transaction = self.begin().await?;
        // The key first: a repeated request is answered as before, though the generation has moved on by itself.
        if let Some(key) = &change.idempotency
            && let Some(seen) = idempotency::look_up(&mut transaction, key, change.at).await?
        {
            return Ok(seen.into());
        }
        let committed = write(&mut transaction, change, self.kept()).await?;
        transaction.commit().await?;
        Ok(committed)
    }
}

impl From<Seen> for Committed {
    fn from(seen: Seen) -> Self {
        match seen.operation {
            Some(id) => Self::Replayed(id),
            None => {
                Self::Done { generation: seen.generation, operation: None, superseded: Vec::new(), history: Vec::new() }
            }
        }
    }
}

async fn write(db: &mut SqliteConnection, change: Change, kept: Kept) -> Result<Committed, Error> {
    let generation = write_definition(db, &change, kept.revisions).await?;
    if change.forget.failures {
        ledger::clear_attempts(db, &change.stack).await?;
    }
    ledger::forget_completions(db, &change.stack, &change.forget.completions).await?;

    let operation = change.operation.clone().map(|operation| Operation {
        stack: change.stack.clone(),
        state: OperationState::Running,
        generation,
        ..operation
    });
    let mut superseded = Vec::new();
    if let Some(operation) = &operation {
        superseded = operations::supersede(db, &change.stack, change.at).await?;
        operations::insert(db, operation, kept.operations).await?;
    }

    let mut entries: Vec<HistoryEntry> =
        superseded.iter().map(|id| superseded_entry(id, operation.as_ref(), &change)).collect();
    entries.extend(change.history);
    let ids = history::insert(db, &entries, kept.history).await?;
    for (entry, id) in entries.iter_mut().zip(ids) {
        entry.id = id;
    }

    if let Some(key) = &change.idempotency {
        let seen = Seen { generation, operation: operation.as_ref().map(|operation| operation.id.clone()) };
        idempotency::remember(db, key, &seen, change.at).await?;
    }
    Ok(Committed::Done { generation, operation, superseded, history: entries })
}

/// Writes the intent, and the revision where there is a new one. Returns the generation in force.
async fn write_definition(db: &mut SqliteConnection, change: &Change, revisions_kept: u32) -> Result<u64, Error> {
    let stack = &change.stack;
    let actual = stacks::generation(db, stack).await?.unwrap_or(0);
    if let Some(expected) = change.expect_generation
        && expected != actual
    {
        return Err(Error::Stale { stack: stack.clone(), expected, actual });
    }
    let revision = match &change.new_revision {
        Some(contents) if revisions::is(db, stack, actual, contents).await? => None,
        other => other.as_ref(),
    };
    if actual == 0 && revision.is_none() {
        return Err(Error::UnknownStack { stack: stack.clone() });
    }
    let generation = actual + u64::from(revision.is_some());
    stacks::write(db, stack, generation, &change.intent, change.at).await?;
    if let Some(contents) = revision {
        revisions::insert(db, stack, generation, contents, change.at, revisions_kept).await?;
    }
    Ok(generation)
}

fn superseded_entry(id: &OperationId, by: Option<&Operation>, change: &Change) -> HistoryEntry {
    HistoryEntry {
        id: 0,
        at: change.at,
        stack: Some(change.stack.clone()),
        service: None,
        operation: Some(id.clone()),
        kind: HistoryKind::OperationEnded,
        object: None,
        message: "superseded".to_owned(),
        cause: by.map(|operation| format!("a later `{}` took its place", operation.verb.as_str())),
        took_ms: None,
        waits_for: Vec::new(),
    }
}
