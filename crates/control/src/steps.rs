//! Steps under way: each in a task of its own, told before and after, its end a nudge.

use crate::entry::Entry;
use crate::shared::Shared;
use evenkeel_engine::{Error, Progress};
use evenkeel_model::{
    Action, HistoryEntry, HistoryKind, HookRun, HooksRan, LedgerUpdate, Object, OperationId, Secrets, ServiceName,
};
use evenkeel_plan::{Step, failed, render};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long to leave a container alone after a probe of it could not be run at all.
const PROBE_PAUSE: Duration = Duration::from_secs(1);
/// How long to leave an object alone after what became of a step could not be written down: the next pass would not know of it.
const UNWRITTEN_PAUSE: Duration = Duration::from_secs(1);

/// Starts a step unless its object is busy.
pub(crate) fn begin(shared: &Arc<Shared>, entry: &Arc<Entry>, step: &Step, operation: Option<OperationId>) {
    let action = step.action.clone();
    if let Action::ProbeContainer(probe) = &action {
        if entry.in_flight().begin_probe(&probe.container) {
            let (shared, entry, container) = (shared.clone(), entry.clone(), probe.container.clone());
            shared.clone().spawn(async move {
                if let Err(error) = shared.engine.perform(&action, &Progress::none()).await {
                    tracing::debug!(%container, %error, "a probe could not be run");
                    sleep(PROBE_PAUSE).await;
                }
                entry.in_flight().end_probe(&container);
                entry.nudge.notify_one();
            });
        }
        return;
    }
    if !entry.in_flight().begin(&action.object(), action.verb()) {
        return;
    }
    let run = Run {
        service: service_of(entry, &action),
        cause: render::cause(&step.cause),
        waited_for: entry.in_flight().take_waits(&action.object(), action.verb()),
        operation,
        shared: shared.clone(),
        entry: entry.clone(),
        action,
    };
    shared.spawn(run.perform());
}

/// One step on its way.
struct Run {
    shared: Arc<Shared>,
    entry: Arc<Entry>,
    action: Action,
    service: Option<ServiceName>,
    cause: String,
    /// What earlier plans said that it waits for, each for people.
    waited_for: Vec<String>,
    operation: Option<OperationId>,
}

impl Run {
    async fn perform(self) {
        let started = Instant::now();
        let what = render::action(&self.action);
        tracing::info!(stack = %self.entry.name, cause = %self.cause, "{what}");
        self.tell(HistoryKind::StepStarted, what.clone(), None, self.cause.clone()).await;
        let result = self.shared.engine.perform(&self.action, &self.progress()).await;
        let took = started.elapsed();
        if let Action::RunHooks(run) = &self.action {
            self.hooks_ran(run, &result).await;
        }
        match &result {
            Ok(()) => self.tell(HistoryKind::StepDone, what, Some(took), self.cause.clone()).await,
            Err(error) => {
                let words = Secrets::of(&self.entry.state().desired.stack).redact(&error.to_string());
                tracing::warn!(stack = %self.entry.name, error = %words, "{what} failed");
                self.tell(HistoryKind::StepFailed, what, Some(took), words.clone()).await;
                self.count(error, words).await;
            }
        }
        if let (Object::Image(_), true) = (self.action.object(), !matches!(result, Err(Error::Unavailable { .. }))) {
            let redact = |error: &Error| Secrets::of(&self.entry.state().desired.stack).redact(&error.to_string());
            let failed = result.as_ref().err().map(redact);
            crate::accept::order_ended(&self.shared, &self.entry, &self.action, failed.as_deref()).await;
        }
        self.shared.metrics.step(self.action.verb(), result.is_ok(), took);
        if result.is_ok()
            && let Object::Image(image) = self.action.object()
        {
            crate::accept::image_refreshed(&self.shared, &self.entry, &image).await;
        }
        if let (Ok(()), Action::RemoveVolume(volume)) = (&result, &self.action) {
            crate::taking_over::volume_removed(&self.shared, &self.entry, volume).await;
        }
        self.entry.in_flight().end(&self.action.object(), result.is_ok());
        self.entry.nudge.notify_one();
    }

    /// Writes a failure down before anything else is tried. Silence of the engine is no failure of the object.
    async fn count(&self, error: &Error, words: String) {
        let hook_failed = matches!((&self.action, error), (Action::RunHooks(_), Error::Rejected { .. }));
        if matches!(error, Error::Unavailable { .. }) || hook_failed {
            return;
        }
        let state = self.entry.state();
        let refused = matches!(error, Error::Rejected { .. });
        let update = failed(&state.ledger, self.action.object(), self.shared.clock.now(), words, refused);
        if !crate::pass::record(&self.shared, &self.entry, &[update]).await {
            sleep(UNWRITTEN_PAUSE).await;
        }
    }

    /// Writes down that hooks were run, so that they are not run again in this run of their container: as often as it takes. Failed
    /// ones are told by the operation, and hold up nothing.
    async fn hooks_ran(&self, run: &HookRun, result: &Result<(), Error>) {
        let failed = match result {
            Ok(()) => None,
            Err(Error::Rejected { message }) => Some(Secrets::of(&self.entry.state().desired.stack).redact(message)),
            Err(_) => return,
        };
        let ran = HooksRan { run: run.run, at: self.shared.clock.now(), failed };
        let update = [LedgerUpdate::HooksRan { container: run.container.clone(), moment: run.moment, ran }];
        while !crate::pass::record(&self.shared, &self.entry, &update).await {
            sleep(UNWRITTEN_PAUSE).await;
        }
    }

    fn progress(&self) -> Progress {
        let (shared, stack) = (self.shared.clone(), self.entry.name.clone());
        let (service, operation) = (self.service.clone(), self.operation.clone());
        let object = self.action.object().to_string();
        Progress::new(move |line| {
            shared.journal.progress(&stack, service.as_ref(), operation.as_ref(), object.clone(), line);
        })
    }

    async fn tell(&self, kind: HistoryKind, message: String, took: Option<Duration>, cause: String) {
        let entry = HistoryEntry {
            service: self.service.clone(),
            operation: self.operation.clone(),
            object: Some(self.action.object().to_string()),
            cause: Some(cause),
            took_ms: took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            waits_for: if kind == HistoryKind::StepStarted { self.waited_for.clone() } else { Vec::new() },
            ..self.shared.journal.entry(kind, Some(&self.entry.name), message)
        };
        self.shared.journal.tell(entry).await;
    }
}

fn service_of(entry: &Entry, action: &Action) -> Option<ServiceName> {
    let Object::Container(container) = action.object() else { return None };
    let desired = entry.state().desired;
    let mut services = desired.stack.services.iter();
    services
        .find(|(name, service)| evenkeel_plan::slots(&desired, name, service).contains(&container))
        .map(|(name, _)| name.clone())
}
