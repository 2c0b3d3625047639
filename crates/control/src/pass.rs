//! One pass over one stack: observe, write down what must not be forgotten, plan, show, judge, act.

use crate::abort::abort;
use crate::connections::{KnownConnection, Proof, lookout};
use crate::entry::{Entry, State};
use crate::last_words;
use crate::pace::pace;
use crate::shared::Shared;
use crate::steps;
use crate::view::View;
use evenkeel_engine::Error;
use evenkeel_model::{
    Action, HistoryEntry, HistoryKind, LedgerUpdate, Object, Observed, Operation, OperationState, Secrets, Timestamp,
    Verb,
};
use evenkeel_plan::{
    Input, Plan, ServiceState, StackStatus, Step, Verdict, aborted, account, by_urgency, interest, plan, preparation,
    render, status, unheard, verdict, verdict_of_orders,
};
use std::sync::Arc;
use std::time::Duration;

/// A pass is made at least this often, in case every hint was lost.
const RESYNC: Duration = Duration::from_secs(60);
/// The pause before an engine that did not answer is looked at again without a hint.
const RETRY: Duration = Duration::from_secs(1);

/// So many steps any engine takes at once; the order of more counts.
const TAKEN_AT_ONCE: usize = 2;

/// Makes passes over a stack until it is forgotten or the daemon ends.
pub(crate) async fn run(shared: Arc<Shared>, entry: Arc<Entry>) {
    let mut previous: Option<Observed> = None;
    let mut again = Duration::ZERO;
    loop {
        tokio::select! {
            // In this order, so that a nudge and a timer that are due together make one pass.
            biased;
            () = entry.gone.cancelled() => return,
            () = shared.ending.cancelled() => return,
            () = entry.nudge.notified() => {}
            () = tokio::time::sleep(again) => {}
        }
        again = pass(&shared, &entry, &mut previous).await;
    }
}

/// One pass. Returns how long it is until the next is due without a nudge.
async fn pass(shared: &Arc<Shared>, entry: &Arc<Entry>, previous: &mut Option<Observed>) -> Duration {
    shared.metrics.pass();
    let (removed, leaving) = entry.in_flight().take_removed();
    let ours = |object: &Object| removed.contains(object) || leaving.contains(object);
    let again = whole_pass(shared, entry, previous, &ours).await;
    entry.passed();
    again.unwrap_or_else(|again| {
        // The next one compares with what was seen before this one.
        entry.in_flight().give_back_removed(removed);
        again
    })
}

