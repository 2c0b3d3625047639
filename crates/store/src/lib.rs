//! What Evenkeel must remember because no engine can show it: desired state, attempts, operations and history, in SQLite.
//!
//! The only SQL of the project. No clock is read here, times are arguments; nothing here knows an engine or a plan.

mod audit;
mod change;
mod column;
mod commit;
mod error;
mod history;
mod idempotency;
mod ledger;
mod operations;
mod revisions;
mod schema;
mod stacks;
mod state_dir;
mod store;
mod tokens;

pub use audit::AuditEntry;
pub use change::{Change, Committed, IdempotencyKey};
pub use error::Error;
pub use history::{HistoryFilter, Order};
pub use revisions::RevisionSummary;
pub use stacks::StackRecord;
pub use store::{Disk, Kept, Store};
pub use tokens::Token;
