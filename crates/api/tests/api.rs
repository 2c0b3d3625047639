//! The API through its router, on the simulated engine: one request, one expected status, the part of the answer that counts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "api/composed.rs"]
mod composed;
#[path = "api/connections.rs"]
mod connections;
#[path = "api/exec.rs"]
mod exec;
#[path = "api/guard.rs"]
mod guard;
#[path = "api/harness.rs"]
mod harness;
#[path = "api/health.rs"]
mod health;
#[path = "api/images.rs"]
mod images;
#[path = "api/listeners.rs"]
mod listeners;
#[path = "api/operations.rs"]
mod operations;
#[path = "api/panics.rs"]
mod panics;
#[path = "api/problems.rs"]
mod problems;
#[path = "api/runs.rs"]
mod runs;
#[path = "api/stacks.rs"]
mod stacks;
#[path = "api/streams.rs"]
mod streams;
