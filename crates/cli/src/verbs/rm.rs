//! `rm`: stopped containers are removed.

use super::Context;
use crate::args::SelectionWithoutF;
use crate::failure::{DONE, Outcome};
use crate::operate::{Operate, Until, unless_not_there};
use evenkeel_wire::{EngineContainer, RmRequest, routes};

/// Remove the containers of services that do not run
///
/// Nothing is asked first. A service stays without containers until it is started or brought up.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel rm                      what has ended or was stopped
  evenkeel rm -s web               web, running or not")]
pub struct Args {
    /// Only these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Accepted for Compose's sake: nothing is ever asked
    #[arg(short, long)]
    force: bool,
    /// Stop what runs first
    #[arg(short, long)]
    stop: bool,
    /// With the anonymous volumes of the containers
    #[arg(short, long)]
    volumes: bool,
    /// Which project.
    #[command(flatten)]
    selection: SelectionWithoutF,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let client = context.client()?;
    let path = routes::fill(routes::ENGINE_CONTAINERS, &[&stack]);
    let before: Vec<EngineContainer> = client.get(&path, &()).await?;
    let operate =
        Operate { client: &client, output: context.output, stack: &stack, until: Until::Ended, timeout: None };
    let request = RmRequest { services: arguments.services, stop: arguments.stop, volumes: arguments.volumes };
    let done = operate.run(routes::RM, &request).await;
    unless_not_there(context.output, &stack, &request.services, done)?;
    let after: Vec<EngineContainer> = client.get(&path, &()).await?;
    let is_gone = |one: &&EngineContainer| !after.iter().any(|other| other.id == one.id);
    let gone: Vec<&str> = before.iter().filter(is_gone).map(|container| container.name.as_str()).collect();
    match gone.as_slice() {
        [] => context.output.note("No stopped containers"),
        gone => context.output.note(&format!("removed {}", gone.join(", "))),
    }
    Ok(DONE)
}
