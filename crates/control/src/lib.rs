//! The loop: requests change desired state, nudges start passes, and a pass observes, plans and takes the steps that are
//! ready.
//!
//! There is one task a stack, so the passes of a stack never overlap. A pass takes nothing but the stack: what happened in
//! between is observed, not told. Nothing here knows HTTP, SQL or Docker.

mod clock;
mod control;
mod entry;
mod intend;
mod journal;
mod pass;
mod refused;
mod request;
mod steps;
mod view;
mod watch;

pub use clock::Clock;
pub use control::{Control, Defined, Metrics, Options, StepCount};
pub use refused::Refused;
pub use request::{Request, Terms};
pub use view::View;
