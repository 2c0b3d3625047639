//! The one binary: `serve` is the daemon, every other verb is its client.

mod config;
mod docker_host;
mod logging;
mod serve;

use config::Config;
use evenkeel_cli::{Command, ServeArgs};
use std::process::ExitCode;

/// The command line or the configuration makes no sense.
const USAGE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    match evenkeel_cli::parse() {
        Command::Client(client) => evenkeel_cli::run(client).await,
        Command::Serve(arguments) => serve(&arguments).await,
    }
}

async fn serve(arguments: &ServeArgs) -> ExitCode {
    let config = match Config::load(arguments) {
        Ok(config) => config,
        Err(error) => return refuse(&error.to_string(), USAGE),
    };
    if let Err(error) = logging::start(&config.log) {
        return refuse(&error, USAGE);
    }
    match serve::serve(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&format!("{error:#}"), 1),
    }
}

fn refuse(error: &str, code: u8) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(code)
}
