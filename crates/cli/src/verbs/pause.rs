//! `pause`: freeze what runs.

use super::Context;
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::operate::{Operate, Until};
use evenkeel_wire::{PauseRequest, routes};

/// Freeze what runs of services
///
/// It stays so, also across a crash of the daemon, until `unpause`, `start` or `up`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let client = context.client()?;
    let operate =
        Operate { client: &client, output: context.output, stack: &stack, until: Until::Ended, timeout: None };
    operate.run(routes::PAUSE, &PauseRequest { services: arguments.services }).await?;
    Ok(DONE)
}
