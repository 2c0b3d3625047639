//! The way up: images, networks, volumes, then each service's containers in dependency order.

use crate::view::{ServiceView, Slot, View};
use crate::{Input, Plan, containers, depends, images, networks, orphans, volumes};
use evenkeel_model::{MountSource, NetworkName, ServiceName, Target, VolumeName};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn plan(input: Input<'_>) -> Plan {
    let view = View::new(input);
    let mut plan = Plan::default();
    resources(&view, &services_that_need_resources(&view), &mut plan);
    orphans::plan(&view, &mut plan);
    // A circle is refused by the loader; should one come all the same, the order of names does.
    let order = depends::order(&input.desired.stack).unwrap_or_else(|_| input.desired.stack.services.keys().collect());
    for name in order {
        let (Some(service), Some(target)) = (view.services.get(name), view.target(name)) else { continue };
        for slot in &service.slots {
            containers::plan(&view, service, slot, target, &mut plan);
        }
    }
    plan
}

/// Images, networks and volumes of these services.
pub(crate) fn resources(view: &View<'_>, needy: &[&ServiceName], plan: &mut Plan) {
    let mut planned_images = BTreeSet::new();
    let mut network_users: BTreeMap<&NetworkName, Option<&ServiceName>> = BTreeMap::new();
    let mut volume_users: BTreeMap<&VolumeName, Option<&ServiceName>> = BTreeMap::new();
    // An image that one service builds and another one names is built, not pulled.
    let (builders, others): (Vec<&ServiceName>, Vec<&ServiceName>) =
        needy.iter().partition(|name| view.services.get(**name).is_some_and(|one| one.service.build.is_some()));
    for name in builders.into_iter().chain(others) {
        let Some(service) = view.services.get(name) else { continue };
        images::plan(view, name, service.service, &mut planned_images, plan);
    }
    for name in needy {
        let Some(service) = view.services.get(name) else { continue };
        for network in service.service.container.networks.keys() {
            network_users.entry(network).or_insert(Some(service.name));
        }
        for mount in &service.service.container.mounts {
            if let MountSource::Volume { name: volume, .. } = &mount.source {
                volume_users.entry(volume).or_insert(Some(service.name));
            }
        }
    }
    if !needy.is_empty() {
        let (networks, volumes) = used_by_nobody(view);
        network_users.extend(networks.map(|network| (network, None)));
        volume_users.extend(volumes.map(|volume| (volume, None)));
    }
    images::plan_orders(view, &mut planned_images, plan);
    networks::plan(view, &network_users, plan);
    volumes::plan(view, &volume_users, plan);
}

/// The networks and volumes that no service uses. The loader leaves such out unless they are asked for (`--all-resources`).
fn used_by_nobody<'a>(
    view: &'a View<'_>,
) -> (impl Iterator<Item = &'a NetworkName>, impl Iterator<Item = &'a VolumeName>) {
    let stack = &view.input.desired.stack;
    let containers = || stack.services.values().map(|service| &service.container);
    let networks: BTreeSet<_> = containers().flat_map(|container| container.networks.keys()).collect();
    let sources = containers().flat_map(|container| &container.mounts).map(|mount| &mount.source);
    let volumes: BTreeSet<_> = sources
        .filter_map(|source| match source {
            MountSource::Volume { name, .. } => Some(name),
            _ => None,
        })
        .collect();
    (
        stack.networks.keys().filter(move |name| !networks.contains(name)),
        stack.volumes.keys().filter(move |name| !volumes.contains(name)),
    )
}

/// The services that should be up and are not a job that is done already.
fn services_that_need_resources<'a>(view: &View<'a>) -> Vec<&'a ServiceName> {
    let wanted = view.services.values().filter(|service| view.target(service.name).is_some_and(Target::is_made));
    // A job that somebody has begun again by hand is no less in need of what it is made from.
    let is_over = |service: &ServiceView<'_>, slot: &Slot<'_>| {
        let up = view.target(service.name) == Some(Target::Up);
        up && view.is_completed(service, slot) && !slot.container.is_some_and(containers::is_alive)
    };
    let open = wanted.filter(|service| !service.slots.iter().all(|slot| is_over(service, slot)));
    open.filter(|service| !service.slots.is_empty()).map(|service| service.name).collect()
}
