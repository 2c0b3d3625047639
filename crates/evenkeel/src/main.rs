//! The one binary: `serve` is the daemon, every other verb is its client.

mod config;

use evenkeel_cli::Command;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match evenkeel_cli::parse() {
        Command::Client(client) => evenkeel_cli::run(client).await,
        Command::Serve(arguments) => match config::Config::load(&arguments) {
            Ok(_config) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::from(2)
            }
        },
    }
}
