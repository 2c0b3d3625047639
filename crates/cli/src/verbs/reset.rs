//! `reset`: back to a clean environment in one call.

use super::{Context, duration};
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::operate::{Operate, Until};
use evenkeel_wire::{ResetRequest, routes};
use std::time::Duration;

/// Back to a clean environment: containers replaced, volumes wiped, jobs run again
///
/// What the stack's named volumes hold is lost.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  evenkeel reset --wait && run-the-tests")]
pub struct Args {
    /// Return when everything is ready again, not as soon as it has been started
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
    operate.run(routes::RESET, &ResetRequest::default()).await?;
    Ok(DONE)
}
