//! The one binary: `serve` is the daemon, every other verb is its client.

mod config;
mod docker_host;
mod logging;
mod serve;

use config::Config;
use evenkeel_cli::{Command, ServeArgs};
use std::process::ExitCode;
use tokio::runtime::Builder;

/// The command line or the configuration makes no sense.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let command = evenkeel_cli::parse();
    // A client waits for answers, and threads cost more than most of them.
    let mut runtime = match &command {
        Command::Client(_) => Builder::new_current_thread(),
        Command::Serve(_) => Builder::new_multi_thread(),
    };
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&format!("no runtime could be made: {error}"), 1),
    };
    runtime.block_on(async {
        match command {
            Command::Client(client) => evenkeel_cli::run(client).await,
            Command::Serve(arguments) => serve(&arguments).await,
        }
    })
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