/// A pass, or how long it is until the next where it had to be broken off. `ours` says what we ourselves took away since the last whole
/// one, or are about to.
async fn whole_pass(
    shared: &Arc<Shared>,
    entry: &Arc<Entry>,
    previous: &mut Option<Observed>,
    ours: &(dyn Fn(&Object) -> bool + Sync),
) -> Result<Duration, Duration> {
    let state = entry.state();
    let busy = entry.in_flight().busy();
    let making = entry.in_flight().is_making();
    let observed = match shared.engine.observe(&interest(&state.desired)).await {
        Ok(observed) => observed,
        Err(error) => {
            lost(shared, entry, &state, &error);
            end_overdue(shared, entry, &state, &format!("{error}")).await;
            return Err(RETRY);
        }
    };
    if is_outdated(entry, &state) {
        return Err(Duration::ZERO);
    }
    let now = shared.clock.now();
    let input = Input { desired: &state.desired, observed: &observed, ledger: &state.ledger, now };
    if let Some(by) = aborted(input) {
        // The rest of the pass would judge by what is wished for no more.
        return Err(if abort(shared, entry, by).await { Duration::ZERO } else { RETRY });
    }
    let mut updates = account(input, previous.as_ref(), &|object| ours(object));
    redact_updates(&mut updates, &state);
    if !updates.is_empty() {
        let _writing = entry.writing.lock().await;
        if is_outdated(entry, &state) {
            return Err(Duration::ZERO);
        }
        tell_updates(shared, entry, &updates).await;
        if !record(shared, entry, &updates).await {
            // What is not written down is not acted upon: a restart would not know of it. Who runs beside whom can be seen once more.
            let is_seen_again =
                |update: &LedgerUpdate| matches!(update, LedgerUpdate::Follows { following, .. } if !following.behind);
            if !updates.iter().all(is_seen_again) {
                return Err(RETRY);
            }
        }
    }
    let ledger = entry.state().ledger;
    let input = Input { ledger: &ledger, ..input };
    let plan = plan(input);
    let before = entry.view();
    let mut status = status(input, &plan, before.as_ref().map(|view| &*view.status));
    redact(&mut status, &state);
    tell_transitions(shared, entry, &state, before.as_ref().map(|view| &*view.status), &status, now).await;
    judge(shared, entry, &state, &status, &plan, now).await;
    let status = Arc::new(status);
    let begun = state.operation.as_ref().filter(|_| plan.is_settled()).map(|operation| operation.id.clone());
    let look = lookout::begin_if_due(shared, entry, &state.desired, &status);
    let broken = broken(entry);
    let engine_api = input.observed.capabilities.api;
    let view = View { desired: state.desired.clone(), status, begun, broken, engine_api, engine_lost: None };
    if entry.show(view) {
        shared.version.send_modify(|version| *version += 1);
    }
    let operation = state.operation.as_ref().map(|operation| operation.id.clone());
    entry.in_flight().note_waits(&plan, now);
    // What was under way when this pass looked may have been seen half done. Its end is a nudge, so the next pass sees it whole.
    // And what a container that is being made will use cannot be seen to be in use: the engine would make a volume that is missing
    // by then, as nobody's.
    let needed = |action: &Action| making && matches!(action, Action::RemoveVolume(_) | Action::RemoveNetwork(_));
    // What one-off containers need that somebody waits for; what the plan has as well is begun once.
    let wanted = preparation(input, &entry.preparing());
    let free = |step: &&Step| !busy.contains(&step.action.object()) && !needed(&step.action);
    let mut ready: Vec<&Step> = plan.ready().chain(wanted.ready()).filter(free).collect();
    if ready.len() > TAKEN_AT_ONCE {
        let pace = pace(shared, entry, &state.desired.stack).await;
        ready = by_urgency(&state.desired, &pace, ready);
    }
    if is_outdated(entry, &state) {
        *previous = Some(observed);
        return Ok(Duration::ZERO);
    }
    for step in ready {
        steps::begin(shared, entry, step, operation.clone());
    }
    for ended in unheard(input) {
        last_words::hear(shared, entry, ended);
    }
    *previous = Some(observed);
    let left = |at| shared.clock.until(at);
    let planned = plan.again_at.map(left).into_iter().chain(look).min();
    Ok(next_look(planned, state.operation.as_ref().map(|operation| left(operation.deadline))))
}

/// Whether somebody has asked for something since the pass began, or holds the stack by now: another pass serves them.
fn is_outdated(entry: &Entry, state: &State) -> bool {
    let newest = entry.state();
    let id = |state: &State| state.operation.as_ref().map(|operation| operation.id.clone());
    let begun = newest.operation.is_some() && id(&newest) != id(state);
    begun || (!Arc::ptr_eq(&newest.desired, &state.desired) && newest.desired != state.desired)
}

/// The connections that the newest looks found not to work.
fn broken(entry: &Entry) -> Vec<KnownConnection> {
    let looked = entry.looked();
    looked
        .iter()
        .filter(|known| matches!(known.proof, Proof::Failed(..)))
        .cloned()
        .map(KnownConnection::undated)
        .collect()
}

/// A healthcheck's output is its service's own text, and may tell a secret: it is not even written down.
fn redact_updates(updates: &mut [LedgerUpdate], state: &State) {
    if updates.is_empty() {
        return;
    }
    let secrets = Secrets::of(&state.desired.stack);
    for update in updates {
        if let LedgerUpdate::Failed { attempt, .. } = update {
            attempt.reason = secrets.redact(&attempt.reason);
        }
    }
}

