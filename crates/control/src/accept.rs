//! How a request becomes desired state: checked against the engine, written down, then everybody is told.

use crate::bounds::within_bounds;
use crate::entry::{Entry, State, turn};
use crate::intend::{Intended, intend, undone};
use crate::refused::Refused;
use crate::request::{Request, Terms};
use crate::shared::Shared;
use crate::taking_over::take_over;
use crate::unnamed::keep_unnamed;
use evenkeel_model::{
    Action, Definition, Desired, Forgotten, Goal, HistoryEntry, HistoryKind, ImageRef, ImageTask, Intent, Ledger,
    Object, Observed, Operation, OperationId, OperationState, Stack, StackName, Survey, Undone, UpOptions,
};
use evenkeel_plan::{Finding, FindingCode, Input, Plan, Severity, StackState, interest, preflight, survey_request};
use evenkeel_store::{Change, Committed, IdempotencyKey};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What became of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defined {
    /// The generation in force now.
    pub generation: u64,
    /// The stack is new.
    pub created: bool,
    /// The definition differs from the one before.
    pub changed: bool,
}

/// A definition and what it means.
pub(crate) type Proposal = (Definition, Stack);

pub async fn define(
    shared: &Arc<Shared>,
    definition: Definition,
    stack: Stack,
    terms: Terms,
) -> Result<Defined, Refused> {
    let name = stack.name.clone();
    let entry = shared.entry(&name);
    let _turn = turn(entry.as_deref().map(|entry| &entry.requests)).await;
    let before = entry.as_ref().map(|entry| entry.state());
    let intent = before.as_ref().map_or_else(Intent::defined, |state| state.desired.intent.clone());
    let up = intent.goal == Goal::Up;
    let desired = Desired { stack: stack.clone(), generation: 0, intent: intent.clone() };
    within_bounds(&desired)?;
    if up {
        // A stack that is up follows at once, so what would fail half way is refused here.
        let ledger = before.as_ref().map(|state| state.ledger.clone()).unwrap_or_default();
        let observed = observe(shared, &desired).await?;
        refuse_errors(findings(shared, &desired, &observed, &ledger).await?)?;
    }
    let idempotency = idempotency(&terms, "define", &name, &(&definition, &stack));
    let forgotten = Forgotten { failures: up, ..Forgotten::default() };
    let change = Change {
        stack: name.clone(),
        expect_generation: terms.if_match,
        new_revision: Some((definition, stack.clone())),
        intent: intent.clone(),
        operation: None,
        forget: forgotten.clone(),
        history: Vec::new(),
        idempotency,
        at: shared.clock.now(),
    };
    let known = before.as_ref().map_or(0, |state| state.desired.generation);
    let _writing = turn(entry.as_deref().map(|entry| &entry.writing)).await;
    match shared.store.commit(change).await.map_err(|error| refused(&name, error))? {
        Committed::Done { generation, history, .. } => {
            adopt(shared, &name, Desired { stack, generation, intent }, None, &forgotten);
            shared.journal.publish(history);
            Ok(Defined { generation, created: known == 0, changed: generation != known })
        }
        Committed::Replayed(_) => Ok(Defined { generation: known, created: false, changed: false }),
    }
}

