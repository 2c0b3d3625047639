//! Images: pulled or built where they are missing, or where a fresh one was asked for.

use crate::view::View;
use crate::{Cause, Plan, Step};
use evenkeel_model::{Action, ImageRef, PullPolicy, Service, ServiceName};
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
    let action = match &service.build {
        Some(build) => Action::BuildImage { image: image.clone(), build: Box::new(build.clone()) },
        None => Action::PullImage { image: image.clone(), platform: service.container.platform.clone() },
    };
    let absent = !view.input.observed.images.contains_key(image);
    let cause = if absent { Cause::NeededBy { service: name.clone() } } else { Cause::AlwaysFresh };
    plan.push(Step { action, cause, waits_for: Vec::new() });
}