/// As [`redact_updates`], for what is shown.
fn redact(status: &mut StackStatus, state: &State) {
    let failing = |state: &ServiceState| matches!(state, ServiceState::Unhealthy { .. });
    if !status.services.values().any(|service| failing(&service.state)) {
        return;
    }
    let secrets = Secrets::of(&state.desired.stack);
    for service in status.services.values_mut() {
        let replicas = service.replicas.iter_mut().map(|replica| &mut replica.state);
        for state in replicas.chain([&mut service.state]) {
            if let ServiceState::Unhealthy { output, .. } = state {
                *output = secrets.redact(output);
            }
        }
    }
    status.reason = status.reason.as_deref().map(|reason| secrets.redact(reason));
}

/// How long it is until the next pass without a nudge, by what is left until the plan's next moment and until the operation's deadline.
fn next_look(planned: Option<Duration>, deadline: Option<Duration>) -> Duration {
    let planned = planned.map(|left| left.max(Duration::from_millis(1)));
    // An operation that is over its deadline still could not be ended: the store cannot be written just now.
    let deadline = deadline.map(|left| if left.is_zero() { RETRY } else { left });
    planned.into_iter().chain(deadline).fold(RESYNC, Duration::min)
}

/// Keeps what was last seen, and says that it is old.
fn lost(shared: &Shared, entry: &Entry, state: &State, error: &Error) {
    tracing::debug!(stack = %entry.name, %error, "not observed");
    let before = entry.view();
    let engine_api = before.as_ref().map(|view| view.engine_api).unwrap_or_default();
    let status = before.map_or_else(|| unseen(shared, state), |view| view.status.clone());
    let view = View {
        desired: state.desired.clone(),
        status,
        begun: None,
        broken: broken(entry),
        engine_api,
        engine_lost: Some(error.to_string()),
    };
    if entry.show(view) {
        shared.version.send_modify(|version| *version += 1);
    }
}

/// The status of a stack that was never observed: all unknown.
fn unseen(shared: &Shared, state: &State) -> Arc<StackStatus> {
    let now = shared.clock.now();
    Arc::new(evenkeel_plan::unseen(&state.desired, now))
}

/// Writes updates to the store, then to memory. `false` where the store cannot be written now.
pub(crate) async fn record(shared: &Shared, entry: &Entry, updates: &[LedgerUpdate]) -> bool {
    match shared.store.record(&entry.name, updates).await {
        Ok(()) => {
            entry.apply(updates);
            true
        }
        Err(error) => {
            tracing::error!(stack = %entry.name, %error, "the ledger could not be written");
            false
        }
    }
}

async fn tell_updates(shared: &Shared, entry: &Entry, updates: &[LedgerUpdate]) {
    for update in updates {
        let (object, message) = match update {
            LedgerUpdate::Failed { object, attempt } => (object.clone(), attempt.reason.clone()),
            LedgerUpdate::Completed { container, .. } => (Object::Container(container.clone()), "completed".to_owned()),
            LedgerUpdate::Cleared { .. }
            | LedgerUpdate::HooksRan { .. }
            | LedgerUpdate::Follows { .. }
            | LedgerUpdate::LastWords { .. } => continue,
        };
        let told = shared.journal.entry(HistoryKind::ContainerEnded, Some(&entry.name), format!("{object}: {message}"));
        shared.journal.tell(HistoryEntry { object: Some(object.to_string()), ..told }).await;
    }
}

