//! What progress shows, as data: a row for each service, and which of them changed. It draws nothing and reads no clock.

use chrono::{DateTime, TimeDelta, Utc};
use evenkeel_wire::{DesiredState, Event, EventKind, Operation, Service, ServiceState, render_duration};
use std::collections::BTreeMap;
use std::time::Duration;

/// Lines about one long action are not repeated sooner than this.
const PAUSE: TimeDelta = TimeDelta::seconds(5);

/// The services of a stack on the way of one operation.
#[derive(Debug)]
pub struct Board {
    begun: DateTime<Utc>,
    rows: BTreeMap<String, Row>,
    activities: BTreeMap<String, Activity>,
}

/// A service on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The service.
    pub service: String,
    /// What it does.
    pub state: ServiceState,
    /// What it waits for, or why it is not what it should be, or how long it took.
    pub detail: String,
    /// When it came to this state, or the operation began, whichever is later.
    pub since: DateTime<Utc>,
    /// It is what it should be.
    pub done: bool,
    /// When that was first seen.
    done_at: Option<DateTime<Utc>>,
}

/// A long action that tells how far it is: a pull, a build.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Activity {
    message: String,
    said_at: DateTime<Utc>,
}

impl Board {
    /// An empty board for what began then.
    pub fn new(begun: DateTime<Utc>) -> Self {
        Self { begun, rows: BTreeMap::new(), activities: BTreeMap::new() }
    }

    /// Takes the services as they are now, and gives a line for each that changed.
    pub fn see(&mut self, services: &[Service], operation: &Operation, now: DateTime<Utc>) -> Vec<String> {
        let concerned = |service: &Service| {
            operation.services.is_empty() || operation.services.iter().any(|one| one.service == service.service)
        };
        let width = services.iter().map(|service| service.service.chars().count()).max().unwrap_or_default();
        let mut lines = Vec::new();
        for service in services.iter().filter(|service| concerned(service)) {
            let before = self.rows.get(&service.service);
            let ready_at = operation.services.iter().find(|one| one.service == service.service);
            let ready_at = ready_at.and_then(|one| one.ready_at);
            let row = self.row(service, ready_at, before, now);
            let changed = before.is_none_or(|before| (before.state, &before.detail) != (row.state, &row.detail));
            if changed {
                lines.push(line(&row, width));
            }
            self.rows.insert(service.service.clone(), row);
        }
        lines
    }

    /// Takes an event, and gives a line for a long action that goes on or for a step that failed.
    pub fn hear(&mut self, event: &Event, now: DateTime<Utc>) -> Vec<String> {
        let Some(object) = event.object.clone() else { return Vec::new() };
        match event.kind {
            EventKind::Progress => {
                let message = without_name(&object, &event.message).to_owned();
                let text = format!("{object}: {message}");
                let said_at = self.activities.get(&object).map(|one| one.said_at).filter(|at| now - *at < PAUSE);
                self.activities.insert(object, Activity { message, said_at: said_at.unwrap_or(now) });
                if said_at.is_some() { Vec::new() } else { vec![text] }
            }
            EventKind::StepDone => {
                self.activities.remove(&object);
                Vec::new()
            }
            EventKind::StepFailed => {
                self.activities.remove(&object);
                let message = without_name(&object, &event.message);
                vec![match &event.cause {
                    Some(cause) => format!("{object}: {message}: {cause}"),
                    None => format!("{object}: {message}"),
                }]
            }
            _ => Vec::new(),
        }
    }

    /// The services' rows, by name.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    /// The long actions under way: object and how far it is.
    pub fn activities(&self) -> impl Iterator<Item = (&str, &str)> {
        self.activities.iter().map(|(object, one)| (object.as_str(), one.message.as_str()))
    }

    /// How many services are what they should be, and how many there are.
    pub fn count(&self) -> (usize, usize) {
        (self.rows.values().filter(|row| row.done).count(), self.rows.len())
    }

    /// How long it has taken so far.
    pub fn elapsed(&self, now: DateTime<Utc>) -> Duration {
        (now - self.begun).to_std().unwrap_or_default()
    }

    fn row(&self, service: &Service, ready_at: Option<DateTime<Utc>>, before: Option<&Row>, now: DateTime<Utc>) -> Row {
        let done = is_done(service);
        let done_at = done.then(|| before.and_then(|row| row.done_at).or(ready_at).unwrap_or(now));
        let detail = match done_at {
            // What was so before the request has taken no time.
            Some(at) if at <= self.begun => String::new(),
            Some(at) => format!("after {}", render_duration((at - self.begun).to_std().unwrap_or_default())),
            None => explain(service),
        };
        let since = service.since.max(self.begun);
        Row { service: service.service.clone(), state: service.state, detail, since, done, done_at }
    }
}

/// Why a service is not what it should be: what it waits for, else the reason; empty where there is nothing to say.
pub fn explain(service: &Service) -> String {
    match (&service.waiting_for[..], &service.reason) {
        ([], Some(reason)) => reason.clone(),
        ([], None) if service.desired == DesiredState::Paused => "is paused".to_owned(),
        ([], None) => String::new(),
        (waits, _) => format!("waits for {}", waits.join(", ")),
    }
}

/// A message that begins with the object's name, without it: it stands before the message already.
fn without_name<'a>(object: &str, message: &'a str) -> &'a str {
    let name = object.split_once(' ').map_or(object, |(_, name)| name);
    message.strip_prefix(name).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(message)
}

fn is_done(service: &Service) -> bool {
    match service.desired {
        DesiredState::Running | DesiredState::Completed => service.ready,
        DesiredState::Stopped | DesiredState::Paused | DesiredState::Down => {
            matches!(service.state, ServiceState::Stopped | ServiceState::Completed)
        }
    }
}

fn line(row: &Row, width: usize) -> String {
    format!("{:width$}  {:<10}  {}", row.service, row.state, row.detail).trim_end().to_owned()
}

#[cfg(test)]
#[path = "board_tests.rs"]
mod tests;
