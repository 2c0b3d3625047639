//! One-off containers. What they need is wished for like everything else; they themselves are made and attached to at once, because
//! nobody could pick up later what a client is waiting for.

use crate::accept::{self, Proposal};
use crate::bounds::within_bounds;
use crate::entry::{Entry, turn};
use crate::intend;
use crate::refused::Refused;
use crate::shared::Shared;
use crate::unnamed::keep_all_but;
use evenkeel_engine::{Attach, Error, Progress, Session};
use evenkeel_model::{
    Action, Container, ContainerName, Desired, Forgotten, Goal, HistoryEntry, HistoryKind, Intent, Object, PullPolicy,
    ServiceName, Stack, StackName, Target, Undone, UpOptions,
};
use evenkeel_plan::{
    Input, OneOff, Prepared, ServiceState, Wait, failed_runs, interest, one_off, prepared, render, with_dependencies,
};
use evenkeel_store::{Change, Committed};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How a one-off container of a service is to be prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOptions {
    /// The service.
    pub service: ServiceName,
    /// Without what it depends on.
    pub no_deps: bool,
    /// Build images though they are there.
    pub build: bool,
    /// When to ask a registry, instead of every service's own policy.
    pub pull: Option<PullPolicy>,
    /// Remove containers of services that the file no longer has.
    pub remove_orphans: bool,
}

/// Why a one-off container does not run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RunError {
    /// It was not taken on.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What it needs cannot be had, for this reason.
    #[error("{0}")]
    Unprepared(String),
    /// What it needs was not there in time.
    #[error("not ready in time: {0}")]
    TimedOut(String),
    /// The engine could not make or start it.
    #[error(transparent)]
    Engine(#[from] Error),
}

/// Everything is there for a one-off container. What is there is kept there until this is dropped.
pub struct Preparation {
    shared: Arc<Shared>,
    entry: Arc<Entry>,
    service: ServiceName,
}

impl Drop for Preparation {
    fn drop(&mut self) {
        self.entry.end_preparing(&self.service);
    }
}

/// A one-off container that has been started.
pub struct Started {
    /// Its name.
    pub container: ContainerName,
    /// The engine's id.
    pub id: String,
    /// What it says and is given, where it was attached to.
    pub session: Option<Session>,
}

impl Preparation {
    /// Makes the container and starts it. It is done even where the caller does not wait: half a container helps nobody.
    ///
    /// # Errors
    /// [`RunError`]. A container that could not be started stays as it is, unless it was to be removed at its end.
    pub async fn run(self, one_off: OneOff, attach: bool) -> Result<Started, RunError> {
        let (shared, container) = (self.shared.clone(), one_off.name.clone());
        let running = shared.spawn(async move { self.run_now(&one_off, attach).await });
        match running.await {
            Ok(Some(started)) => started,
            Ok(None) => Err(RunError::Unprepared(format!("{container} was given up: the daemon ends"))),
            Err(error) => Err(RunError::Unprepared(format!("{container} was given up: {error}"))),
        }
    }

    async fn run_now(&self, wanted: &OneOff, attach: bool) -> Result<Started, RunError> {
        let (shared, entry) = (&self.shared, &self.entry);
        let state = entry.state();
        let observed = accept::observe(shared, &state.desired).await?;
        let object = Object::Container(wanted.name.clone());
        if observed.containers.contains_key(&wanted.name) {
            let message = "one of this name is there already; remove it, or choose another name".to_owned();
            return Err(Error::Conflict { object, message }.into());
        }
        let now = shared.clock.now();
        let input = Input { desired: &state.desired, observed: &observed, ledger: &state.ledger, now };
        let gone = || RunError::Unprepared(format!("the definition has no service {} any more", wanted.service));
        let new = one_off(input, wanted).ok_or_else(gone)?;
        let auto_remove = new.spec.auto_remove;
        // As a step of the plan it has its object for itself, and nobody takes away meanwhile what it will use.
        if !entry.in_flight().begin(&object, "create") {
            return Err(Error::Conflict { object, message: "it is being made already".to_owned() }.into());
        }
        let begun = self.begin(Action::CreateContainer(Box::new(new)), &wanted.name, attach).await;
        if begun.is_err() && auto_remove {
            let action = Action::RemoveContainer { container: wanted.name.clone(), volumes: true };
            // Where that fails as well, the sweep finds it.
            let _ = shared.engine.perform(&action, &Progress::none()).await;
        }
        entry.in_flight().end(&object, false);
        entry.nudge.notify_one();
        let (kind, message) = match &begun {
            Ok(_) => (HistoryKind::StepDone, format!("run container {}", wanted.name)),
            Err(error) => (HistoryKind::StepFailed, format!("run container {}: {error}", wanted.name)),
        };
        let told = shared.journal.entry(kind, Some(&entry.name), message);
        let service = Some(wanted.service.clone());
        let cause = Some("somebody asked for it".to_owned());
        shared.journal.tell(HistoryEntry { service, cause, object: Some(object.to_string()), ..told }).await;
        let session = begun?;
        let seen = accept::observe(shared, &state.desired).await.ok();
        let id = seen.and_then(|seen| seen.containers.get(&wanted.name).map(|container| container.id.clone()));
        Ok(Started { container: wanted.name.clone(), id: id.unwrap_or_default(), session })
    }

