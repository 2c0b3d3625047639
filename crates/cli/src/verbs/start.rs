//! `start`: start stopped containers.

use super::{Context, duration};
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::operate::{Operate, Until};
use evenkeel_wire::{StartRequest, routes};
use std::time::Duration;

/// Start stopped services again
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Return when they are ready, not as soon as they have been started
    #[arg(long)]
    wait: bool,
    /// Give up waiting after this; the daemon goes on
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    wait_timeout: Option<Duration>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let client = context.client()?;
    let until = if arguments.wait { Until::Ended } else { Until::Started };
    let timeout = arguments.wait_timeout;
    let operate = Operate { client: &client, output: context.output, stack: &stack, until, timeout };
    operate.run(routes::START, &StartRequest { services: arguments.services }).await?;
    Ok(DONE)
}
