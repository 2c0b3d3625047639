//! `rollback`: back to an earlier definition.

use super::{Context, duration};
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::operate::{Operate, Until};
use crate::output::Cell;
use chrono::{DateTime, Utc};
use evenkeel_wire::{Revision, RollbackRequest, routes};
use std::time::Duration;

/// Go back to an earlier definition, as a new generation
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel rollback --list             the definitions that there are
  evenkeel rollback                    to the one before
  evenkeel rollback --to 3")]
pub struct Args {
    /// The generation to go back to; without it, the one before
    #[arg(long, value_name = "GENERATION")]
    to: Option<u64>,
    /// Only list the generations
    #[arg(long, conflicts_with = "to")]
    list: bool,
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
    if arguments.list {
        let path = routes::fill(routes::REVISIONS, &[&stack]);
        let revisions: Vec<Revision> = client.get(&path, &()).await?;
        return list(context, &revisions);
    }
    let timeout = arguments.wait_timeout;
    let operate = Operate { client: &client, output: context.output, stack: &stack, until: Until::Ended, timeout };
    operate.run(routes::ROLLBACK, &RollbackRequest { to: arguments.to }).await?;
    Ok(DONE)
}

fn list(context: &Context<'_>, revisions: &[Revision]) -> Outcome {
    if context.output.json {
        context.output.document(revisions)?;
        return Ok(DONE);
    }
    let time = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S").to_string();
    let rows = revisions.iter().map(|revision| {
        [
            Cell::new(revision.generation.to_string()),
            Cell::new(time(revision.created_at)),
            Cell::new(if revision.current { "in force" } else { "" }),
            Cell::new(revision.services.join(", ")),
        ]
    });
    context.output.table(["GENERATION", "ACCEPTED (UTC)", "", "SERVICES"], rows.collect());
    Ok(DONE)
}