    async fn begin(&self, create: Action, name: &ContainerName, attach: bool) -> Result<Option<Session>, Error> {
        let engine = &self.shared.engine;
        engine.perform(&create, &Progress::none()).await?;
        if attach {
            let attach = Attach { container: name.clone(), stdin: true, start: true };
            return engine.attach(&attach).await.map(Some);
        }
        engine.perform(&Action::StartContainer(name.clone()), &Progress::none()).await.map(|()| None)
    }
}

pub(crate) async fn prepare(
    shared: &Arc<Shared>,
    name: &StackName,
    proposal: Option<Proposal>,
    options: RunOptions,
    patience: Duration,
) -> Result<Preparation, RunError> {
    let deadline = Instant::now() + patience;
    let entry = wish(shared, name, proposal, &options).await?;
    entry.begin_preparing(&options.service);
    let preparation = Preparation { shared: shared.clone(), entry, service: options.service.clone() };
    let mut passes = preparation.entry.passes();
    loop {
        passes.mark_unchanged();
        let waits = match look(shared, &preparation.entry, &options).await? {
            Prepared::Ready => return Ok(preparation),
            Prepared::Never(reason) => return Err(RunError::Unprepared(reason)),
            Prepared::Waits(waits) => waits,
        };
        if timeout_at(deadline, passes.changed()).await.is_err() {
            let now = shared.clock.now();
            let waits: Vec<String> = waits.iter().map(|wait| render::wait(wait, now)).collect();
            return Err(RunError::TimedOut(format!("{} waits for {}", options.service, waits.join(", "))));
        }
    }
}

pub(crate) async fn containers(shared: &Arc<Shared>, name: &StackName) -> Result<Vec<Container>, Refused> {
    let entry = shared.entry(name).ok_or_else(|| Refused::NoSuchStack(name.clone()))?;
    let observed = accept::observe(shared, &entry.state().desired).await?;
    Ok(observed.containers.into_values().filter(|container| container.owner.is(name)).collect())
}

/// How far it is now.
async fn look(shared: &Arc<Shared>, entry: &Entry, options: &RunOptions) -> Result<Prepared, RunError> {
    let state = entry.state();
    if state.desired.intent.held {
        return Err(Refused::Held(entry.name.clone()).into());
    }
    if state.desired.intent.goal != Goal::Up {
        return Ok(Prepared::Never(format!("stack `{}` was taken down meanwhile", entry.name)));
    }
    // Where the engine does not answer, the loop looks again by itself.
    let Ok(observed) = shared.engine.observe(&interest(&state.desired)).await else {
        return Ok(Prepared::Waits(Vec::new()));
    };
    let now = shared.clock.now();
    let input = Input { desired: &state.desired, observed: &observed, ledger: &state.ledger, now };
    let prepared = prepared(input, &options.service, !options.no_deps, options.pull);
    let Prepared::Waits(waits) = prepared else { return Ok(prepared) };
    // What an older pass has seen says nothing about what was asked since.
    let Some(view) = entry.view().filter(|view| Arc::ptr_eq(&view.desired, &state.desired)) else {
        return Ok(Prepared::Waits(waits));
    };
    for wait in &waits {
        let (Wait::Dependency { service, .. } | Wait::Never { service, .. }) = wait else { continue };
        let hopeless = matches!(wait, Wait::Never { .. });
        let status = view.status.services.get(service.as_str());
        let failed = status.filter(|status| hopeless || matches!(status.state, ServiceState::Failed { .. }));
        if hopeless || failed.is_some() {
            let reason = failed.and_then(|status| render::reason(&status.state, now));
            let reason = reason.map(|reason| format!("{service} {reason}")).unwrap_or_else(|| render::wait(wait, now));
            return Ok(Prepared::Never(format!("a dependency of {} failed: {reason}", options.service)));
        }
    }
    Ok(Prepared::Waits(waits))
}

