//! A project that Docker Compose has started and that is no stack: its containers, and how they become one.

use super::{Args, Context, Row, list};
use crate::failure::{DONE, Outcome};
use chrono::Utc;
use evenkeel_wire::{EngineContainer, EnginePort, Port, ServiceState};

/// Shows it in the forms that a stack has. Nothing is known of what a container should be doing.
pub fn show(context: &Context<'_>, arguments: &Args, project: &str, containers: Vec<EngineContainer>) -> Outcome {
    let output = context.output;
    if output.json {
        let mut shown = containers;
        shown.retain(|one| arguments.services.is_empty() || arguments.services.contains(&one.service));
        let ports: Vec<Vec<Port>> = shown.iter().map(|one| one.ports.iter().filter_map(published).collect()).collect();
        let rows: Vec<Row<'_>> = shown.iter().zip(&ports).map(|(one, ports)| row(one, ports)).collect();
        output.document(&rows)?;
        return Ok(DONE);
    }
    output
        .note(&format!("{project} is no stack: Docker Compose started it; `evenkeel up` with its files takes it over"));
    let known = containers.iter().map(|one| one.service.clone()).collect();
    list(output, arguments, project, containers, known)
}

fn row<'a>(container: &'a EngineContainer, ports: &'a [Port]) -> Row<'a> {
    Row {
        service: &container.service,
        container: Some(&container.name),
        state: state(container),
        since: container.created_at.unwrap_or_else(Utc::now),
        waiting_for: &[],
        ports,
        reason: Some(&container.status),
    }
}

/// The state that a stack's container would have that does the same.
fn state(container: &EngineContainer) -> ServiceState {
    match (container.state.as_str(), container.health.as_str()) {
        ("running", "healthy") => ServiceState::Healthy,
        ("running", "unhealthy") => ServiceState::Unhealthy,
        ("running", "starting") => ServiceState::Starting,
        ("running", _) => ServiceState::Running,
        ("created", _) => ServiceState::Pending,
        ("restarting", _) => ServiceState::Restarting,
        ("exited", _) if container.exit_code == 0 => ServiceState::Completed,
        ("exited" | "dead", _) => ServiceState::Failed,
        ("paused", _) => ServiceState::Stopped,
        ("removing", _) => ServiceState::Stopping,
        _ => ServiceState::Unknown,
    }
}

fn published(port: &EnginePort) -> Option<Port> {
    let (published, host_ip) = (port.published?, port.host_ip?);
    Some(Port { target: port.target, published, host_ip, protocol: port.protocol })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_those_of_a_stack() {
        for (state_of_engine, health, exit_code, expected) in [
            ("running", "", 0, ServiceState::Running),
            ("running", "healthy", 0, ServiceState::Healthy),
            ("running", "starting", 0, ServiceState::Starting),
            ("running", "unhealthy", 0, ServiceState::Unhealthy),
            ("exited", "", 0, ServiceState::Completed),
            ("exited", "unhealthy", 137, ServiceState::Failed),
            ("created", "", 0, ServiceState::Pending),
            ("restarting", "", 1, ServiceState::Restarting),
            ("paused", "", 0, ServiceState::Stopped),
            ("new-in-a-later-engine", "", 0, ServiceState::Unknown),
        ] {
            let container = EngineContainer {
                state: state_of_engine.to_owned(),
                health: health.to_owned(),
                exit_code,
                ..EngineContainer::default()
            };
            assert_eq!(state(&container), expected, "{state_of_engine} {health} {exit_code}");
        }
    }
}
