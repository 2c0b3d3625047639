//! The loop: requests change desired state, nudges start passes, and a pass observes, plans and takes the steps that are
//! ready.
//!
//! There is one task a stack, so the passes of a stack never overlap. A pass takes nothing but the stack: what happened in
//! between is observed, not told. Nothing here knows HTTP, SQL or Docker.

mod abort;
mod accept;
mod bounds;
mod clock;
mod commit;
mod connections;
mod control;
mod entry;
mod intend;
mod journal;
mod last_words;
mod metrics;
mod pace;
mod pass;
mod refused;
mod request;
mod runs;
mod shared;
mod signal;
mod steps;
mod taking_over;
mod unmanaged;
mod unnamed;
mod view;
mod watch;

pub use accept::Defined;
pub use clock::Clock;
pub use connections::{KnownConnection, Proof};
pub use control::{Control, Options};
pub use metrics::{Metrics, StepCount};
pub use refused::Refused;
pub use request::{Request, Terms};
pub use runs::{Preparation, RunError, RunOptions, Started};
pub use unmanaged::Unmanaged;
pub use view::View;
