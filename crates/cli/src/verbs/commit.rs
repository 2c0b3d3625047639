//! `commit`: an image of what a container has become.

use super::Context;
use crate::args::SelectionWithoutP;
use crate::failure::{DONE, Outcome};
use evenkeel_wire::{CommitRequest, Committed, routes};

/// Make an image from what a service's container has become
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel commit -m 'with the plugin' -c 'ENV DEBUG=true' web shop/web:debug")]
pub struct Args {
    /// Who made it
    #[arg(short, long, value_name = "AUTHOR")]
    author: Option<String>,
    /// An instruction of a Dockerfile, applied to the image
    #[arg(short, long = "change", value_name = "INSTRUCTION")]
    change: Vec<String>,
    /// The container's number; the first unless told
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    index: Option<u32>,
    /// Why
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Whether its processes are frozen meanwhile
    #[arg(short, long, value_name = "BOOL", action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true")]
    pause: bool,
    /// Which project.
    #[command(flatten)]
    selection: SelectionWithoutP,
    /// The service
    #[arg(value_name = "SERVICE")]
    service: String,
    /// What the image is called
    #[arg(value_name = "REPOSITORY[:TAG]")]
    image: Option<String>,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let request = CommitRequest {
        index: arguments.index,
        image: arguments.image,
        author: arguments.author,
        message: arguments.message,
        changes: arguments.change,
        pause: arguments.pause,
    };
    let path = routes::fill(routes::COMMIT, &[&stack, &arguments.service]);
    let made: Committed = context.client()?.once(&path, &request).await?;
    if context.output.json {
        context.output.document(&made)?;
    } else {
        context.output.line(&made.id);
    }
    Ok(DONE)
}
