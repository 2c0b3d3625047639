//! `kill`: a signal to what runs.

use super::Context;
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::operate::unless_not_there;
use evenkeel_wire::{KillRequest, Killed, routes};

/// Send a signal to the containers of services that run
///
/// What ends by it is started again, as after any crash; `stop` is how to end a service for good.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel kill -s HUP web       let it read its configuration again
  evenkeel kill web              end it at once, and see it come back")]
pub struct Args {
    /// Only these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// SIGHUP, HUP or its number
    #[arg(short, long, default_value = "SIGKILL", value_name = "SIGNAL")]
    signal: String,
    /// Without effect: orphans are ended by `up --remove-orphans`
    #[arg(long, hide = true)]
    remove_orphans: bool,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let request = KillRequest { services: arguments.services, signal: Some(arguments.signal) };
    let killed = context.client()?.once(&routes::fill(routes::KILL, &[&stack]), &request).await;
    let Some(killed): Option<Killed> = unless_not_there(context.output, &stack, &request.services, killed)? else {
        return Ok(DONE);
    };
    if context.output.json {
        context.output.document(&killed)?;
    } else if killed.containers.is_empty() {
        context.output.note("No container to kill");
    } else {
        killed.containers.iter().for_each(|container| context.output.line(container));
    }
    Ok(DONE)
}
