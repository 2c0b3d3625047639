//! `down`: goal down; returns when it is down.

use super::{Context, duration, grace_s};
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::operate::{Operate, Until};
use evenkeel_wire::{DownRequest, RemoveImages, routes};
use std::time::Duration;

/// Take a stack down: containers and networks are removed, volumes stay
///
/// Returns when it is down. The daemon goes on knowing the stack, and `up` brings it back.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel down
  evenkeel -p shop down -v             with its named volumes and what they hold")]
pub struct Args {
    /// Remove named volumes too, and what they hold
    #[arg(short, long)]
    volumes: bool,
    /// Remove containers of services that the files no longer have
    #[arg(long)]
    remove_orphans: bool,
    /// Between stop signal and SIGKILL: seconds, or 1m30s
    #[arg(short, long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
    /// Remove images of services too: all, or local for those that were built and have no name of their own
    #[arg(long, value_name = "WHICH", value_enum)]
    rmi: Option<Rmi>,
    /// Give up waiting after this; the daemon goes on
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    wait_timeout: Option<Duration>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Which images go too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Rmi {
    /// Those of every service
    All,
    /// Those that were built under a name that no file gives them
    Local,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let client = context.client()?;
    let operate = Operate {
        client: &client,
        output: context.output,
        stack: &stack,
        until: Until::Ended,
        timeout: arguments.wait_timeout,
    };
    let request = DownRequest {
        volumes: arguments.volumes,
        remove_orphans: arguments.remove_orphans,
        timeout_s: grace_s(arguments.timeout),
        rmi: arguments.rmi.map(|which| match which {
            Rmi::All => RemoveImages::All,
            Rmi::Local => RemoveImages::Local,
        }),
    };
    operate.run(routes::DOWN, &request).await?;
    context.output.note(&format!("{stack} is down"));
    Ok(DONE)
}
