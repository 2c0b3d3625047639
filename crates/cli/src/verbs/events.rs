//! `events`: what happens, as it happens; with `--since`, what happened before too.

use super::Context;
use super::history::line;
use super::logs::moment;
use crate::args::Selection;
use crate::client::Client;
use crate::failure::{DONE, Failure, Outcome};
use crate::output::Output;
use chrono::{DateTime, SecondsFormat, Utc};
use evenkeel_wire::{Event, EventKind, HistoryQuery, StreamQuery, routes};
use serde::Serialize;
use std::time::Duration;

/// Show what happens to a stack as it happens, and why
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel events
  evenkeel events --since 10m --until 0s
  evenkeel events --all --json | jq 'select(.action == \"die\")'")]
pub struct Args {
    /// Of every stack
    #[arg(short, long)]
    all: bool,
    /// Begin behind the event with this id
    #[arg(long, value_name = "ID")]
    after: Option<i64>,
    /// Begin with what happened since: a time (RFC 3339), or how long ago (10m)
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "after")]
    since: Option<DateTime<Utc>>,
    /// End at this moment: a time (RFC 3339), or how long ago (10m)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<DateTime<Utc>>,
    /// Only of these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// How often, and after which pause, a stream that broke is taken up again.
const ATTEMPTS: u32 = 30;
const PAUSE: Duration = Duration::from_secs(1);

/// At most this many events of the past in one answer.
const PAGE: u32 = 1000;

/// What is shown of the stream.
struct Shown<'a> {
    output: &'a Output,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    services: Vec<String>,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let (past, stream) = if arguments.all {
        (routes::HISTORY.to_owned(), routes::EVENTS.to_owned())
    } else {
        let stack = context.stack(arguments.selection)?;
        (routes::fill(routes::STACK_HISTORY, &[&stack]), routes::fill(routes::STACK_EVENTS, &[&stack]))
    };
    let client = context.client()?;
    let Args { since, until, services, mut after, .. } = arguments;
    let shown = Shown { output: context.output, since, until, services };
    if let Some(since) = since {
        let past = history(&client, &past, since).await?;
        after = Some(past.last().map_or(0, |event| event.id)).filter(|id| *id > 0);
        past.iter().try_for_each(|event| shown.print(event))?;
    }
    let left = until.map(|until| (until - Utc::now()).to_std().unwrap_or_default());
    tokio::select! {
        // Before the stream, so that a moment in the past opens none.
        biased;
        () = tokio::time::sleep(left.unwrap_or_default()), if left.is_some() => Ok(DONE),
        // Ctrl-C is how one leaves a stream.
        _ = tokio::signal::ctrl_c() => Ok(DONE),
        outcome = follow(&shown, &client, &stream, after) => outcome,
    }
}

/// What the daemon remembers since then, oldest first.
async fn history(client: &Client, path: &str, since: DateTime<Utc>) -> Result<Vec<Event>, Failure> {
    let mut events: Vec<Event> = Vec::new();
    loop {
        let before = events.first().map(|event| event.id);
        let query = HistoryQuery { limit: Some(PAGE), before, ..HistoryQuery::default() };
        let mut page: Vec<Event> = client.get(path, &query).await?;
        page.sort_by_key(|event| event.id);
        let more = page.first().is_some_and(|event| event.at >= since) && page.len() >= PAGE as usize;
        page.retain(|event| event.at >= since);
        page.append(&mut events);
        events = page;
        if !more {
            return Ok(events);
        }
    }
}

impl Shown<'_> {
    fn print(&self, event: &Event) -> Result<(), Failure> {
        let of_service = event.service.as_ref().is_some_and(|service| self.services.contains(service));
        let early = self.since.is_some_and(|since| event.at < since);
        let late = self.until.is_some_and(|until| event.at > until);
        if early || late || !(self.services.is_empty() || of_service) {
            return Ok(());
        }
        if self.output.json {
            return self.output.json_line(&Line { event, container: container(event) });
        }
        self.output.line(&line(self.output, event));
        Ok(())
    }
}

/// An event as a line of JSON: Evenkeel's own document, and beside it what Compose's line says, where it is about a container.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: &'a Event,
    #[serde(flatten)]
    container: Option<Container<'a>>,
}

/// Compose's names for what happened to a container.
#[derive(Debug, PartialEq, Serialize)]
struct Container<'a> {
    time: String,
    #[serde(rename = "type")]
    kind: &'static str,
    action: &'static str,
    attributes: Attributes<'a>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Attributes<'a> {
    name: &'a str,
}

fn container(event: &Event) -> Option<Container<'_>> {
    let name = event.object.as_deref()?.strip_prefix("container ")?;
    let action = match (event.kind, event.message.split(' ').next()?) {
        (EventKind::ContainerEnded, _) => "die",
        (EventKind::StepDone, "create") => "create",
        (EventKind::StepDone, "start") => "start",
        (EventKind::StepDone, "stop") => "stop",
        (EventKind::StepDone, "pause") => "pause",
        (EventKind::StepDone, "unpause") => "unpause",
        (EventKind::StepDone, "rename") => "rename",
        (EventKind::StepDone, "send") => "kill",
        (EventKind::StepDone, "remove") => "destroy",
        _ => return None,
    };
    let time = event.at.to_rfc3339_opts(SecondsFormat::Nanos, true);
    Some(Container { time, kind: "container", action, attributes: Attributes { name } })
}

/// Follows the stream, and takes it up again behind the last event where the daemon was away for a moment.
async fn follow(shown: &Shown<'_>, client: &Client, path: &str, after: Option<i64>) -> Outcome {
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
            shown.print(&event)?;
        }
        failures = 1;
        shown.output.note("the stream broke; taking it up again");
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_to_a_container_has_composes_word() {
        for (kind, message, object, action) in [
            (EventKind::StepDone, "create container s-web-1", "container s-web-1", Some("create")),
            (EventKind::StepDone, "remove container s-web-1", "container s-web-1", Some("destroy")),
            (EventKind::ContainerEnded, "container s-web-1: exit 1", "container s-web-1", Some("die")),
            (EventKind::StepStarted, "create container s-web-1", "container s-web-1", None),
            (EventKind::StepDone, "create network s_default", "network s_default", None),
        ] {
            let event = Event {
                id: 1,
                at: DateTime::UNIX_EPOCH,
                stack: Some("s".into()),
                service: Some("web".into()),
                operation: None,
                kind,
                object: Some(object.into()),
                message: message.into(),
                cause: None,
                took_ms: None,
            };
            let found = container(&event);
            assert_eq!(found.as_ref().map(|found| found.action), action, "{message}");
            assert!(found.is_none_or(|found| found.attributes.name == "s-web-1"));
        }
    }
}
