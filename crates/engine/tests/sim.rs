//! What the simulated engine adds to the contract: Docker's policies and timing, faults, and what others do behind our back.
//! Tests run on a paused clock, which jumps from one event to the next.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "sim/faults.rs"]
mod faults;
#[path = "sim/health.rs"]
mod health;
#[path = "sim/life.rs"]
mod life;
#[path = "sim/objects.rs"]
mod objects;
#[path = "sim/outage.rs"]
mod outage;
#[path = "sim/stage.rs"]
mod stage;
