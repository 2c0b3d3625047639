//! Where the time of an operation went: its history read afterwards, service by service. Decides nothing, and nothing is decided by it.

mod endings;
mod intervals;

pub use endings::Ending;

use crate::{Pace, Wait, render};
use evenkeel_model::{Condition, HistoryEntry, HistoryKind, Operation, Service, ServiceName, Stack, Timestamp, Verb};
use std::collections::{BTreeMap, BTreeSet};

/// The way of an operation's services until they were ready, or gone. Only those that were started or ended on its behalf have a place in
/// it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// In order of being ready, then by name; what is not ready comes last.
    pub services: Vec<ServiceTimeline>,
    /// Of a request to stop or to go, in order of being through.
    pub endings: Vec<Ending>,
}

/// The way of one service. With several containers it is the last of them that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTimeline {
    /// Which.
    pub service: ServiceName,
    /// When its container had been made; `None` where it was there before.
    pub created_at: Option<Timestamp>,
    /// When the engine had started it.
    pub started_at: Timestamp,
    /// When it was ready; for a job, when it had completed.
    pub ready_at: Option<Timestamp>,
    /// What it waited for, in the order in which that came about.
    pub waited_for: Vec<Waited>,
    /// Whether the whole took as long as it did because of this service.
    pub is_critical: bool,
    /// When it would have been ready had readiness been told by the engine's own probes alone, one for each `interval` of the file (and `start_interval`, from API 1.44 on).
    pub ready_by_intervals_at: Option<Timestamp>,
}

/// One wait of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waited {
    /// `db to be healthy`: what completes the words `waited for`.
    pub what: String,
    /// The service, where it was one.
    pub service: Option<ServiceName>,
    /// When it came about; `None` where the history does not tell.
    pub until: Option<Timestamp>,
    /// Milliseconds in which nothing else was to be done.
    pub took_ms: Option<u64>,
}

/// Reads an operation's history, oldest first, by the stack that it was about and the API version of the engine.
pub fn timeline(stack: &Stack, engine_api: (u32, u32), operation: &Operation, history: &[HistoryEntry]) -> Timeline {
    let story = Story { began_at: operation.created_at, marks: marks(stack, history), history };
    let started = story.marks.iter().filter_map(|(name, marks)| Some((*name, marks, marks.started_at?)));
    let mut services: Vec<ServiceTimeline> = started
        .map(|(name, marks, started_at)| ServiceTimeline {
            service: name.clone(),
            created_at: marks.created_at,
            started_at,
            ready_at: marks.ready_at,
            waited_for: stack.services.get(name).map(|service| story.waits(service, marks)).unwrap_or_default(),
            is_critical: false,
            ready_by_intervals_at: None,
        })
        .collect();
    mark_critical(&mut services);
    intervals::add(stack, engine_api, operation.created_at, &mut services);
    services.sort_by_key(|one| (one.ready_at.is_none(), one.ready_at, one.service.clone()));
    let ends = matches!(operation.verb, Verb::Down | Verb::Stop | Verb::Rm);
    let endings = if ends { endings::read(operation.created_at, history) } else { Vec::new() };
    Timeline { services, endings }
}

/// How long the services took from their newest start until they were ready, by a history, oldest first.
pub fn pace(stack: &Stack, history: &[HistoryEntry]) -> Pace {
    let took = |marks: &Marks<'_>| (marks.ready_at? - marks.started_at?).to_std().ok();
    marks(stack, history).iter().filter_map(|(name, marks)| Some(((*name).clone(), took(marks)?))).collect()
}

fn marks<'a>(stack: &Stack, history: &'a [HistoryEntry]) -> BTreeMap<&'a ServiceName, Marks<'a>> {
    let jobs: BTreeSet<&ServiceName> = crate::view::jobs(stack);
    let mut marks: BTreeMap<&ServiceName, Marks<'a>> = BTreeMap::new();
    for entry in history {
        if let Some(service) = &entry.service {
            marks.entry(service).or_default().note(entry, jobs.contains(service));
        }
    }
    marks
}

/// The moments of one service.
#[derive(Default)]
struct Marks<'a> {
    created_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    ready_at: Option<Timestamp>,
    waited_to_be_made: &'a [String],
    waited_to_start: &'a [String],
}

