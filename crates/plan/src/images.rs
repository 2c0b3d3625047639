//! Images: pulled or built where they are missing, or where a fresh one was asked for, and removed where that was asked for.

use crate::view::View;
use crate::{Cause, Plan, Step, Wait};
use evenkeel_model::{Action, ImageRef, ImageTask, Object, PullPolicy, Service, ServiceName};
use std::collections::BTreeSet;

/// Whether an image cannot be used yet: it is absent, or a fresh one is being had.
pub(crate) fn is_awaited(view: &View<'_>, image: &ImageRef) -> bool {
    !view.input.observed.images.contains_key(image) || view.input.desired.intent.refresh.contains(image)
}

/// Adds the step that brings a service's image, once for each image.
pub(crate) fn plan(
    view: &View<'_>,
    name: &ServiceName,
    service: &Service,
    planned: &mut BTreeSet<ImageRef>,
    plan: &mut Plan,
) {
    let Some(image) = &service.container.image else { return };
    if !is_awaited(view, image) || service.pull_policy == PullPolicy::Never || !planned.insert(image.clone()) {
        return;
    }
    let (action, waits_for) = match &service.build {
        Some(build) => {
            let action = Action::BuildImage { image: image.clone(), build: Box::new(build.clone()) };
            (action, bases(view, name, image))
        }
        None => {
            let platform = service.container.platform.clone();
            (Action::PullImage { image: image.clone(), platform }, Vec::new())
        }
    };
    let absent = !view.input.observed.images.contains_key(image);
    let cause = if absent { Cause::NeededBy { service: name.clone() } } else { Cause::AlwaysFresh };
    plan.push(Step { action, cause, waits_for });
}

/// Adds the steps for what somebody asked for images in particular, whatever the goal is.
pub(crate) fn plan_orders(view: &View<'_>, planned: &mut BTreeSet<ImageRef>, plan: &mut Plan) {
    let intent = &view.input.desired.intent;
    for (image, order) in intent.orders.iter().filter(|(_, order)| order.failed.is_none()) {
        if !planned.insert(image.clone()) {
            continue;
        }
        let (action, waits_for) = match &order.task {
            ImageTask::Pull { platform } => {
                (Action::PullImage { image: image.clone(), platform: platform.clone() }, Vec::new())
            }
            ImageTask::Build(build) => {
                let open = |base: &&ImageRef| intent.orders.get(*base).is_some_and(|order| order.failed.is_none());
                let bases = order.after.iter().filter(open);
                let waits = bases.map(|base| Wait::Exists { object: Object::Image(base.clone()) }).collect();
                (Action::BuildImage { image: image.clone(), build: build.clone() }, waits)
            }
            ImageTask::Remove => (Action::RemoveImage(image.clone()), leaving(plan)),
        };
        plan.push(Step { action, cause: Cause::ImageAsked, waits_for });
    }
}

/// A wait for each container that is on its way out: while it is there, its image cannot go.
fn leaving(plan: &Plan) -> Vec<Wait> {
    let removals = plan.steps.iter().filter(|step| matches!(step.action, Action::RemoveContainer { .. }));
    removals.map(|step| Wait::Gone { object: step.action.object() }).collect()
}

/// Images of services that this one depends on and that are built first, because it may be built from them.
fn bases(view: &View<'_>, name: &ServiceName, image: &ImageRef) -> Vec<Wait> {
    let stack = &view.input.desired.stack;
    let before = crate::with_dependencies(stack, [name.clone()]);
    let before = before.iter().filter_map(|name| Some((name, stack.services.get(name)?)));
    let built = before.filter(|(other, service)| {
        *other != name && service.build.is_some() && view.target(other).is_some_and(evenkeel_model::Target::is_made)
    });
    let images: BTreeSet<&ImageRef> = built.filter_map(|(_, service)| service.container.image.as_ref()).collect();
    let open = images.into_iter().filter(|base| *base != image && is_awaited(view, base));
    open.map(|base| Wait::Exists { object: Object::Image(base.clone()) }).collect()
}
