//! The places for containers that a stack's definition opens: one for each replica of each service, with a fixed name.

use evenkeel_model::{ContainerName, Desired, Service, ServiceName};
use std::collections::BTreeSet;

/// The names of a service's containers, first to last. Container `n` of a service keeps its name over crashes,
/// removals and replacements, so that there is never more than one in its place.
pub fn slots(desired: &Desired, name: &ServiceName, service: &Service) -> Vec<ContainerName> {
    places(desired, name, service).into_iter().map(|(_, place)| place).collect()
}

/// The numbers of a service's containers, from the lowest: 1 to its scale, unless a change of the scale has left others. Where
/// the scale has changed since, the highest go, and further ones follow the highest.
pub fn numbers(desired: &Desired, name: &ServiceName, service: &Service) -> BTreeSet<u32> {
    let scale = desired.intent.scale.get(name).copied().unwrap_or(service.scale) as usize;
    let mut numbers = desired.intent.numbers.get(name).cloned().unwrap_or_default();
    while numbers.len() > scale {
        numbers.pop_last();
    }
    while numbers.len() < scale {
        numbers.insert(numbers.last().copied().unwrap_or(0).saturating_add(1));
    }
    numbers
}

/// A service's places, as number and name. A fixed name belongs to the first of them.
pub(crate) fn places(desired: &Desired, name: &ServiceName, service: &Service) -> Vec<(u32, ContainerName)> {
    let mut fixed = service.container_name.clone();
    let place = |number: u32| {
        let plain = || ContainerName::new(desired.stack.joined(&[name.as_str(), &number.to_string()]));
        (number, fixed.take().unwrap_or_else(plain))
    };
    numbers(desired, name, service).into_iter().map(place).collect()
}
