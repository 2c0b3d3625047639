//! Signals to the processes of a stack: the one thing that is done at once and is no desired state. What a signal ends is seen by the
//! next pass, like any other end.

use crate::refused::Refused;
use crate::shared::Shared;
use evenkeel_engine::{Error, Progress};
use evenkeel_model::{Action, ContainerName, ServiceName, StackName};
use std::sync::Arc;

/// Sends a signal to the containers that run, of these services or of all.
pub(crate) async fn send(
    shared: &Arc<Shared>,
    name: &StackName,
    services: &[ServiceName],
    signal: &str,
) -> Result<Vec<ContainerName>, Refused> {
    let entry = shared.entry(name).ok_or_else(|| Refused::NoSuchStack(name.clone()))?;
    let desired = entry.state().desired;
    let known = &desired.stack.services;
    if let Some(unknown) = services.iter().find(|service| !known.contains_key(*service)) {
        let known: Vec<&str> = known.keys().map(ServiceName::as_str).collect();
        return Err(Refused::NoSuchService { stack: name.clone(), service: unknown.clone(), known: known.join(", ") });
    }
    let observed = shared.engine.observe(&evenkeel_plan::interest(&desired)).await;
    let observed = observed.map_err(|error| Refused::EngineUnavailable(error.to_string()))?;
    let chosen = observed.containers.into_values().filter(|container| {
        let asked = match &container.service {
            Some(service) => known.contains_key(service) && (services.is_empty() || services.contains(service)),
            None => false,
        };
        asked && container.is_running() && container.owner.is(name)
    });
    let mut sent = Vec::new();
    for container in chosen {
        let action = Action::KillContainer { container: container.name.clone(), signal: signal.to_owned() };
        match shared.engine.perform(&action, &Progress::none()).await {
            Ok(()) => sent.push(container.name),
            // It was removed between the look and now.
            Err(Error::NotFound { .. }) => {}
            Err(error @ Error::Unavailable { .. }) => return Err(Refused::EngineUnavailable(error.to_string())),
            Err(error) => return Err(Refused::Invalid(error.to_string())),
        }
    }
    Ok(sent)
}
