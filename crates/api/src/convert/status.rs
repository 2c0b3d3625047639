//! Status with what is desired beside it and the reason for the difference.

use super::connection;
use crate::mask::Masker;
use evenkeel_control::{Unmanaged, View};
use evenkeel_model::{Condition, Goal, ServiceName, Target, Timestamp};
use evenkeel_plan::{Replica, ServiceState, ServiceStatus, StackState, Wait, render};
use evenkeel_wire as wire;

/// A stack in a list.
pub fn summary(view: &View) -> wire::StackSummary {
    let status = &view.status;
    wire::StackSummary {
        stack: status.stack.to_string(),
        state: stack_state(status.state),
        ready: ready(view),
        services: u32::try_from(status.services.len()).unwrap_or(u32::MAX),
        generation: status.generation,
        since: status.since,
        observed_at: Some(status.observed_at),
        held: status.held,
        reason: reason(view, &Masker::of(&view.desired.stack)),
    }
}

/// A Compose project that is no stack, in the same list.
pub fn unmanaged(project: &Unmanaged) -> wire::StackSummary {
    let ready = project.services.values().filter(|is_well| **is_well).count();
    wire::StackSummary {
        stack: project.project.clone(),
        state: wire::StackState::Unmanaged,
        ready: u32::try_from(ready).unwrap_or(u32::MAX),
        services: u32::try_from(project.services.len()).unwrap_or(u32::MAX),
        generation: 0,
        since: project.since,
        observed_at: Some(project.observed_at),
        held: false,
        reason: Some(format!(
            "Docker Compose started it ({} of {} containers run); `evenkeel up` with its files takes it over",
            project.running, project.containers
        )),
    }
}

/// A stack with its services and its newest operation.
pub fn detail(view: &View, operation: Option<wire::Operation>, now: Timestamp) -> wire::StackDetail {
    let status = &view.status;
    wire::StackDetail {
        stack: status.stack.to_string(),
        state: stack_state(status.state),
        ready: ready(view),
        generation: status.generation,
        since: status.since,
        observed_at: Some(status.observed_at),
        held: status.held,
        reason: reason(view, &Masker::of(&view.desired.stack)),
        services: services(view, now),
        working_dir: view.desired.stack.working_dir.clone(),
        config_files: view.desired.stack.config_files.clone(),
        operation,
        aborted: view.desired.intent.abort.as_ref().and_then(|abort| abort.by.as_ref()).map(|by| wire::Aborted {
            service: by.service.to_string(),
            container: by.container.to_string(),
            exit_code: by.code,
            at: by.at,
        }),
    }
}

/// All services, by name.
pub fn services(view: &View, now: Timestamp) -> Vec<wire::Service> {
    let masker = Masker::of(&view.desired.stack);
    view.status.services.values().map(|status| service(view, status, &masker, now)).collect()
}

/// One service.
pub fn service(view: &View, status: &ServiceStatus, masker: &Masker, now: Timestamp) -> wire::Service {
    let definition = view.desired.stack.services.get(&status.service);
    let containers: Vec<wire::Container> =
        status.replicas.iter().map(|replica| container(replica, masker, now)).collect();
    wire::Service {
        service: status.service.to_string(),
        state: service_state(&status.state),
        since: status.since,
        observed_at: Some(view.status.observed_at),
        desired: desired(view, status),
        reason: render::reason(&status.state, now)
            .map(|text| masker.mask(&text))
            .or_else(|| unreached(view, &status.service, masker)),
        waiting_for: waits(&status.state).iter().map(|wait| render::wait(wait, now)).collect(),
        next_attempt_at: next_attempt_at(&status.state),
        exit_code: exit_code(&status.state),
        ready: status.is_ready(),
        image: definition.and_then(|service| service.container.image.as_ref()).map(ToString::to_string),
        stand_in: status.stand_in.clone(),
        ports: containers.iter().flat_map(|container| container.ports.clone()).collect(),
        containers,
    }
}

/// What a service does not reach, where its stack wants connections tried again and again.
fn unreached(view: &View, service: &ServiceName, masker: &Masker) -> Option<String> {
    let of_service = view.broken.iter().filter(|known| known.connection.from == *service);
    let failed = of_service.filter_map(|known| connection::failed(known, masker));
    let clauses: Vec<String> = failed.map(|it| format!("does not reach {}: {}", it.address, it.error)).collect();
    (!clauses.is_empty()).then(|| clauses.join("; "))
}

/// A stack's state.
pub fn stack_state(state: StackState) -> wire::StackState {
    match state {
        StackState::Up => wire::StackState::Up,
        StackState::Converging => wire::StackState::Converging,
        StackState::Degraded => wire::StackState::Degraded,
        StackState::Failed => wire::StackState::Failed,
        StackState::Stopping => wire::StackState::Stopping,
        StackState::Down => wire::StackState::Down,
    }
}

