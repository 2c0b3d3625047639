//! Networks: made where they are missing, made anew where their definition changed.

use crate::containers::{awaited_heir, hands_on, is_alive, name_out_of_the_way};
use crate::view::View;
use crate::{Cause, Input, Plan, Step, Wait, network_hash};
use evenkeel_model::{
    Action, Container, ContainerName, Network, NetworkName, NewNetwork, Object, ObservedNetwork, ServiceName, labels,
};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a network of ours differs from its definition and can be made anew. Containers cannot be moved, so those on it go
/// first; one that runs and that nobody asked to go keeps the network as it is.
pub(crate) fn must_be_replaced(view: &View<'_>, name: &NetworkName) -> bool {
    view.changed_networks.contains(name)
        && view.input.observed.networks.get(name).is_some_and(|there| there.guests.is_empty())
        && !attached(view, name).any(|container| is_alive(container) && view.stays(container))
}

/// The networks of ours that were made from another definition than theirs now.
pub(crate) fn changed<'a>(input: Input<'a>) -> BTreeSet<&'a NetworkName> {
    let stack = &input.desired.stack;
    let changed = stack.networks.iter().filter(|(name, wanted)| {
        let ours = |there: &&ObservedNetwork| !wanted.external && there.owner.is(&stack.name);
        let there = input.observed.networks.get(*name).filter(ours);
        there.is_some_and(|there| !is_made_from(there, wanted))
    });
    changed.map(|(name, _)| name).collect()
}

/// Whether a network was made from this definition. Of one that Compose made only its subnets tell.
fn is_made_from(there: &ObservedNetwork, wanted: &Network) -> bool {
    let mut fixed = wanted.ipam.iter().flat_map(|ipam| &ipam.pools).filter_map(|pool| pool.subnet);
    match &there.spec_hash {
        Some(hash) => *hash == network_hash(wanted),
        None => fixed.all(|subnet| there.subnets.contains(&subnet)),
    }
}

/// Adds the steps for the networks that the wanted services use, or that are to be there without a user. Networks with fixed
/// subnets come first, so that the engine gives none of their addresses to one that takes what it gets.
pub(crate) fn plan(view: &View<'_>, needed: &BTreeMap<&NetworkName, Option<&ServiceName>>, plan: &mut Plan) {
    let networks = &view.input.desired.stack.networks;
    let mut needed: Vec<_> = needed.iter().filter_map(|(name, by)| Some((networks.get(*name)?, *by))).collect();
    needed.sort_by_key(|(network, _)| !has_fixed_subnet(network));
    let mut fixed_to_make = Vec::new();
    for (network, by) in needed {
        let object = Object::Network(network.name.clone());
        let present = view.input.observed.networks.contains_key(&network.name);
        let replace = must_be_replaced(view, &network.name);
        if (network.external && !network.create) || (present && !replace) {
            continue;
        }
        let mut waits_for: Vec<Wait> = Vec::new();
        if replace {
            // Those that stay do not run, and are detached with the network's removal.
            let leaving = attached(view, &network.name).filter(|container| !view.stays(container));
            let waits = leaving.filter_map(|container| absence(view, container)).collect();
            plan.push(Step {
                action: Action::RemoveNetwork(network.name.clone()),
                cause: Cause::SpecChanged,
                waits_for: waits,
            });
            waits_for.push(Wait::Gone { object: object.clone() });
        }
        if has_fixed_subnet(network) {
            fixed_to_make.push(object);
        } else {
            waits_for.extend(fixed_to_make.iter().map(|object| Wait::Exists { object: object.clone() }));
        }
        let cause = by.map_or(Cause::Missing, |service| Cause::NeededBy { service: service.clone() });
        plan.push(Step { action: Action::CreateNetwork(new_network(view, network)), cause, waits_for });
    }
}

/// What must be so before a network can do without a container: it is gone, or, where it hands its volumes on and goes only after its
/// heir is made, it has stopped.
fn absence(view: &View<'_>, container: &Container) -> Option<Wait> {
    let stopped = |name: ContainerName| is_alive(container).then_some(Wait::Stopped { container: name });
    let service = container.service.as_ref().and_then(|name| view.services.get(name));
    let in_place = service.filter(|service| service.slots.iter().any(|slot| slot.name == container.name));
    let cause = in_place.and_then(|service| view.misfit(service, container));
    if cause.is_some_and(|cause| hands_on(view, container, &cause)) {
        return stopped(name_out_of_the_way(container));
    }
    if awaited_heir(view, container).is_some() {
        return stopped(container.name.clone());
    }
    Some(Wait::Gone { object: Object::Container(container.name.clone()) })
}

fn has_fixed_subnet(network: &Network) -> bool {
    network.ipam.as_ref().is_some_and(|ipam| ipam.pools.iter().any(|pool| pool.subnet.is_some()))
}

fn attached<'a>(view: &'a View<'_>, name: &'a NetworkName) -> impl Iterator<Item = &'a Container> {
    let containers = view.input.observed.containers.values();
    containers.filter(move |container| view.is_ours(container) && container.networks.contains_key(name))
}

fn new_network(view: &View<'_>, network: &Network) -> NewNetwork {
    let spec_hash = network_hash(network);
    let mut all = network.labels.clone();
    if network.external {
        // It is nobody's from the beginning: other projects use it too, and none of them may take it away from the others.
        return NewNetwork { network: network.clone(), labels: all, spec_hash };
    }
    let stack = view.input.desired.stack.name.to_string();
    all.insert(labels::PROJECT.to_owned(), stack.clone());
    all.insert(labels::NETWORK.to_owned(), network.key.clone());
    all.insert(labels::VERSION.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    all.insert(labels::CONFIG_HASH.to_owned(), spec_hash.to_string());
    all.insert(labels::STACK.to_owned(), stack);
    all.insert(labels::SPEC_HASH.to_owned(), spec_hash.to_string());
    NewNetwork { network: network.clone(), labels: all, spec_hash }
}
