//! `version`: of the command, the daemon and the engine.

use super::Context;
use crate::failure::{DONE, Failure, Outcome};
use evenkeel_wire::{Version, routes};
use serde::Serialize;

/// Show the versions of this command, the daemon and the engine
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this command's version
    #[arg(long)]
    short: bool,
    /// pretty, or json as docker compose version has it
    #[arg(short, long, value_enum, default_value = "pretty", hide_default_value = true)]
    format: Format,
}

/// How to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Pretty,
    /// This command's version alone
    Json,
}

#[derive(Debug, Serialize)]
struct Versions {
    client: &'static str,
    daemon: Option<Version>,
}

/// Runs the verb. That no daemon answers is an answer here.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let (client, output) = (env!("CARGO_PKG_VERSION"), context.output);
    if arguments.short {
        output.line(client);
        return Ok(DONE);
    }
    if arguments.format == Format::Json {
        output.line(&serde_json::json!({ "version": client }).to_string());
        return Ok(DONE);
    }
    let daemon = match context.client()?.get::<Version>(routes::VERSION, &()).await {
        Ok(version) => Ok(version),
        Err(failure @ (Failure::NoDaemon { .. } | Failure::Problem(_))) => Err(failure),
        Err(failure) => return Err(failure),
    };
    if output.json {
        output.document(&Versions { client, daemon: daemon.ok() })?;
        return Ok(DONE);
    }
    output.line(&format!("evenkeel {client}"));
    match daemon {
        Ok(version) => {
            output.line(&format!("daemon   {}", version.version));
            let mut engine = version.engine.unwrap_or_else(|| "does not answer".to_owned());
            if let Some(api) = version.engine_api.filter(|api| !engine.ends_with(api.as_str())) {
                engine.push_str(&format!(", API {api}"));
            }
            output.line(&format!("engine   {engine}"));
        }
        Err(Failure::Problem(problem)) => output.line(&format!("daemon   {}", problem.title)),
        Err(_) => output.line("daemon   does not answer"),
    }
    Ok(DONE)
}