pub async fn request(
    shared: &Arc<Shared>,
    name: &StackName,
    request: Request,
    proposal: Option<Proposal>,
    terms: Terms,
) -> Result<Operation, Refused> {
    let entry = shared.entry(name);
    let _turn = turn(entry.as_deref().map(|entry| &entry.requests)).await;
    let before = entry.as_ref().map(|entry| entry.state());
    let about_images = request.is_about_images();
    let proposal = match &request {
        Request::Rollback { to } => Some(earlier(shared, name, before.as_ref(), *to).await?),
        _ => proposal,
    };
    let proposal = match (proposal, &before, &request) {
        (Some((definition, stack)), Some(state), Request::Up(options) | Request::Create(options)) => {
            Some((definition, keep_unnamed(stack, &state.desired, options)))
        }
        (proposal, _, _) => proposal,
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
    let mut observed = observe(shared, &desired).await?;
    let (desired, taken_over) = match request {
        Request::Up(_) | Request::Create(_) => take_over(desired, &mut observed),
        _ => (desired, None),
    };
    let now = shared.clock.now();
    let input = Input { desired: &desired, observed: &observed, ledger: &ledger, now };
    let Intended { intent, services, undone } = intend(input, &request)?;
    // Images are asked for by a definition that need not be the one in force, and does not take its place.
    let (desired, proposal) = match &before {
        Some(state) if about_images => ((*state.desired).clone(), None),
        _ => (desired, proposal),
    };
    let intended = Desired { intent, ..desired };
    within_bounds(&intended)?;
    let changes_little =
        about_images || matches!(request, Request::Stop { .. } | Request::Restart { .. } | Request::Rm { .. });
    if intended.intent.goal == Goal::Up && !changes_little {
        let found = findings(shared, &intended, &observed, &ledger).await?;
        tell_warnings(shared, name, &found).await;
        refuse_errors(found)?;
    }
    let deadline = terms.deadline.unwrap_or(shared.operation_deadline);
    let operation = Operation {
        id: OperationId(uuid::Uuid::now_v7().to_string()),
        stack: name.clone(),
        verb: request.verb(),
        services,
        state: OperationState::Running,
        generation: 0,
        created_at: now,
        deadline: now + chrono::TimeDelta::from_std(deadline).unwrap_or(chrono::TimeDelta::days(365)),
    };
    let told = shared.journal.entry(HistoryKind::OperationAccepted, Some(name), operation.verb.as_str());
    let told = HistoryEntry { operation: Some(operation.id.clone()), cause: taken_over, ..told };
    let forgotten = Forgotten { failures: true, completions: undone };
    let change = Change {
        stack: name.clone(),
        expect_generation: terms.if_match,
        idempotency: idempotency(&terms, operation.verb.as_str(), name, &(&request, &proposal)),
        new_revision: proposal,
        intent: intended.intent.clone(),
        history: vec![told],
        operation: Some(operation),
        forget: forgotten.clone(),
        at: now,
    };
    let _writing = turn(entry.as_deref().map(|entry| &entry.writing)).await;
    match shared.store.commit(change).await.map_err(|error| refused(name, error))? {
        Committed::Done { generation, operation: Some(operation), superseded, history } => {
            let desired = Desired { generation, ..intended };
            adopt(shared, name, desired, Some(operation.clone()), &forgotten);
            shared.journal.publish(history);
            for id in superseded {
                let _ = shared.ended.send(id);
            }
            Ok(operation)
        }
        Committed::Done { operation: None, .. } => {
            Err(Refused::Store("the store wrote the request down without its operation".to_owned()))
        }
        Committed::Replayed(id) => match shared.store.operation(&id).await {
            Ok(Some(operation)) => Ok(operation),
            Ok(None) => {
                Err(Refused::Invalid("the first request under this key is too long ago to be known".to_owned()))
            }
            Err(error) => Err(Refused::Store(error.to_string())),
        },
    }
}

/// The revision to go back to.
async fn earlier(
    shared: &Shared,
    name: &StackName,
    state: Option<&State>,
    to: Option<u64>,
) -> Result<Proposal, Refused> {
    let state = state.ok_or_else(|| Refused::NoSuchStack(name.clone()))?;
    let generation = match (to, state.desired.generation) {
        (Some(generation), _) => generation,
        (None, 0 | 1) => {
            return Err(Refused::Invalid(format!(
                "stack `{name}` has had one definition only; there is none to go back to"
            )));
        }
        (None, current) => current - 1,
    };
    let found = shared.store.revision(name, generation).await.map_err(|error| refused(name, error))?;
    let revision = found.ok_or_else(|| Refused::NoSuchRevision { stack: name.clone(), generation })?;
    Ok((revision.definition, revision.resolved))
}

pub async fn hold(shared: &Arc<Shared>, name: &StackName, held: bool) -> Result<(), Refused> {
    let entry = shared.entry(name).ok_or_else(|| Refused::NoSuchStack(name.clone()))?;
    let _turn = entry.requests.lock().await;
    let desired = (*entry.state().desired).clone();
    if desired.intent.held == held {
        return Ok(());
    }
    let intent = Intent { held, ..desired.intent.clone() };
    let forgotten = Forgotten { failures: !held, ..Forgotten::default() };
    let told = if held { "held: nothing is done until it is released" } else { "released" };
    let change = Change {
        stack: name.clone(),
        expect_generation: None,
        new_revision: None,
        intent: intent.clone(),
        operation: None,
        forget: forgotten.clone(),
        history: vec![shared.journal.entry(HistoryKind::Hold, Some(name), told)],
        idempotency: None,
        at: shared.clock.now(),
    };
    let _writing = entry.writing.lock().await;
    if let Committed::Done { history, .. } = shared.store.commit(change).await.map_err(|error| refused(name, error))? {
        shared.journal.publish(history);
    }
    adopt(shared, name, Desired { intent, ..desired }, None, &forgotten);
    Ok(())
}

pub async fn forget(shared: &Arc<Shared>, name: &StackName) -> Result<(), Refused> {
    let entry = shared.entry(name).ok_or_else(|| Refused::NoSuchStack(name.clone()))?;
    let _turn = entry.requests.lock().await;
    let view = shared.view(&entry);
    if view.status.state != StackState::Down || view.engine_lost.is_some() {
        return Err(Refused::NotDown(name.clone()));
    }
    shared.store.forget(name).await.map_err(|error| refused(name, error))?;
    shared.remove(name);
    Ok(())
}

pub async fn dry_run(
    shared: &Arc<Shared>,
    name: &StackName,
    define: Option<Stack>,
    up: Option<UpOptions>,
) -> Result<(Plan, Vec<Finding>), Refused> {
    let state = shared.entry(name).map(|entry| entry.state());
    let desired = match (&state, define) {
        (Some(state), None) => (*state.desired).clone(),
        (Some(state), Some(stack)) => {
            let stack = up.as_ref().map_or_else(|| stack.clone(), |up| keep_unnamed(stack.clone(), &state.desired, up));
            Desired { stack, ..(*state.desired).clone() }
        }
        (None, Some(stack)) => Desired { stack, generation: 0, intent: Intent::defined() },
        (None, None) => return Err(Refused::NoSuchStack(name.clone())),
    };
    within_bounds(&desired)?;
    let mut ledger = state.map(|state| state.ledger).unwrap_or_default();
    let mut observed = observe(shared, &desired).await?;
    let now = shared.clock.now();
    let (desired, taken_over) = if up.is_some() { take_over(desired, &mut observed) } else { (desired, None) };
    let is_asked = up.is_some();
    let desired = match up {
        None => desired,
        Some(options) => {
            let input = Input { desired: &desired, observed: &observed, ledger: &ledger, now };
            let intended = intend(input, &Request::Up(options))?;
            let forgotten = Forgotten { failures: true, completions: intended.undone };
            Arc::make_mut(&mut ledger).forget(&forgotten);
            Desired { intent: intended.intent, ..desired }
        }
    };
    within_bounds(&desired)?;
    let input = Input { desired: &desired, observed: &observed, ledger: &ledger, now };
    let mut plan = evenkeel_plan::plan(input);
    if is_asked {
        // Probes are made whether somebody asks for an `up` or not, and change nothing.
        plan.steps.retain(|step| !matches!(step.action, Action::ProbeContainer(_)));
    }
    let mut findings = if desired.intent.goal == Goal::Up {
        findings(shared, &desired, &observed, &ledger).await?
    } else {
        Vec::new()
    };
    findings.extend(taken_over.map(|message| Finding {
        severity: Severity::Warning,
        code: FindingCode::TakenOver,
        service: None,
        object: format!("Compose project {name}"),
        message,
        help: "bring it up under another project name where it is to stay Compose's".to_owned(),
    }));
    Ok((plan, findings))
}

/// An image was had anew: it is not asked for again, and containers of the old one are to be replaced.
pub(crate) async fn image_refreshed(shared: &Arc<Shared>, entry: &Arc<Entry>, image: &ImageRef) {
    let _turn = entry.requests.lock().await;
    let state = entry.state();
    let desired = (*state.desired).clone();
    if !desired.intent.refresh.contains(image) {
        return;
    }
    let mut intent = desired.intent.clone();
    intent.refresh.remove(image);
    let mut forgotten = Undone::nothing();
    if let Ok(observed) = shared.engine.observe(&interest(&desired)).await
        && !intent.no_recreate
    {
        let fresh = observed.images.get(image);
        for (name, service) in &desired.stack.services {
            if service.container.image.as_ref() != Some(image) {
                continue;
            }
            let places = evenkeel_plan::slots(&desired, name, service);
            for container in places.iter().filter_map(|place| observed.containers.get(place)) {
                if fresh.is_some_and(|fresh| *fresh != container.image) {
                    intent.stale_containers.insert(container.name.clone(), container.id.clone());
                }
            }
        }
        let input = Input { desired: &desired, observed: &observed, ledger: &state.ledger, now: shared.clock.now() };
        forgotten = Undone::In(undone(input, &intent));
    }
    write_intent(shared, entry, desired, intent, forgotten).await;
}

/// A task that somebody asked for an image has ended: done, it is forgotten; failed, it is kept with its reason, for the operation
/// to tell.
pub(crate) async fn order_ended(shared: &Arc<Shared>, entry: &Arc<Entry>, action: &Action, failed: Option<&str>) {
    let Object::Image(image) = action.object() else { return };
    let _turn = entry.requests.lock().await;
    let desired = (*entry.state().desired).clone();
    let asked = desired.intent.orders.get(&image).is_some_and(|order| match (&order.task, action) {
        (ImageTask::Pull { .. }, Action::PullImage { .. }) | (ImageTask::Remove, Action::RemoveImage(_)) => true,
        (ImageTask::Build(build), Action::BuildImage { build: built, .. }) => build == built,
        _ => false,
    });
    if !asked {
        return;
    }
    let mut intent = desired.intent.clone();
    match (failed, intent.orders.get_mut(&image)) {
        (Some(reason), Some(order)) => order.failed = Some(reason.to_owned()),
        _ => drop(intent.orders.remove(&image)),
    }
    // What was to be built from it cannot be.
    while let Some((next, base)) = hopeless(&intent) {
        if let Some(order) = intent.orders.get_mut(&next) {
            order.failed = Some(format!("image {next} is not built, because image {base} is not"));
        }
    }
    write_intent(shared, entry, desired, intent, Undone::nothing()).await;
}

/// An order behind one that has failed.
fn hopeless(intent: &Intent) -> Option<(ImageRef, ImageRef)> {
    let open = intent.orders.iter().filter(|(_, order)| order.failed.is_none());
    let has_failed = |base: &&ImageRef| intent.orders.get(*base).is_some_and(|order| order.failed.is_some());
    open.filter_map(|(image, order)| Some((image.clone(), order.after.iter().find(has_failed)?.clone()))).next()
}

/// Writes down what follows from a step's end.
pub(crate) async fn write_intent(
    shared: &Arc<Shared>,
    entry: &Arc<Entry>,
    desired: Desired,
    intent: Intent,
    undone: Undone,
) {
    let forgotten = Forgotten { failures: false, completions: undone };
    let change = Change {
        stack: entry.name.clone(),
        expect_generation: None,
        new_revision: None,
        intent: intent.clone(),
        operation: None,
        forget: forgotten.clone(),
        history: Vec::new(),
        idempotency: None,
        at: shared.clock.now(),
    };
    // No pass writes down meanwhile what counts no more.
    let _writing = entry.writing.lock().await;
    match shared.store.commit(change).await {
        Ok(_) => entry.take_on(Desired { intent, ..desired }, None, &forgotten),
        // It is had once more after the next start: costly, and safe.
        Err(error) => tracing::error!(stack = %entry.name, %error, "the end of a step could not be written down"),
    }
}

pub(crate) async fn observe(shared: &Shared, desired: &Desired) -> Result<Observed, Refused> {
    shared.engine.observe(&interest(desired)).await.map_err(|error| Refused::EngineUnavailable(error.to_string()))
}

pub(crate) async fn findings(
    shared: &Shared,
    desired: &Desired,
    observed: &Observed,
    ledger: &Ledger,
) -> Result<Vec<Finding>, Refused> {
    let input = Input { desired, observed, ledger, now: shared.clock.now() };
    if evenkeel_plan::plan(input).is_settled() {
        // Nothing will be touched, so nothing can fail half way, and the engine need not be asked.
        return Ok(preflight(input, &Survey::default()));
    }
    let survey = shared.engine.survey(&survey_request(input)).await;
    let survey = survey.map_err(|error| Refused::EngineUnavailable(error.to_string()))?;
    Ok(preflight(input, &survey))
}

pub(crate) fn refuse_errors(findings: Vec<Finding>) -> Result<(), Refused> {
    let errors: Vec<Finding> = findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
    if errors.is_empty() { Ok(()) } else { Err(Refused::Preflight(errors)) }
}

pub(crate) async fn tell_warnings(shared: &Shared, name: &StackName, findings: &[Finding]) {
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Warning) {
        let message = format!("{}: {}", finding.object, finding.message);
        let told = shared.journal.entry(HistoryKind::Warning, Some(name), message);
        let cause = Some(finding.help.clone());
        shared.journal.tell(HistoryEntry { service: finding.service.clone(), cause, ..told }).await;
    }
}

