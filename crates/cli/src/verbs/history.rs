//! `history`: what happened, from the daemon's store.

mod timeline;

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
  evenkeel history --timeline
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
    /// Where the time of an operation went: of the newest one that started or ended something, unless one is named
    #[arg(long, conflicts_with_all = ["all", "service", "limit"])]
    timeline: bool,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    if arguments.timeline {
        let stack = context.stack(arguments.selection)?;
        let operation = timeline::find(&context.client()?, &stack, arguments.operation.as_deref()).await?;
        if context.output.json {
            context.output.document(&operation.timeline)?;
        } else {
            timeline::lines(context.output, &operation).iter().for_each(|line| context.output.line(line));
        }
        return Ok(DONE);
    }
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
    match event.kind {
        EventKind::OperationAccepted => text = format!("asked for: {text}"),
        EventKind::ServiceState | EventKind::StackState => text = format!("now {text}"),
        EventKind::StepStarted => text.push_str(" …"),
        _ => {}
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
        EventKind::OperationAccepted | EventKind::OperationEnded | EventKind::ConnectionRestored => GOOD,
        EventKind::Engine | EventKind::Hold | EventKind::ConnectionFailed | EventKind::Warning => WARN,
        EventKind::StepStarted | EventKind::Progress => DIM,
        EventKind::StepDone | EventKind::ServiceState | EventKind::StackState | EventKind::Other => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn a_line_says_when_where_what_why_and_how_long() {
        let (output, _, _) = Output::captured(false, false);
        let event = Event {
            id: 7,
            at: DateTime::UNIX_EPOCH,
            stack: Some("shop".into()),
            service: None,
            operation: None,
            kind: EventKind::StackState,
            object: None,
            message: "up".into(),
            cause: None,
            took_ms: None,
        };
        let web = |kind, message: &str, cause: Option<&str>, took_ms| Event {
            service: Some("web".into()),
            kind,
            message: message.into(),
            object: Some("container shop-web-1".into()),
            cause: cause.map(str::to_owned),
            took_ms,
            ..event.clone()
        };
        let create = "create container shop-web-1";
        for (event, text) in [
            (event.clone(), "shop  now up"),
            (Event { kind: EventKind::OperationAccepted, ..event.clone() }, "shop  asked for: up"),
            (Event { stack: None, kind: EventKind::Engine, message: "lost".into(), ..event.clone() }, "-  lost"),
            (
                web(EventKind::StepStarted, create, Some("it is missing"), None),
                "shop/web  create container shop-web-1 … (it is missing)",
            ),
            (web(EventKind::StepDone, create, None, Some(1500)), "shop/web  create container shop-web-1 in 1.5s"),
            (
                web(EventKind::ContainerEnded, "exit code 137", None, None),
                "shop/web  container shop-web-1: exit code 137",
            ),
        ] {
            assert_eq!(line(&output, &event), format!("1970-01-01 00:00:00.000  {text}"));
        }
    }
}
