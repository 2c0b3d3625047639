//! `down`: goal down; returns when it is down.

use super::{Context, duration, grace_s};
use crate::args::Selection;
use crate::failure::{DONE, Failure, Outcome};
use crate::operate::{Operate, Until};
use crate::project;
use evenkeel_wire::{DownRequest, RemoveImages, routes};
use std::time::Duration;

/// Take a stack down: containers and networks are removed, volumes stay
///
/// Returns when it is down. The daemon goes on knowing the stack, and `up` brings it back.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel down
  evenkeel down web                    this service and what depends on it; the rest stays up
  evenkeel -p shop down -v             with its named volumes and what they hold")]
pub struct Args {
    /// Only these services, and those that depend on them
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Remove named volumes too, and what they hold
    #[arg(short, long)]
    volumes: bool,
    /// Remove containers of services that the files no longer have; COMPOSE_REMOVE_ORPHANS does the same
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
    let selection = context.selection(arguments.selection);
    let stack = project::name(&selection)?;
    let of_files = project::all_services(&selection);
    // A name alone means all that there is under it, whichever file it came from.
    let nameless = selection.project_name.is_some() && selection.files.is_empty() && !project::has_files(&selection)?;
    let orphans = arguments.remove_orphans || project::is_set(&selection, "COMPOSE_REMOVE_ORPHANS");
    let client = context.client()?;
    let operate = Operate {
        client: &client,
        output: context.output,
        stack: &stack,
        until: Until::Ended,
        timeout: arguments.wait_timeout,
    };
    let request = DownRequest {
        remove_orphans: orphans || (nameless && arguments.services.is_empty()),
        services: arguments.services,
        of_files,
        volumes: arguments.volumes,
        timeout_s: grace_s(arguments.timeout),
        rmi: arguments.rmi.map(|which| match which {
            Rmi::All => RemoveImages::All,
            Rmi::Local => RemoveImages::Local,
        }),
    };
    let part = !request.services.is_empty();
    match operate.run(routes::DOWN, &request).await {
        Ok(_) if part => {}
        Ok(_) => context.output.note(&format!("{stack} is down")),
        // As with Compose, what is not there is down.
        Err(Failure::Problem(problem)) if problem.status == 404 && !part => {
            context.output.note(&format!("there is no stack {stack}, so nothing of it to take down"));
        }
        Err(failure) => return Err(failure),
    }
    Ok(DONE)
}
