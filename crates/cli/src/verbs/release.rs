//! `release`: healing again after `hold`.

use super::Context;
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use evenkeel_wire::{ReleaseRequest, StackSummary, routes};
use reqwest::Method;

/// Give a held stack back: it is brought to what its files say, and healed again
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The stack; without it, the selected project
    stack: Option<String>,
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
    let path = routes::fill(routes::RELEASE, &[&stack]);
    let summary: StackSummary = context.client()?.write(Method::POST, &path, &(), &ReleaseRequest {}).await?;
    if context.output.json {
        context.output.document(&summary)?;
    } else {
        context.output.note(&format!("{stack} is no longer held"));
    }
    Ok(DONE)
}
