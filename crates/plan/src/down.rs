//! The way down: containers in reverse dependency order, then networks, then, where asked, volumes.

use crate::containers::{is_alive, running_dependants};
use crate::one_off::is_abandoned;
use crate::view::View;
use crate::volumes::mounted;
use crate::{Cause, Input, Plan, Step, Wait, hooks, images};
use evenkeel_model::{Action, Container, DownOptions, NetworkName, Object};
use std::collections::BTreeSet;

pub(crate) fn plan(input: Input<'_>, options: &DownOptions) -> Plan {
    let view = View::new(input);
    let mut plan = Plan::default();
    let leaving = |container: &&Container| {
        let of_files = || options.of_files.iter().flatten().any(|name| container.service.as_ref() == Some(name));
        let named = has_service(&view, container) || !container.one_off && of_files();
        view.is_ours(container) && (options.remove_orphans || named || is_abandoned(input, container))
    };
    for container in input.observed.containers.values().filter(leaving) {
        let mut waits_for = Vec::new();
        if is_alive(container) {
            let dependants = container.service.as_ref().map(|name| running_dependants(&view, name, |_| true));
            let dependants = dependants.unwrap_or_default();
            hooks::stop(&view, container, options.grace_s, Cause::Down, dependants, &mut plan);
            waits_for.push(Wait::Stopped { container: container.name.clone() });
        }
        let action = Action::RemoveContainer { container: container.name.clone(), volumes: options.volumes };
        plan.push(Step { action, cause: Cause::Down, waits_for });
    }
    let mut planned = BTreeSet::new();
    images::plan_orders(&view, &mut planned, &mut plan);
    for (name, network) in &input.observed.networks {
        if network.owner.is(&input.desired.stack.name)
            && let Some(waits_for) = attached_waits(&view, name, &leaving)
        {
            plan.push(Step { action: Action::RemoveNetwork(name.clone()), cause: Cause::Down, waits_for });
        }
    }
    if options.volumes {
        for (name, volume) in &input.observed.volumes {
            // One that a container holds which stays, such as that of a `run`, stays with it.
            let held = |container: &Container| container.volumes.contains(name) && !leaving(&container);
            if volume.owner.is(&input.desired.stack.name) && !input.observed.containers.values().any(held) {
                let action = Action::RemoveVolume(name.clone());
                plan.push(Step { action, cause: Cause::Down, waits_for: mounted(&view, name) });
            }
        }
    }
    plan
}

fn has_service(view: &View<'_>, container: &Container) -> bool {
    // What the profiles leave out by now is known to the definition all the same.
    let known = |name| view.services.contains_key(name) || view.input.desired.stack.disabled.contains(name);
    !container.one_off && container.service.as_ref().is_some_and(known)
}

/// A wait for each attached container to go; `None` where one is attached that stays, so that the network stays with it. What has
/// ended keeps no network, as with Compose.
fn attached_waits(view: &View<'_>, name: &NetworkName, leaving: &impl Fn(&&Container) -> bool) -> Option<Vec<Wait>> {
    if view.input.observed.networks.get(name).is_some_and(|network| !network.guests.is_empty()) {
        return None;
    }
    let over = |container: &Container| !is_alive(container) && !leaving(&container);
    let attached = view.input.observed.containers.values();
    let attached = attached.filter(|container| container.networks.contains_key(name) && !over(container));
    attached
        .map(|container| {
            let object = Object::Container(container.name.clone());
            leaving(&container).then_some(Wait::Gone { object })
        })
        .collect()
}