impl<'a> Marks<'a> {
    fn note(&mut self, entry: &'a HistoryEntry, is_job: bool) {
        match (entry.kind, verb(entry)) {
            (HistoryKind::StepStarted, "create") => self.waited_to_be_made = &entry.waits_for,
            (HistoryKind::StepStarted, "start") => (self.waited_to_start, self.ready_at) = (&entry.waits_for, None),
            (HistoryKind::StepDone, "create") => self.created_at = Some(entry.at),
            (HistoryKind::StepDone, "start") => {
                // That it runs may have been seen before the engine's answer was.
                self.ready_at = self.ready_at.map(|ready| ready.max(entry.at));
                self.started_at = Some(entry.at);
            }
            (HistoryKind::ServiceState, "healthy" | "completed") => self.be_ready(entry.at),
            (HistoryKind::ServiceState, "running") if !is_job => self.be_ready(entry.at),
            _ => {}
        }
    }

    fn be_ready(&mut self, at: Timestamp) {
        self.ready_at.get_or_insert(at);
    }
}

/// The history of one operation, to look moments up in.
struct Story<'a> {
    began_at: Timestamp,
    marks: BTreeMap<&'a ServiceName, Marks<'a>>,
    history: &'a [HistoryEntry],
}

impl Story<'_> {
    fn waits(&self, service: &Service, marks: &Marks<'_>) -> Vec<Waited> {
        let made = marks.waited_to_be_made.iter().map(|what| (what, self.began_at));
        let since = marks.created_at.unwrap_or(self.began_at);
        let started = marks.waited_to_start.iter().map(|what| (what, since));
        let mut waits: Vec<Waited> = made.chain(started).map(|(what, since)| self.wait(service, what, since)).collect();
        // What was there in time held nobody up; a container's own making among it.
        waits.retain(|wait| wait.took_ms != Some(0));
        waits.sort_by_key(|wait| wait.until);
        waits
    }

    fn wait(&self, service: &Service, what: &str, since: Timestamp) -> Waited {
        let (awaited, until) = match dependency(service, what) {
            Some((name, condition)) => (Some(name.clone()), self.met_at(name, condition)),
            None => (None, self.done_at(what)),
        };
        let took_ms = until.map(|until| u64::try_from((until - since).num_milliseconds()).unwrap_or(0));
        Waited { what: what.to_owned(), service: awaited, until, took_ms }
    }

    fn met_at(&self, name: &ServiceName, condition: Condition) -> Option<Timestamp> {
        let marks = self.marks.get(name)?;
        match condition {
            Condition::Started => marks.started_at,
            Condition::Healthy | Condition::Completed => marks.ready_at,
        }
    }

    /// When the object that a wait names (`image web:1`, `network shop_default to exist`) had the step that ended it.
    fn done_at(&self, what: &str) -> Option<Timestamp> {
        let mut done = self.history.iter().filter(|entry| entry.kind == HistoryKind::StepDone);
        done.find(|entry| ends(entry, what)).map(|entry| entry.at)
    }
}

/// Whether a step is the one that a wait's words name.
fn ends(entry: &HistoryEntry, what: &str) -> bool {
    let rest = entry.object.as_deref().and_then(|object| what.strip_prefix(object));
    match (rest, verb(entry)) {
        (Some(""), verb) => matches!(verb, "pull" | "build"),
        (Some(" to exist"), verb) => verb == "create",
        (Some(" to be gone"), verb) => verb == "remove",
        (Some(" to stop"), verb) => verb == "stop",
        _ => false,
    }
}

/// A step's verb: its message is the planner's text for the action, which begins with it.
fn verb(entry: &HistoryEntry) -> &str {
    entry.message.split(' ').next().unwrap_or_default()
}

/// The entry of `depends_on` that a wait's words tell of.
fn dependency<'a>(service: &'a Service, what: &str) -> Option<(&'a ServiceName, Condition)> {
    let entries = service.depends_on.iter().map(|(name, dependency)| (name, dependency.condition));
    entries.into_iter().find(|(name, condition)| {
        let wait = Wait::Dependency { service: (*name).clone(), condition: *condition };
        // No such wait tells how long it still is.
        render::wait(&wait, Timestamp::UNIX_EPOCH) == what
    })
}

/// Marks the service that was ready last, what it waited for last, and so on until one that nobody held up.
fn mark_critical(services: &mut [ServiceTimeline]) {
    let mut next =
        services.iter().enumerate().filter(|(_, one)| one.ready_at.is_some()).max_by_key(|(_, one)| one.ready_at);
    while let Some((at, _)) = next {
        services[at].is_critical = true;
        let one = &services[at];
        let last = last_of(&one.waited_for, one.created_at);
        next =
            services.iter().enumerate().find(|(_, other)| Some(&other.service) == last.as_ref() && !other.is_critical);
    }
}

/// The service that came about last of what was waited for, not before that moment.
fn last_of(waits: &[Waited], since: Option<Timestamp>) -> Option<ServiceName> {
    let last = waits.iter().filter(|wait| wait.until.is_some() && wait.until >= since).max_by_key(|wait| wait.until);
    last.and_then(|wait| wait.service.clone())
}
