//! One request that makes an operation, and following it to where the command may return.
//!
//! Events only say "look again": what is shown and decided comes from reading the operation and the services.

use crate::client::{Client, Events};
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::{Progress, explain};
use chrono::Utc;
use evenkeel_wire::{Event, EventKind, Operation, OperationState, Service, StreamQuery, Wait, routes};
use reqwest::Method;
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;

/// Where the command may return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Everything that can be started has been; readiness is not waited for. As `docker compose up -d`.
    Started,
    /// The operation has ended.
    Ended,
}

/// Look again after this long, even where no event says so.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Knock again after this long, while the daemon is away.
const KNOCK_AGAIN: Duration = Duration::from_millis(200);
/// Events that come this close together are looked at once, the end of what is followed excepted: as often as people can read it, or as
/// soon as the command may return.
const GATHER: Duration = Duration::from_millis(100);
const GATHER_STARTED: Duration = Duration::from_millis(40);
/// How long a daemon may be away (it is restarted, say) before the wait is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stack, and how to follow what is done to it.
pub struct Operate<'a> {
    /// The daemon.
    pub client: &'a Client,
    /// Where progress goes.
    pub output: &'a Output,
    /// The stack.
    pub stack: &'a str,
    /// When to return.
    pub until: Until,
    /// How long at most; `None` is the daemon's default.
    pub timeout: Option<Duration>,
}

/// As with Compose, a stack that is not there has nothing to stop or to end: that is said, and is no failure. Where services were named it is one.
///
/// # Errors
/// Every other failure.
pub fn unless_not_there<T>(
    output: &Output,
    stack: &str,
    services: &[String],
    done: Result<T, Failure>,
) -> Result<Option<T>, Failure> {
    match done {
        Err(Failure::Problem(problem)) if problem.status == 404 && services.is_empty() => {
            output.note(&format!("there is no stack {stack}, so nothing of it to end"));
            Ok(None)
        }
        done => done.map(Some),
    }
}

