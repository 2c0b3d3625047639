//! The lines of several containers as one stream: in the order of time while they are looked back at, as they come while
//! they are followed, also across restarts and replacements.

use evenkeel_control::{Control, View};
use evenkeel_engine::{Engine, Error, LogLine, LogQuery};
use evenkeel_model::{ContainerName, ServiceName, StackName, Timestamp};
use futures::stream::{BoxStream, SelectAll, StreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A line and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The service.
    pub service: ServiceName,
    /// The container.
    pub container: ContainerName,
    /// The line.
    pub line: LogLine,
}

/// Which lines of which stack.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The stack.
    pub stack: StackName,
    /// Only these services; empty is all.
    pub services: BTreeSet<ServiceName>,
    /// At most this many of each container's lines that are there already; `None` is all.
    pub tail: Option<u32>,
    /// Only lines since then.
    pub since: Option<Timestamp>,
    /// Only lines before then.
    pub until: Option<Timestamp>,
}

type Lines = BoxStream<'static, Result<Line, Error>>;

/// The lines that are there.
///
/// # Errors
/// The engine's, for the first container whose lines cannot be read.
pub async fn past(engine: &Arc<dyn Engine>, view: &View, wanted: &Wanted) -> Result<Lines, Error> {
    let mut heads = Vec::new();
    for (service, container, _) in containers(view, wanted) {
        match open(engine, service, container, false, wanted.tail, wanted).await {
            Ok(mut lines) => heads.push((lines.next().await, lines)),
            // It was removed between the look at the stack and now.
            Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let merged = futures::stream::unfold(heads, |mut heads| async move {
        heads.retain(|(head, _)| head.is_some());
        let first = (0..heads.len()).min_by_key(|index| at(heads[*index].0.as_ref()))?;
        let (head, lines) = &mut heads[first];
        let line = head.take();
        *head = lines.next().await;
        Some((line, heads))
    });
    Ok(merged.filter_map(std::future::ready).boxed())
}

/// The lines that are there and those that come, until the stack is forgotten. A container that starts again is read on.
pub fn follow(control: Control, wanted: Wanted) -> Lines {
    let version = control.version();
    let state = Follower { control, wanted, version, open: SelectAll::new(), runs: BTreeMap::new(), look: true };
    futures::stream::unfold(state, |mut state| async move {
        let line = state.next().await?;
        Some((line, state))
    })
    .boxed()
}

struct Follower {
    control: Control,
    wanted: Wanted,
    version: tokio::sync::watch::Receiver<u64>,
    open: SelectAll<Lines>,
    /// The start of the newest run that is or was read, by container.
    runs: BTreeMap<ContainerName, Timestamp>,
    /// Containers may have started since the last look.
    look: bool,
}

impl Follower {
    async fn next(&mut self) -> Option<Result<Line, Error>> {
        loop {
            if std::mem::take(&mut self.look) {
                self.open_new_runs().await?;
            }
            tokio::select! {
                Some(line) = self.open.next() => return Some(line),
                changed = self.version.changed() => {
                    changed.ok()?;
                    self.look = true;
                }
            }
        }
    }

    /// Opens the logs of runs that are not read yet. `None` when the stack is not there any more.
    async fn open_new_runs(&mut self) -> Option<()> {
        let view = self.control.view(&self.wanted.stack)?;
        let engine = self.control.engine().clone();
        for (service, container, started_at) in containers(&view, &self.wanted) {
            let Some(started_at) = started_at else { continue };
            let known = self.runs.insert(container.clone(), started_at);
            if known == Some(started_at) {
                continue;
            }
            // The first look takes what is asked for; a later run is read from its start.
            let mut wanted = self.wanted.clone();
            let mut tail = wanted.tail;
            if known.is_some() {
                wanted.since = wanted.since.max(Some(started_at));
                tail = None;
            }
            match open(&engine, service, container.clone(), true, tail, &wanted).await {
                Ok(lines) => self.open.push(lines),
                Err(error) => tracing::debug!(%error, %container, "its log cannot be followed"),
            }
        }
        Some(())
    }
}

fn containers(view: &View, wanted: &Wanted) -> Vec<(ServiceName, ContainerName, Option<Timestamp>)> {
    let services = view.status.services.values();
    let chosen = services.filter(|status| wanted.services.is_empty() || wanted.services.contains(&status.service));
    chosen
        .flat_map(|status| {
            let existing = status.replicas.iter().filter(|replica| replica.created_at.is_some());
            existing.map(|replica| (status.service.clone(), replica.container.clone(), replica.started_at))
        })
        .collect()
}

async fn open(
    engine: &Arc<dyn Engine>,
    service: ServiceName,
    container: ContainerName,
    follow: bool,
    tail: Option<u32>,
    wanted: &Wanted,
) -> Result<Lines, Error> {
    let query = LogQuery { container: container.clone(), follow, tail, since: wanted.since };
    let lines = engine.logs(&query).await?;
    let until = wanted.until;
    let in_time = lines.take_while(move |line| {
        std::future::ready(until.is_none_or(|until| line.as_ref().is_ok_and(|line| line.at < until)))
    });
    Ok(in_time
        .map(move |line| line.map(|line| Line { service: service.clone(), container: container.clone(), line }))
        .boxed())
}

/// Errors come first, so that they are told and not waited for.
fn at(head: Option<&Result<Line, Error>>) -> Option<Timestamp> {
    head.and_then(|line| line.as_ref().ok()).map(|line| line.line.at)
}
