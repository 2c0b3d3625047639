//! `post_start` and `pre_stop`: when they are due, and the stop that waits for them.

use crate::view::{ServiceView, View};
use crate::{Cause, Plan, Step, Wait};
use evenkeel_model::{Action, Container, ContainerState, HookMoment, HookRun, HooksRan, ServiceName};

/// What became of the hooks of a container's present run; `None` where they have not been run.
pub(crate) fn ran<'a>(view: &View<'a>, container: &Container, moment: HookMoment) -> Option<&'a HooksRan> {
    let ran = view.input.ledger.hooks.get(&(container.name.clone(), moment))?;
    (ran.run == container.started_at.unwrap_or(container.created_at)).then_some(ran)
}

/// Whether a running container's hooks are still to be run in this run.
fn are_due(view: &View<'_>, service: &ServiceView<'_>, container: &Container, moment: HookMoment) -> bool {
    let running = matches!(container.state, ContainerState::Running { .. });
    running && !service.service.hooks.at(moment).is_empty() && ran(view, container, moment).is_none()
}

/// Whether a container's `post_start` is through, so that others may count on what it prepares.
pub(crate) fn has_begun(view: &View<'_>, service: &ServiceView<'_>, container: &Container) -> bool {
    let none = service.service.hooks.post_start.is_empty() || !container.is_running();
    none || ran(view, container, HookMoment::PostStart).is_some_and(|ran| ran.failed.is_none())
}

/// How a service's hooks failed since the last request, as a clause that follows its name, with the moment.
pub(crate) fn failure(view: &View<'_>, service: &ServiceView<'_>) -> Option<(HookMoment, String)> {
    let of_service = |name: &str| {
        let own = |slot: &str| name == slot || name.strip_suffix(slot).is_some_and(|before| before.ends_with('_'));
        service.slots.iter().any(|slot| own(slot.name.as_str()))
    };
    let mut ran = view.input.ledger.hooks.iter().filter(|((container, _), _)| of_service(container.as_str()));
    ran.find_map(|((_, moment), ran)| Some((*moment, ran.failed.clone()?)))
}

/// Adds the run of `post_start` where it is due.
pub(crate) fn after_start(view: &View<'_>, service: &ServiceView<'_>, container: &Container, plan: &mut Plan) {
    if are_due(view, service, container, HookMoment::PostStart) {
        push(service, container, HookMoment::PostStart, Vec::new(), plan);
    }
}

/// Adds a container's stop, and before it the run of `pre_stop` where it is due.
pub(crate) fn stop(
    view: &View<'_>,
    container: &Container,
    grace_s: Option<u32>,
    cause: Cause,
    waits: Vec<Wait>,
    plan: &mut Plan,
) {
    let service = container.service.as_ref().filter(|_| !container.one_off);
    let service = service.and_then(|name: &ServiceName| view.services.get(name));
    let mut waits_for = waits;
    if let Some(service) = service.filter(|service| are_due(view, service, container, HookMoment::PreStop)) {
        push(service, container, HookMoment::PreStop, std::mem::take(&mut waits_for), plan);
        waits_for.push(Wait::Hooks { container: container.name.clone() });
    }
    plan.push(Step { action: Action::StopContainer { container: container.name.clone(), grace_s }, cause, waits_for });
}

fn push(service: &ServiceView<'_>, container: &Container, moment: HookMoment, waits_for: Vec<Wait>, plan: &mut Plan) {
    let hooks = service.service.hooks.at(moment).to_vec();
    let run = container.started_at.unwrap_or(container.created_at);
    let action = Action::RunHooks(HookRun { container: container.name.clone(), run, moment, hooks });
    plan.push(Step { action, cause: Cause::Hooks { moment }, waits_for });
}
