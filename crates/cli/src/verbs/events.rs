//! `events`: what happens, as it happens.

use super::Context;
use super::history::line;
use crate::args::Selection;
use crate::client::Client;
use crate::failure::{DONE, Failure, Outcome};
use crate::output::Output;
use evenkeel_wire::{Event, StreamQuery, routes};
use std::time::Duration;

/// Show what happens to a stack as it happens, and why
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel events
  evenkeel events --all --json | jq 'select(.kind == \"container_ended\")'")]
pub struct Args {
    /// Of every stack
    #[arg(short, long)]
    all: bool,
    /// Begin behind the event with this id
    #[arg(long, value_name = "ID")]
    after: Option<i64>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// How often, and after which pause, a stream that broke is taken up again.
const ATTEMPTS: u32 = 30;
const PAUSE: Duration = Duration::from_secs(1);

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let path = if arguments.all {
        routes::EVENTS.to_owned()
    } else {
        routes::fill(routes::STACK_EVENTS, &[&context.stack(arguments.selection)?])
    };
    let client = context.client()?;
    tokio::select! {
        outcome = follow(context.output, &client, &path, arguments.after) => outcome,
        // Ctrl-C is how one leaves a stream.
        _ = tokio::signal::ctrl_c() => Ok(DONE),
    }
}

/// Follows the stream, and takes it up again behind the last event where the daemon was away for a moment.
async fn follow(output: &Output, client: &Client, path: &str, after: Option<i64>) -> Outcome {
    let mut last = after;
    let mut failures = 0;
    loop {
        let id = last.map(|id| id.to_string());
        let mut events = match client.events(path, &StreamQuery { after: last }, id.as_deref()).await {
            Ok(events) => events,
            Err(Failure::NoDaemon { .. } | Failure::Failed { .. }) if failures > 0 && failures < ATTEMPTS => {
                failures += 1;
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            Err(failure) => return Err(failure),
        };
        while let Some(message) = events.next().await {
            let Ok(event) = serde_json::from_str::<Event>(&message.data) else { continue };
            if event.id > 0 {
                last = Some(event.id);
            }
            if output.json {
                output.json_line(&event)?;
            } else {
                output.line(&line(output, &event));
            }
        }
        failures = 1;
        output.note("the stream broke; taking it up again");
        tokio::time::sleep(PAUSE).await;
    }
}
