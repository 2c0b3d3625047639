//! `hold`: hands off while a person works on a stack.

use super::Context;
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use evenkeel_wire::{HoldRequest, StackSummary, routes};
use reqwest::Method;

/// Hands off a stack while you work on it by hand; nothing is healed until `release`
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  evenkeel hold shop --reason 'restoring the database'")]
pub struct Args {
    /// The stack; without it, the selected project
    stack: Option<String>,
    /// Why, for the history
    #[arg(long)]
    reason: Option<String>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = match arguments.stack {
        Some(stack) => stack,
        None => context.stack(arguments.selection)?,
    };
    let path = routes::fill(routes::HOLD, &[&stack]);
    let request = HoldRequest { reason: arguments.reason };
    let summary: StackSummary = context.client()?.write(Method::POST, &path, &(), &request).await?;
    if context.output.json {
        context.output.document(&summary)?;
    } else {
        context.output.note(&format!("{stack} is held; `evenkeel release {stack}` gives it back"));
    }
    Ok(DONE)
}
