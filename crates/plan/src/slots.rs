//! The places for containers that a stack's definition opens: one for each replica of each service, with a fixed name.

use evenkeel_model::{ContainerName, Desired, Service, ServiceName};

/// The names of a service's containers, first to last. Container `n` of a service keeps its name over crashes,
/// removals and replacements, so that there is never more than one in its place.
pub fn slots(desired: &Desired, name: &ServiceName, service: &Service) -> Vec<ContainerName> {
    let scale = desired.intent.scale.get(name).copied().unwrap_or(service.scale);
    (1..=scale).map(|number| slot(desired, name, service, number)).collect()
}

/// The name of a service's container by its number, from 1.
pub(crate) fn slot(desired: &Desired, name: &ServiceName, service: &Service, number: u32) -> ContainerName {
    match &service.container_name {
        Some(fixed) if number == 1 => fixed.clone(),
        Some(_) | None => ContainerName::new(format!("{}-{name}-{number}", desired.stack.name)),
    }
}
