//! `unpause`: let paused services go on.

use super::Context;
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::operate::{Operate, Until};
use evenkeel_wire::{UnpauseRequest, routes};

/// Let paused services go on
///
/// Returns when they are ready again.
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
    operate.run(routes::UNPAUSE, &UnpauseRequest { services: arguments.services }).await?;
    Ok(DONE)
}
