//! What the tests of the whole share: a daemon of their own, its API, and the engine's API to break things with.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

pub mod airflow;
pub mod conformance;
mod daemon;
mod engine;
pub mod figures;
mod forwarded;
mod http;
mod own_engine;
mod random;
pub mod scenario;
mod shipped;
mod sse;
pub mod web;

pub use daemon::{Daemon, binary};
pub use engine::DockerApi;
pub use forwarded::Forwarded;
pub use http::{Answer, Http};
pub use own_engine::OwnEngine;
pub use random::Random;
pub use shipped::copy_system;
pub use sse::Events;
