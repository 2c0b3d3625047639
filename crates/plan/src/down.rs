//! The way down: containers in reverse dependency order, then networks, then, where asked, volumes.

use crate::containers::{is_alive, running_dependants};
use crate::view::View;
use crate::volumes::mounted;
use crate::{Cause, Input, Plan, Step, Wait};
use evenkeel_model::{Action, Container, DownOptions, NetworkName, Object};

pub(crate) fn plan(input: Input<'_>, options: &DownOptions) -> Plan {
    let view = View::new(input);
    let mut plan = Plan::default();
    let leaving =
        |container: &&Container| view.is_ours(container) && (options.remove_orphans || has_service(&view, container));
    for container in input.observed.containers.values().filter(leaving) {
        let mut waits_for = Vec::new();
        if is_alive(container) {
            let action = Action::StopContainer { container: container.name.clone(), grace_s: options.grace_s };
            let dependants = container.service.as_ref().map(|name| running_dependants(&view, name, |_| true));
            plan.push(Step { action, cause: Cause::Down, waits_for: dependants.unwrap_or_default() });
            waits_for.push(Wait::Stopped { container: container.name.clone() });
        }
        let action = Action::RemoveContainer { container: container.name.clone(), volumes: options.volumes };
        plan.push(Step { action, cause: Cause::Down, waits_for });
    }
    for (name, network) in &input.observed.networks {
        if network.owner.is(&input.desired.stack.name)
            && let Some(waits_for) = attached_waits(&view, name, &leaving)
        {
            plan.push(Step { action: Action::RemoveNetwork(name.clone()), cause: Cause::Down, waits_for });
        }
    }
    if options.volumes {
        for (name, volume) in &input.observed.volumes {
            if volume.owner.is(&input.desired.stack.name) {
                let action = Action::RemoveVolume(name.clone());
                plan.push(Step { action, cause: Cause::Down, waits_for: mounted(&view, name) });
            }
        }
    }
    plan
}

fn has_service(view: &View<'_>, container: &Container) -> bool {
    !container.one_off && container.service.as_ref().is_some_and(|name| view.services.contains_key(name))
}

/// A wait for each attached container to go; `None` where one is attached that stays, so that the network stays with it.
fn attached_waits(view: &View<'_>, name: &NetworkName, leaving: &impl Fn(&&Container) -> bool) -> Option<Vec<Wait>> {
    let attached = view.input.observed.containers.values().filter(|container| container.networks.contains_key(name));
    attached
        .map(|container| {
            let object = Object::Container(container.name.clone());
            leaving(&container).then_some(Wait::Gone { object })
        })
        .collect()
}
