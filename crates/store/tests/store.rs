//! The store against temporary files.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "store/data.rs"]
mod data;

#[path = "store/bounds.rs"]
mod bounds;
#[path = "store/commits.rs"]
mod commits;
#[path = "store/crash.rs"]
mod crash;
#[path = "store/opening.rs"]
mod opening;
#[path = "store/tokens.rs"]
mod tokens;