/// Puts into memory what the store has taken, and nudges the stack's task, which is begun with its first definition.
pub(crate) fn adopt(
    shared: &Arc<Shared>,
    name: &StackName,
    desired: Desired,
    operation: Option<Operation>,
    forgotten: &Forgotten,
) {
    let entry = match shared.entry(name) {
        Some(entry) => entry,
        None => {
            let state =
                State { desired: Arc::new(desired.clone()), ledger: Arc::default(), operation: operation.clone() };
            let (entry, new) = shared.insert(Entry::new(name.clone(), state));
            if new {
                shared.spawn(crate::pass::run(shared.clone(), entry.clone()));
            }
            entry
        }
    };
    entry.take_on(desired, operation, forgotten);
    entry.nudge.notify_one();
}

/// The same request under the same key has the same digest.
fn idempotency(terms: &Terms, verb: &str, name: &StackName, content: &impl serde::Serialize) -> Option<IdempotencyKey> {
    let key = terms.idempotency_key.clone()?;
    let mut hasher = Sha256::new();
    hasher.update(verb);
    hasher.update([0]);
    hasher.update(name.as_str());
    hasher.update([0]);
    hasher.update(serde_json::to_vec(content).unwrap_or_default());
    let fingerprint = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Some(IdempotencyKey { key, fingerprint })
}

pub(crate) fn refused(name: &StackName, error: evenkeel_store::Error) -> Refused {
    use evenkeel_store::Error;
    match error {
        Error::Stale { actual, .. } => Refused::Stale { actual },
        Error::KeyReused { .. } => Refused::KeyReused,
        Error::UnknownStack { .. } => Refused::NoSuchStack(name.clone()),
        other => Refused::Store(other.to_string()),
    }
}
