//! Operations: the stored record, how far each of its services is, and its steps as the history tells them.

use super::{status, timeline};
use crate::mask::Masker;
use evenkeel_control::View;
use evenkeel_model::{HistoryEntry, HistoryKind, Operation, OperationState, ServiceName, Timestamp, Verb};
use evenkeel_plan::ServiceStatus;
use evenkeel_wire as wire;

/// An operation. Without a view (its stack is forgotten) it tells of no services, and with an empty history of no steps.
pub fn to_wire(operation: &Operation, view: Option<&View>, history: &[HistoryEntry]) -> wire::Operation {
    let masker = view.map(|view| Masker::of(&view.desired.stack)).unwrap_or_default();
    let (state, ended_at, reason) = match &operation.state {
        OperationState::Running => (wire::OperationState::Running, None, None),
        OperationState::Succeeded { at } => (wire::OperationState::Succeeded, Some(*at), None),
        OperationState::Failed { at, reason } => (wire::OperationState::Failed, Some(*at), Some(masker.mask(reason))),
        OperationState::Superseded { at } => (wire::OperationState::Superseded, Some(*at), None),
    };
    wire::Operation {
        id: operation.id.to_string(),
        begun: state == wire::OperationState::Running
            && view.is_some_and(|view| view.begun.as_ref() == Some(&operation.id)),
        state,
        services: view.map(|view| services(operation, view)).unwrap_or_default(),
        verb: verb(operation.verb),
        stack: operation.stack.to_string(),
        generation: operation.generation,
        created_at: operation.created_at,
        deadline: Some(operation.deadline),
        ended_at,
        reason,
        steps: steps(history, &masker),
        timeline: view.and_then(|view| {
            let read = evenkeel_plan::timeline(&view.desired.stack, view.engine_api, operation, history);
            timeline::to_wire(read)
        }),
    }
}

fn services(operation: &Operation, view: &View) -> Vec<wire::ServiceProgress> {
    let is_about = |name: &ServiceName| operation.services.is_empty() || operation.services.contains(name);
    view.status.services.values().filter(|service| is_about(&service.service)).map(progress).collect()
}

fn progress(service: &ServiceStatus) -> wire::ServiceProgress {
    let starts: Option<Vec<Timestamp>> = service.replicas.iter().map(|replica| replica.started_at).collect();
    wire::ServiceProgress {
        service: service.service.to_string(),
        state: status::service_state(&service.state),
        created_at: service.replicas.iter().filter_map(|replica| replica.created_at).min(),
        started_at: starts.and_then(|starts| starts.into_iter().max()),
        ready_at: service.is_ready().then_some(service.since),
    }
}

/// Pairs the begins and ends of steps, in order of beginning.
fn steps(history: &[HistoryEntry], masker: &Masker) -> Vec<wire::Step> {
    let mut steps: Vec<wire::Step> = Vec::new();
    for entry in history {
        let (state, error) = match entry.kind {
            HistoryKind::StepStarted => {
                steps.push(begun(entry));
                continue;
            }
            HistoryKind::StepDone => (wire::StepState::Done, None),
            HistoryKind::StepFailed => (wire::StepState::Failed, Some(masker.mask(&failure(entry)))),
            _ => continue,
        };
        // Two steps on one object never run at the same time, so the object says which one has ended.
        let object = entry.object.as_deref().unwrap_or_default();
        let open = steps.iter_mut().rfind(|step| step.object == object && step.state == wire::StepState::Running);
        let Some(step) = open else { continue };
        step.state = state;
        step.error = error;
        step.ended_at = Some(entry.at);
        step.took_ms = entry.took_ms;
    }
    steps
}

fn begun(entry: &HistoryEntry) -> wire::Step {
    wire::Step {
        action: action(entry).to_owned(),
        object: entry.object.clone().unwrap_or_default(),
        cause: entry.cause.clone().unwrap_or_default(),
        waits_for: entry.waits_for.clone(),
        state: wire::StepState::Running,
        started_at: Some(entry.at),
        ended_at: None,
        took_ms: None,
        error: None,
    }
}

/// The verb of a step's entry: its message is the planner's text for the action, which begins with it.
fn action(entry: &HistoryEntry) -> &str {
    match entry.message.split(' ').next().unwrap_or_default() {
        "send" => "kill",
        verb => verb,
    }
}

/// A failed step's cause is the engine's words.
fn failure(entry: &HistoryEntry) -> String {
    entry.cause.clone().unwrap_or_else(|| entry.message.clone())
}

fn verb(verb: Verb) -> wire::Verb {
    match verb {
        Verb::Up => wire::Verb::Up,
        Verb::Down => wire::Verb::Down,
        Verb::Restart => wire::Verb::Restart,
        Verb::Stop => wire::Verb::Stop,
        Verb::Start => wire::Verb::Start,
        Verb::Pause => wire::Verb::Pause,
        Verb::Unpause => wire::Verb::Unpause,
        Verb::Scale => wire::Verb::Scale,
        Verb::Reset => wire::Verb::Reset,
        Verb::Rollback => wire::Verb::Rollback,
        Verb::Create => wire::Verb::Create,
        Verb::Rm => wire::Verb::Rm,
        Verb::Pull => wire::Verb::Pull,
        Verb::Build => wire::Verb::Build,
    }
}
