//! The handlers, one group of the API a file.

pub mod actions;
pub mod attach;
pub mod audit;
pub mod config;
pub mod connections;
pub mod doctor;
pub mod engine;
pub mod events;
pub mod exec;
pub mod files;
pub mod health;
pub mod hold;
pub mod kill;
pub mod logs;
pub mod meta;
pub mod operations;
pub mod plan;
pub mod revisions;
pub mod runs;
pub mod services;
pub mod stacks;
pub mod tokens;

/// How many entries of a list are given unless told.
const LISTED: u32 = 100;
/// How many may be asked for.
const MOST_LISTED: u32 = 1_000;

fn limit(asked: Option<u32>) -> u32 {
    asked.unwrap_or(LISTED).clamp(1, MOST_LISTED)
}
