//! `ls`: all stacks that the daemon keeps.

use super::Context;
use super::ps::{Format, ago};
use crate::failure::{DONE, Outcome};
use crate::output::Cell;
use chrono::Utc;
use evenkeel_wire::{StackSummary, routes};

/// List the stacks that the daemon keeps
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Stacks that are down too; they are always shown
    #[arg(short, long)]
    all: bool,
    /// table or json
    #[arg(long, value_enum, default_value = "table", hide_default_value = true)]
    format: Format,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stacks: Vec<StackSummary> = context.client()?.get(routes::STACKS, &()).await?;
    let output = context.output;
    if output.json || arguments.format == Format::Json {
        output.document(&stacks)?;
    } else if output.quiet {
        stacks.iter().for_each(|stack| output.line(&stack.stack));
    } else {
        let now = Utc::now();
        let rows = stacks.iter().map(|stack| {
            [
                Cell::new(stack.stack.clone()),
                Cell::stack_state(stack.state, stack.held),
                Cell::new(format!("{}/{}", stack.ready, stack.services)),
                Cell::new(ago(stack.since, now)),
                Cell::new(stack.generation.to_string()),
                Cell::new(stack.reason.clone().unwrap_or_default()),
            ]
        });
        output.table(["STACK", "STATE", "READY", "SINCE", "GENERATION", "WHY"], rows.collect());
    }
    Ok(DONE)
}
