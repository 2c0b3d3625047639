//! The `evenkeel` command: arguments in, requests over HTTP, results on stdout, progress on stderr.
//!
//! It knows the daemon only through `evenkeel-wire`, and reads Compose files through `evenkeel-compose` to send them.
//! It knows no engine, no store and no planner. `serve` is parsed here and run by the binary.

mod args;
mod client;
mod copy;
mod diagnostics;
mod failure;
mod format;
mod host;
mod operate;
mod output;
mod progress;
mod project;
mod reader;
mod serve;
mod session;
mod sse;
mod systems;
mod terminal;
mod verbs;

pub use args::{Client, Command, command, parse, try_parse_from};
pub use host::{Host, default_socket};
pub use serve::{EngineKind, LogFormat, ServeArgs};

use output::Output;
use std::process::ExitCode;

/// Runs any verb but `serve`; whatever is to be said has been said when it returns.
pub async fn run(client: Client) -> ExitCode {
    let output = Output::terminal(&client.global);
    ExitCode::from(verbs::run(client, &output).await)
}