/// Writes down what is wished for.
async fn wish(
    shared: &Arc<Shared>,
    name: &StackName,
    proposal: Option<Proposal>,
    options: &RunOptions,
) -> Result<Arc<Entry>, Refused> {
    let entry = shared.entry(name);
    let _turn = turn(entry.as_deref().map(|entry| &entry.requests)).await;
    let before = entry.as_ref().map(|entry| entry.state());
    // What is up and not needed keeps the definition that it has.
    let proposal = match (&before, proposal) {
        (Some(state), Some((definition, stack))) => {
            let needed = needed(&stack, options);
            Some((definition, keep_all_but(stack, &state.desired, &needed)))
        }
        (_, proposal) => proposal,
    };
    let desired = match (&before, &proposal) {
        (Some(state), None) => (*state.desired).clone(),
        (Some(state), Some((_, stack))) => Desired { stack: stack.clone(), ..(*state.desired).clone() },
        (None, Some((_, stack))) => Desired { stack: stack.clone(), generation: 0, intent: Intent::defined() },
        (None, None) => return Err(Refused::NoSuchStack(name.clone())),
    };
    if desired.intent.held {
        return Err(Refused::Held(name.clone()));
    }
    within_bounds(&desired)?;
    let ledger = before.as_ref().map(|state| state.ledger.clone()).unwrap_or_default();
    let observed = accept::observe(shared, &desired).await?;
    let now = shared.clock.now();
    let input = Input { desired: &desired, observed: &observed, ledger: &ledger, now };
    let intended = Desired { intent: intent(input, options)?, ..desired.clone() };
    within_bounds(&intended)?;
    let found = accept::findings(shared, &intended, &observed, &ledger).await?;
    accept::tell_warnings(shared, name, &found).await;
    accept::refuse_errors(found)?;
    let told = shared.journal.entry(HistoryKind::OperationAccepted, Some(name), "run");
    let forgotten = Forgotten { failures: true, completions: Undone::In(intend::undone(input, &intended.intent)) };
    let change = Change {
        stack: name.clone(),
        expect_generation: None,
        new_revision: proposal,
        intent: intended.intent.clone(),
        operation: None,
        forget: forgotten.clone(),
        history: vec![HistoryEntry { service: Some(options.service.clone()), ..told }],
        idempotency: None,
        at: now,
    };
    let _writing = turn(entry.as_deref().map(|entry| &entry.writing)).await;
    let committed = shared.store.commit(change).await.map_err(|error| accept::refused(name, error))?;
    if let Committed::Done { generation, history, .. } = committed {
        accept::adopt(shared, name, Desired { generation, ..intended }, None, &forgotten);
        shared.journal.publish(history);
    }
    shared.entry(name).ok_or_else(|| Refused::NoSuchStack(name.clone()))
}

/// The services that a run needs beside its own.
fn needed(stack: &Stack, options: &RunOptions) -> BTreeSet<ServiceName> {
    if options.no_deps {
        return BTreeSet::new();
    }
    let mut needed = with_dependencies(stack, [options.service.clone()]);
    needed.remove(&options.service);
    needed
}

/// What a run makes of the intent: what the service depends on comes up, the service itself stays as it is.
fn intent(input: Input<'_>, options: &RunOptions) -> Result<Intent, Refused> {
    let stack = &input.desired.stack;
    intend::check(stack, std::slice::from_ref(&options.service))?;
    let mut intent = input.desired.intent.clone();
    let mut chosen = needed(stack, options);
    intent.remove_orphans |= options.remove_orphans;
    let of_chosen = |container: &ContainerName| {
        let service = input.observed.containers.get(container).and_then(|container| container.service.as_ref());
        service.is_some_and(|service| chosen.contains(service))
    };
    intent.stale_runs.extend(failed_runs(input).into_iter().filter(|(container, _)| of_chosen(container)));
    let up = UpOptions { build: options.build, pull: options.pull, ..UpOptions::default() };
    let services = chosen.iter().chain([&options.service]).filter_map(|name| stack.services.get(name));
    intent.refresh.extend(services.filter_map(|service| intend::up::refreshed(service, &up)));
    // Those that are up already are not touched, and those that somebody has stopped or frozen go on.
    chosen.retain(|name| intent.targets.get(name) != Some(&Target::Up));
    intend::bring_up(&mut intent, chosen);
    Ok(intent)
}
