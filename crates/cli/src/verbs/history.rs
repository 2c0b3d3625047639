//! `history`: what happened, from the daemon's store.

use super::Context;
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::output::{DIM, ERROR, GOOD, Output, WARN};
use anstyle::Style;
use evenkeel_wire::{Event, EventKind, HistoryQuery, render_duration, routes};
use std::time::Duration;

/// Show what happened to a stack, when and why
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel history
  evenkeel history web -n 20
  evenkeel history --all --json")]
pub struct Args {
    /// Only of this service
    #[arg(value_name = "SERVICE")]
    service: Option<String>,
    /// Of every stack
    #[arg(short, long)]
    all: bool,
    /// The last so many
    #[arg(short = 'n', long, default_value_t = 100, value_name = "N")]
    limit: u32,
    /// Only on behalf of this operation
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let path = if arguments.all {
        routes::HISTORY.to_owned()
    } else {
        routes::fill(routes::STACK_HISTORY, &[&context.stack(arguments.selection)?])
    };
    let query = HistoryQuery {
        limit: Some(arguments.limit),
        before: None,
        service: arguments.service,
        operation: arguments.operation,
    };
    let events: Vec<Event> = context.client()?.get(&path, &query).await?;
    if context.output.json {
        context.output.document(&events)?;
    } else {
        events.iter().for_each(|event| context.output.line(&line(context.output, event)));
    }
    Ok(DONE)
}

/// One event as a line: when, where, what, why, how long it took.
pub fn line(output: &Output, event: &Event) -> String {
    let at = output.on_out(DIM, &event.at.format("%Y-%m-%d %H:%M:%S%.3f").to_string());
    let place = match (&event.stack, &event.service) {
        (Some(stack), Some(service)) => format!("{stack}/{service}"),
        (Some(stack), None) => stack.clone(),
        (None, _) => "-".to_owned(),
    };
    let mut text = event.message.clone();
    if let Some(object) = &event.object
        && !text.contains(object.as_str())
    {
        text = format!("{object}: {text}");
    }
    if let Some(cause) = &event.cause {
        text.push_str(&format!(" ({cause})"));
    }
    if let Some(ms) = event.took_ms {
        text.push_str(&format!(" in {}", render_duration(Duration::from_millis(ms))));
    }
    format!("{at}  {place}  {}", output.on_out(style(event.kind), &text))
}

fn style(kind: EventKind) -> Style {
    match kind {
        EventKind::StepFailed | EventKind::ContainerEnded => ERROR,
        EventKind::OperationAccepted | EventKind::OperationEnded => GOOD,
        EventKind::Engine | EventKind::Hold | EventKind::Warning => WARN,
        EventKind::StepStarted | EventKind::Progress => DIM,
        EventKind::StepDone | EventKind::ServiceState | EventKind::StackState | EventKind::Other => Style::new(),
    }
}