/// A service's state.
pub fn service_state(state: &ServiceState) -> wire::ServiceState {
    match state {
        ServiceState::Pending { .. } => wire::ServiceState::Pending,
        ServiceState::Creating => wire::ServiceState::Creating,
        ServiceState::Starting => wire::ServiceState::Starting,
        ServiceState::Running => wire::ServiceState::Running,
        ServiceState::Healthy => wire::ServiceState::Healthy,
        ServiceState::Unhealthy { .. } => wire::ServiceState::Unhealthy,
        ServiceState::Completed => wire::ServiceState::Completed,
        ServiceState::Failed { .. } => wire::ServiceState::Failed,
        ServiceState::Restarting { .. } => wire::ServiceState::Restarting,
        ServiceState::Stopping => wire::ServiceState::Stopping,
        ServiceState::Stopped => wire::ServiceState::Stopped,
        ServiceState::Unknown { .. } => wire::ServiceState::Unknown,
    }
}

fn ready(view: &View) -> u32 {
    u32::try_from(view.status.ready().0).unwrap_or(u32::MAX)
}

fn reason(view: &View, masker: &Masker) -> Option<String> {
    view.status.reason.as_ref().or(view.engine_lost.as_ref()).map(|text| masker.mask(text))
}

fn desired(view: &View, status: &ServiceStatus) -> wire::DesiredState {
    match (&view.desired.intent.goal, status.wanted) {
        (Goal::Down(_), _) | (Goal::Up, None) => wire::DesiredState::Down,
        (Goal::Up, Some(Target::Stopped | Target::Created)) => wire::DesiredState::Stopped,
        (Goal::Up, Some(Target::Removed { .. })) => wire::DesiredState::Down,
        (Goal::Up, Some(Target::Paused)) => wire::DesiredState::Paused,
        (Goal::Up, Some(Target::Up)) if is_job(view, status) => wire::DesiredState::Completed,
        (Goal::Up, Some(Target::Up)) => wire::DesiredState::Running,
    }
}

/// Whether it is there to run to its end: others wait for that, or it has done so.
fn is_job(view: &View, status: &ServiceStatus) -> bool {
    let waited_for = |name: &ServiceName| {
        let mut dependencies = view.desired.stack.services.values().filter_map(|service| service.depends_on.get(name));
        dependencies.any(|dependency| dependency.condition == Condition::Completed)
    };
    matches!(status.state, ServiceState::Completed) || waited_for(&status.service)
}

fn container(replica: &Replica, masker: &Masker, now: Timestamp) -> wire::Container {
    wire::Container {
        container: replica.container.to_string(),
        state: service_state(&replica.state),
        since: Some(replica.since),
        created_at: replica.created_at,
        started_at: replica.started_at,
        exit_code: exit_code(&replica.state),
        reason: render::reason(&replica.state, now).map(|text| masker.mask(&text)),
        last_words: replica.last_words.as_ref().map(|text| masker.mask(text)),
        ports: replica.ports.iter().map(port).collect(),
    }
}

fn port(port: &evenkeel_model::PublishedPort) -> wire::Port {
    wire::Port {
        host_ip: port.host_ip,
        published: port.published,
        target: port.target,
        protocol: match port.protocol {
            evenkeel_model::Protocol::Tcp => wire::Protocol::Tcp,
            evenkeel_model::Protocol::Udp => wire::Protocol::Udp,
            evenkeel_model::Protocol::Sctp => wire::Protocol::Sctp,
        },
    }
}

fn waits(state: &ServiceState) -> &[Wait] {
    match state {
        ServiceState::Pending { waits_for } => waits_for,
        _ => &[],
    }
}

fn next_attempt_at(state: &ServiceState) -> Option<Timestamp> {
    match state {
        ServiceState::Restarting { next_attempt_at, .. } => Some(*next_attempt_at),
        ServiceState::Failed { next_attempt_at, .. } => *next_attempt_at,
        ServiceState::Pending { waits_for } => waits_for
            .iter()
            .filter_map(|wait| match wait {
                Wait::Until { at, .. } => Some(*at),
                _ => None,
            })
            .max(),
        _ => None,
    }
}

fn exit_code(state: &ServiceState) -> Option<i64> {
    match state {
        ServiceState::Completed => Some(0),
        ServiceState::Failed { exit, .. } | ServiceState::Restarting { exit, .. } => {
            exit.as_ref().map(|exit| exit.code)
        }
        _ => None,
    }
}