async fn tell_transitions(
    shared: &Shared,
    entry: &Entry,
    state: &State,
    before: Option<&StackStatus>,
    after: &StackStatus,
    now: Timestamp,
) {
    let operation = state.operation.as_ref().map(|operation| operation.id.clone());
    for (name, service) in &after.services {
        let word = render::state(&service.state);
        let known = before.and_then(|status| status.services.get(name)).map(|service| render::state(&service.state));
        if known == Some(word) || (known.is_none() && service.wanted.is_none()) {
            continue;
        }
        let told = shared.journal.entry(HistoryKind::ServiceState, Some(&entry.name), word);
        let cause = render::reason(&service.state, now);
        let told = HistoryEntry { service: Some(name.clone()), operation: operation.clone(), cause, ..told };
        shared.journal.tell(told).await;
    }
    if before.is_none_or(|before| before.state != after.state) {
        let told = shared.journal.entry(HistoryKind::StackState, Some(&entry.name), render::stack_state(after.state));
        shared.journal.tell(HistoryEntry { operation, cause: after.reason.clone(), ..told }).await;
    }
}

/// Ends the stack's operation where it has what it asked for, or cannot have it.
async fn judge(shared: &Shared, entry: &Entry, state: &State, status: &StackStatus, plan: &Plan, now: Timestamp) {
    let Some(operation) = &state.operation else { return };
    let verdict = match operation.verb {
        Verb::Pull | Verb::Build => verdict_of_orders(&state.desired.intent.orders),
        verb => verdict(verb, &operation.services, status, plan, now),
    };
    match verdict {
        Verdict::Met if entry.in_flight().is_empty() => {
            end(shared, entry, operation, OperationState::Succeeded { at: now }).await
        }
        Verdict::Failed(reason) => end(shared, entry, operation, OperationState::Failed { at: now, reason }).await,
        Verdict::Pending | Verdict::Met => {
            let reason = status.reason.clone().unwrap_or_else(|| "it is on its way".to_owned());
            end_overdue(shared, entry, state, &reason).await;
        }
    }
}

async fn end_overdue(shared: &Shared, entry: &Entry, state: &State, reason: &str) {
    let now = shared.clock.now();
    if let Some(operation) = state.operation.as_ref().filter(|operation| operation.deadline <= now) {
        let reason = format!("not done in time: {reason}");
        end(shared, entry, operation, OperationState::Failed { at: now, reason }).await;
    }
}

async fn end(shared: &Shared, entry: &Entry, operation: &Operation, outcome: OperationState) {
    match shared.store.end_operation(&operation.id, &outcome).await {
        Ok(true) => entry.operation_ended(operation),
        // Another one has taken its place meanwhile, and that was told.
        Ok(false) => {
            entry.operation_ended(operation);
            let _ = shared.ended.send(operation.id.clone());
            return;
        }
        Err(error) => return tracing::error!(stack = %entry.name, %error, "an operation's end could not be written"),
    }
    let (message, cause) = match &outcome {
        OperationState::Failed { reason, .. } => ("failed", Some(reason.clone())),
        OperationState::Superseded { .. } => ("superseded", None),
        OperationState::Succeeded { .. } | OperationState::Running => ("succeeded", None),
    };
    shared.metrics.operation(operation.verb, message);
    tracing::info!(stack = %entry.name, operation = %operation.id, "{} {message}", operation.verb.as_str());
    let told = shared.journal.entry(
        HistoryKind::OperationEnded,
        Some(&entry.name),
        format!("{} {message}", operation.verb.as_str()),
    );
    shared.journal.tell(HistoryEntry { operation: Some(operation.id.clone()), cause, ..told }).await;
    let _ = shared.ended.send(operation.id.clone());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_comes_when_something_is_due_and_never_at_once_again() {
        let ms = Duration::from_millis;
        for (planned, deadline, expected) in [
            (None, None, RESYNC),
            (Some(ms(300)), None, ms(300)),
            (Some(ms(300)), Some(ms(200)), ms(200)),
            (Some(RESYNC * 2), Some(RESYNC * 3), RESYNC),
            (Some(ms(0)), None, ms(1)),
            // Its end could not be written.
            (None, Some(ms(0)), RETRY),
            (Some(ms(300)), Some(ms(0)), ms(300)),
        ] {
            assert_eq!(next_look(planned, deadline), expected, "{planned:?}, {deadline:?}");
        }
    }
}
