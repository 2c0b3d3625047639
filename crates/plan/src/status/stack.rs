//! What a stack is doing, from what its services do.

use super::{ServiceState, ServiceStatus, StackState, StackStatus, replica::replica};
use crate::view::{ServiceView, View};
use crate::{Input, Plan, Wait, hooks, render};
use evenkeel_model::{Action, Container, Desired, Goal, Owner, ServiceName, Stack, Target, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The status of a stack. `previous` keeps the moments since which things are so, where an observation cannot tell.
pub fn status(input: Input<'_>, plan: &Plan, previous: Option<&StackStatus>) -> StackStatus {
    let view = View::new(input);
    let optional = optional(&input.desired.stack);
    let services: BTreeMap<_, _> = view
        .services
        .values()
        .map(|service| {
            let before = previous.and_then(|status| status.services.get(service.name));
            let status = service_status(&view, service, plan, before);
            (service.name.clone(), ServiceStatus { optional: optional.contains(service.name), ..status })
        })
        .collect();
    let state = stack_state(input, &services, plan);
    let since = previous.filter(|before| before.state == state).map_or(input.now, |before| before.since);
    StackStatus {
        stack: input.desired.stack.name.clone(),
        state,
        since,
        observed_at: input.observed.at,
        generation: input.desired.generation,
        held: input.desired.intent.held,
        reason: reason(input, state, &services),
        services,
    }
}

/// The status of a stack that has not been observed: nothing is known of any service.
pub fn unseen(desired: &Desired, now: Timestamp) -> StackStatus {
    let reason = "the engine has not been looked at yet".to_owned();
    let up = desired.intent.goal == Goal::Up;
    let services = desired.stack.services.iter().map(|(name, service)| {
        let status = ServiceStatus {
            service: name.clone(),
            state: ServiceState::Unknown { reason: reason.clone() },
            since: now,
            wanted: desired.intent.targets.get(name).copied().filter(|_| up),
            hook_failed: None,
            leaving: false,
            optional: false,
            replicas: Vec::new(),
            stand_in: service.wishes.stand_in.clone(),
        };
        (name.clone(), status)
    });
    StackStatus {
        stack: desired.stack.name.clone(),
        state: if up { StackState::Converging } else { StackState::Stopping },
        since: now,
        observed_at: now,
        generation: desired.generation,
        held: desired.intent.held,
        services: services.collect(),
        reason: Some(reason),
    }
}

fn service_status(
    view: &View<'_>,
    service: &ServiceView<'_>,
    plan: &Plan,
    previous: Option<&ServiceStatus>,
) -> ServiceStatus {
    let mut replicas: Vec<_> = service.slots.iter().map(|slot| replica(view, service, slot, plan)).collect();
    for replica in &mut replicas {
        if view.input.desired.intent.held {
            hold(&mut replica.state);
        }
        let before =
            previous.and_then(|status| status.replicas.iter().find(|other| other.container == replica.container));
        if let Some(before) = before.filter(|before| same_kind(&before.state, &replica.state)) {
            replica.since = before.since;
        }
    }
    let worst = replicas.iter().min_by_key(|replica| rank(&replica.state));
    // A service scaled to none is as it should be.
    let (state, since) = worst.map_or((ServiceState::Stopped, view.input.now), |one| (one.state.clone(), one.since));
    ServiceStatus {
        service: service.name.clone(),
        state,
        since,
        wanted: view
            .target(service.name)
            .filter(|_| view.input.desired.intent.goal == Goal::Up && !service.slots.is_empty()),
        hook_failed: hooks::failure(view, service),
        leaving: leaving(view, service),
        optional: false,
        replicas,
        stand_in: service.service.wishes.stand_in.clone(),
    }
}

/// The services on which others depend, every one of which can do without them.
fn optional(stack: &Stack) -> BTreeSet<&ServiceName> {
    let dependencies = || stack.services.values().flat_map(|service| &service.depends_on);
    let required = dependencies().filter(|(_, dependency)| dependency.required);
    let required: BTreeSet<&ServiceName> = required.map(|(name, _)| name).collect();
    dependencies().map(|(name, _)| name).filter(|name| !required.contains(name)).collect()
}

/// Whether containers of a service have no place and are yet to go as its target says.
fn leaving(view: &View<'_>, service: &ServiceView<'_>) -> bool {
    let mut misplaced = view.displaced(service.name);
    match view.target(service.name).filter(|_| view.input.desired.intent.goal == Goal::Up) {
        Some(Target::Up | Target::Created | Target::Removed { .. }) => misplaced.next().is_some(),
        Some(Target::Stopped) => misplaced.any(crate::containers::is_alive),
        Some(Target::Paused) | None => false,
    }
}

/// What would be done next is not, while a person holds the stack.
fn hold(state: &mut ServiceState) {
    match state {
        ServiceState::Pending { .. } | ServiceState::Creating => {
            *state = ServiceState::Pending { waits_for: vec![Wait::Release] };
        }
        _ => {}
    }
}

fn same_kind(one: &ServiceState, other: &ServiceState) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// From bad to good: the worst container gives its service the state.
fn rank(state: &ServiceState) -> u8 {
    match state {
        ServiceState::Failed { .. } => 0,
        ServiceState::Unknown { .. } => 1,
        ServiceState::Unhealthy { .. } => 2,
        ServiceState::Restarting { .. } => 3,
        ServiceState::Stopping => 4,
        ServiceState::Stopped => 5,
        ServiceState::Pending { .. } => 6,
        ServiceState::Creating => 7,
        ServiceState::Starting => 8,
        ServiceState::Running => 9,
        ServiceState::Healthy => 10,
        ServiceState::Completed => 11,
    }
}

fn stack_state<K>(input: Input<'_>, services: &BTreeMap<K, ServiceStatus>, plan: &Plan) -> StackState {
    if input.desired.intent.goal != Goal::Up {
        let held = input.desired.intent.held && !input.observed.containers.is_empty();
        // Images can be brought and built for a stack that is down.
        let leaving =
            plan.steps.iter().any(|step| !matches!(step.action, Action::PullImage { .. } | Action::BuildImage { .. }));
        return if !leaving && !held { StackState::Down } else { StackState::Stopping };
    }
    let wanted: Vec<_> = services.values().filter(|service| service.wanted == Some(Target::Up)).collect();
    if wanted.is_empty() {
        let stopping = services.values().any(|service| service.state == ServiceState::Stopping);
        return if stopping { StackState::Stopping } else { StackState::Down };
    }
    let troubled = wanted.iter().any(|service| {
        matches!(
            service.state,
            ServiceState::Failed { .. } | ServiceState::Unhealthy { .. } | ServiceState::Restarting { .. }
        )
    });
    let failed = wanted.iter().any(|service| matches!(service.state, ServiceState::Failed { .. }));
    if wanted.iter().all(|service| service.is_ready()) {
        StackState::Up
    } else if failed && !wanted.iter().any(|service| service.is_ready()) {
        StackState::Failed
    } else if troubled {
        StackState::Degraded
    } else {
        StackState::Converging
    }
}

/// The worst service and its reason: `web waits for db to be healthy`.
fn reason<K>(input: Input<'_>, state: StackState, services: &BTreeMap<K, ServiceStatus>) -> Option<String> {
    if input.desired.intent.held {
        return Some("a person works on it; `evenkeel release` gives it back".to_owned());
    }
    match state {
        StackState::Up => return None,
        StackState::Down => return left_to_compose(input),
        StackState::Converging | StackState::Degraded | StackState::Failed | StackState::Stopping => {}
    }
    if let Goal::Down(_) = input.desired.intent.goal {
        let failing = input.ledger.attempts.iter().max_by_key(|(_, attempt)| attempt.failures)?;
        return Some(format!("{} cannot be removed: {}", failing.0, failing.1.reason));
    }
    let worst = services.values().filter(|service| service.wanted.is_some() && !service.is_ready());
    let worst = worst.min_by_key(|service| rank(&service.state))?;
    render::reason(&worst.state, input.now).map(|reason| format!("{} {reason}", worst.service))
}

/// What a Compose project of the stack's name has, while nobody has asked for the stack.
fn left_to_compose(input: Input<'_>) -> Option<String> {
    let name = input.desired.stack.name.as_str();
    let is_composes = |container: &&Container| matches!(&container.owner, Owner::Compose(project) if project == name);
    let containers = input.observed.containers.values().filter(is_composes);
    let (running, all) =
        containers.fold((0, 0), |(running, all), one| (running + u32::from(one.is_running()), all + 1));
    (all > 0).then(|| {
        format!("Docker Compose has started a project of this name ({running} of {all} containers run); `evenkeel up` takes it over")
    })
}
