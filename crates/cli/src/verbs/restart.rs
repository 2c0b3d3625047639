//! `restart`: end the present runs and start new ones.

use super::{Context, duration, grace_s};
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::operate::{Operate, Until, unless_not_there};
use evenkeel_wire::{RestartRequest, routes};
use std::time::Duration;

/// Restart services, and those that depend on them with `restart: true`
///
/// Returns when they are ready again. A changed file does not count here; `up` takes it in.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Leave alone what depends on them
    #[arg(long)]
    no_deps: bool,
    /// Between stop signal and SIGKILL: seconds, or 1m30s
    #[arg(short, long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
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
    let timeout = arguments.wait_timeout;
    let operate = Operate { client: &client, output: context.output, stack: &stack, until: Until::Ended, timeout };
    let request = RestartRequest {
        services: arguments.services,
        no_deps: arguments.no_deps,
        timeout_s: grace_s(arguments.timeout),
    };
    let done = operate.run(routes::RESTART, &request).await;
    unless_not_there(context.output, &stack, &request.services, done)?;
    Ok(DONE)
}
