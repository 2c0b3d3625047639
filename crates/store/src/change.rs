//! All that one request changes, and what came of it.

use evenkeel_model::{
    Definition, Forgotten, HistoryEntry, Intent, Operation, OperationId, Stack, StackName, Timestamp,
};

/// One request's effect on desired state. It is written whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The stack. It comes into being with its first definition.
    pub stack: StackName,
    /// `If-Match`: the generation that must be in force; 0 means that there must be no such stack yet.
    pub expect_generation: Option<u64>,
    /// A definition and what it means. Equal to the one in force, it makes no new revision; the store numbers revisions.
    pub new_revision: Option<(Definition, Stack)>,
    /// What is asked from now on, in place of what was.
    pub intent: Intent,
    /// The operation that begins; running ones of the stack are superseded. The store fills in its generation.
    pub operation: Option<Operation>,
    /// What of the ledger counts no more.
    pub forget: Forgotten,
    /// What to tell about it. Entries without a stack or an operation stay so.
    pub history: Vec<HistoryEntry>,
    /// The client's key for this request.
    pub idempotency: Option<IdempotencyKey>,
    /// When the request was accepted.
    pub at: Timestamp,
}

/// A client's name for one request, so that sending it twice does it once. Remembered for 24 hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The client's text.
    pub key: String,
    /// A digest of the request: the same key with another one is refused.
    pub fingerprint: String,
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Committed {
    /// It is written, and on the disk.
    Done {
        /// The generation in force now.
        generation: u64,
        /// The operation as it was stored.
        operation: Option<Operation>,
        /// Running operations of the stack that it took the place of.
        superseded: Vec<OperationId>,
        /// The history as it was stored, with ids; an entry for the end of each superseded operation stands first.
        history: Vec<HistoryEntry>,
    },
    /// The same request was accepted before, with this operation: nothing was written. A repeated request that had no
    /// operation is answered by `Done` with the generation of then, and nothing was written either.
    Replayed(OperationId),
}