impl Operate<'_> {
    /// Sends the request and follows the operation. The operation is printed where `--json` asks for it, also where it failed.
    pub async fn run(&self, route: &str, body: &impl Serialize) -> Result<(Operation, Vec<Service>), Failure> {
        let deadline = self.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let query = Wait { wait: false, timeout: self.timeout.map(|timeout| format!("{}ms", timeout.as_millis())) };
        let path = routes::fill(route, &[self.stack]);
        let operation: Operation = self.client.write(Method::POST, &path, &query, body).await?;
        let mut progress = Progress::new(self.output, operation.created_at);
        let followed = tokio::select! {
            followed = self.follow(operation, deadline, &mut progress) => followed,
            _ = tokio::signal::ctrl_c() => Err(self.interrupted()),
        };
        progress.end();
        let (operation, services) = followed?;
        if self.output.json {
            self.output.document(&Operation { steps: Vec::new(), ..operation.clone() })?;
        }
        self.verdict(operation, services)
    }

    async fn follow(
        &self,
        mut operation: Operation,
        deadline: Option<Instant>,
        progress: &mut Progress,
    ) -> Result<(Operation, Vec<Service>), Failure> {
        let mut events: Option<Events> = None;
        let mut lost_at: Option<Instant> = None;
        let mut services = Vec::new();
        loop {
            match self.look(&operation.id).await {
                Ok((seen, found)) => {
                    (operation, services) = (seen, found);
                    if lost_at.take().is_some() {
                        progress.note("the daemon answers again");
                    }
                }
                Err(failure) => self.bear(failure, &mut lost_at, progress)?,
            }
            progress.see(&services, &operation, Utc::now());
            if operation.state != OperationState::Running {
                return Ok((operation, services));
            }
            if lost_at.is_none() && self.until == Until::Started && operation.begun {
                return Ok((operation, services));
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Err(self.timed_out(&services));
            }
            if events.is_none() && lost_at.is_none() {
                // What happened before the stream was open is seen by looking once more.
                events = self.subscribe().await;
                if events.is_some() {
                    continue;
                }
            }
            let wake = Instant::now() + if lost_at.is_some() { KNOCK_AGAIN } else { LOOK_AGAIN };
            let wake = deadline.map_or(wake, |deadline| wake.min(deadline));
            self.listen(&mut events, &operation.id, wake, progress).await;
        }
    }

    async fn look(&self, id: &str) -> Result<(Operation, Vec<Service>), Failure> {
        let operation: Operation = self.client.get(&routes::fill(routes::OPERATION, &[id]), &()).await?;
        match self.client.get(&routes::fill(routes::SERVICES, &[self.stack]), &()).await {
            Ok(services) => Ok((operation, services)),
            // A stack that is gone has no services any more, and its operation tells how it went.
            Err(Failure::Problem(problem)) if problem.status == 404 => Ok((operation, Vec::new())),
            Err(failure) => Err(failure),
        }
    }

    /// A daemon that is away for a moment is waited for, because the request is kept and goes on when it is back.
    fn bear(&self, failure: Failure, lost_at: &mut Option<Instant>, progress: &Progress) -> Result<(), Failure> {
        let away = matches!(failure, Failure::NoDaemon { .. } | Failure::Failed { .. }) || failure.is_passing();
        match *lost_at {
            _ if !away => Err(failure),
            None => {
                *lost_at = Some(Instant::now());
                progress.note("the daemon does not answer; the request is kept, waiting for it to come back");
                Ok(())
            }
            Some(at) if at.elapsed() < PATIENCE => Ok(()),
            Some(_) => Err(failure),
        }
    }

    async fn subscribe(&self) -> Option<Events> {
        let path = routes::fill(routes::STACK_EVENTS, &[self.stack]);
        self.client.events(&path, &StreamQuery::default(), None).await.ok()
    }

    /// Returns at once when the operation has ended, a little after anything else has happened, or at `wake`.
    async fn listen(&self, events: &mut Option<Events>, id: &str, mut wake: Instant, progress: &mut Progress) {
        let gather = if self.until == Until::Started { GATHER_STARTED } else { GATHER };
        let mut heard = false;
        loop {
            let next = async {
                match events.as_mut() {
                    Some(events) => events.next().await,
                    None => std::future::pending().await,
                }
            };
            let Ok(message) = tokio::time::timeout_at(wake, next).await else { return };
            let Some(message) = message else {
                // It is opened again after the next look, not at once: a daemon may end every stream it is asked for.
                *events = None;
                continue;
            };
            if let Ok(event) = serde_json::from_str::<Event>(&message.data) {
                progress.hear(&event, Utc::now());
                if event.kind == EventKind::OperationEnded && event.operation.as_deref() == Some(id) {
                    return;
                }
            }
            if !heard {
                heard = true;
                wake = wake.min(Instant::now() + gather);
            }
        }
    }

    fn verdict(&self, operation: Operation, services: Vec<Service>) -> Result<(Operation, Vec<Service>), Failure> {
        let (verb, stack) = (operation.verb, &operation.stack);
        let reason = operation.reason.as_deref();
        match operation.state {
            OperationState::Running | OperationState::Succeeded => Ok((operation, services)),
            OperationState::Superseded => Err(Failure::Failed {
                message: format!("{verb} of {stack} was given up: a later request took its place"),
                help: Some(format!("`evenkeel history -p {stack}` shows it")),
            }),
            OperationState::Failed => {
                let reason = reason.unwrap_or("the daemon gave no reason");
                let message = format!("{verb} of {stack} failed: {reason}");
                let late = operation.deadline.zip(operation.ended_at).is_some_and(|(deadline, end)| end >= deadline);
                if late {
                    return Err(Failure::TimedOut(message));
                }
                Err(Failure::Failed {
                    message,
                    help: Some(format!(
                        "`evenkeel ps -p {stack}` shows each service, `evenkeel logs -p {stack}` what it said"
                    )),
                })
            }
        }
    }

    fn timed_out(&self, services: &[Service]) -> Failure {
        let timeout = evenkeel_wire::render_duration(self.timeout.unwrap_or_default());
        let missing: Vec<String> = services
            .iter()
            .filter(|service| !service.ready)
            .map(|service| match explain(service) {
                why if why.is_empty() => format!("{} is {}", service.service, service.state),
                why => format!("{} is {}: {why}", service.service, service.state),
            })
            .collect();
        Failure::TimedOut(format!(
            "timed out after {timeout}: {}; the daemon goes on, `evenkeel ps -p {}` shows how far",
            if missing.is_empty() { "not done yet".to_owned() } else { missing.join("; ") },
            self.stack
        ))
    }

    fn interrupted(&self) -> Failure {
        Failure::Interrupted(format!("interrupted: the daemon goes on; `evenkeel ps -p {}` shows how far", self.stack))
    }
}
