//! `stop`: stop containers and keep them.

use super::{Context, duration, grace_s};
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::operate::{Operate, Until, unless_not_there};
use evenkeel_wire::{StopRequest, routes};
use std::time::Duration;

/// Stop services; their containers stay, and are not healed until `start` or `up`
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Between stop signal and SIGKILL: seconds, or 1m30s
    #[arg(short, long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
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
    let request = StopRequest { services: arguments.services, timeout_s: grace_s(arguments.timeout) };
    let done = operate.run(routes::STOP, &request).await;
    unless_not_there(context.output, &stack, &request.services, done)?;
    Ok(DONE)
}
