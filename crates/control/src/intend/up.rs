//! What `up`, `create` and `scale` make of the intent.

use super::{Intended, bring_up, check, have_created, images, numbers, of_service, places};
use crate::refused::Refused;
use evenkeel_model::{
    Abort, AbortOn, Container, ContainerName, ImageRef, Intent, Observed, PullPolicy, Service, ServiceName, Timestamp,
    Undone, UpOptions, VolumeName,
};
use evenkeel_plan::{Input, failed_runs, volume_differs, with_dependencies};
use std::collections::{BTreeMap, BTreeSet};

/// `up`, and `create`, which starts nothing. What nobody named keeps its state and its run.
pub(super) fn up(
    input: Input<'_>,
    mut intent: Intent,
    options: &UpOptions,
    only_create: bool,
) -> Result<Intended, Refused> {
    let stack = &input.desired.stack;
    check(stack, &options.services)?;
    check(stack, &options.scale.keys().cloned().collect::<Vec<_>>())?;
    if options.force_recreate && options.no_recreate {
        return Err(Refused::Invalid("`force_recreate` and `no_recreate` exclude each other".to_owned()));
    }
    let chosen: BTreeSet<ServiceName> = match (options.services.is_empty(), options.no_deps) {
        (true, _) => stack.services.keys().cloned().collect(),
        (false, true) => options.services.iter().cloned().collect(),
        (false, false) => with_dependencies(stack, options.services.iter().cloned()),
    };
    if options.no_build {
        images::refuse_builds(input, &chosen)?;
    }
    let by_force = |name: &ServiceName| {
        let named = options.services.is_empty() || options.services.contains(name);
        if named { options.force_recreate } else { options.always_recreate_deps }
    };
    let recreated: BTreeSet<ServiceName> = chosen.iter().filter(|name| by_force(name)).cloned().collect();
    for name in &chosen {
        match options.scale.get(name) {
            Some(scale) => drop(intent.scale.insert(name.clone(), *scale)),
            None => drop(intent.scale.remove(name)),
        }
        let Some(service) = stack.services.get(name) else { continue };
        intent.refresh.extend(refreshed(service, options));
        if !options.no_recreate {
            let replaced =
                |container: &&Container| by_force(name) || runs_old_image(input.observed, service, container);
            let stale = of_service(input, name).filter(replaced);
            intent.stale_containers.extend(stale.map(|container| (container.name.clone(), container.id.clone())));
        }
    }
    let old_image = |name: &ServiceName, container: &Container| {
        let service = stack.services.get(name);
        by_force(name) || service.is_some_and(|service| runs_old_image(input.observed, service, container))
    };
    numbers::settle(input, &mut intent, &chosen, !options.no_recreate, old_image);
    intent.no_recreate = options.no_recreate;
    intent.remove_orphans = options.remove_orphans;
    intent.renew_anonymous = options.renew_anonymous;
    intent.unwanted.clear();
    if options.replace_volumes {
        intent.stale_volumes.extend(changed_volumes(input));
    }
    excuse(input, &mut intent, &chosen);
    if let Some(on) = options.abort_on {
        let services = options.services.iter().cloned().collect();
        intent.abort = Some(Abort { services, only_failures: on == AbortOn::Failure, by: None });
        // What has ended before would end this run before it has begun.
        let ended =
            chosen.iter().flat_map(|name| of_service(input, name)).filter(|container| container.exit().is_some());
        let ended = ended.filter_map(|container| Some((container.name.clone(), container.started_at?)));
        intent.stale_runs.extend(ended);
    }
    // What a named service needs belongs to the request; a request that names none is about everything.
    let services = match options.services.is_empty() {
        true => Vec::new(),
        false => chosen.iter().cloned().collect(),
    };
    if only_create || options.no_start {
        have_created(&mut intent, chosen);
    } else {
        // What ended for good is tried again.
        intent.stale_runs.extend(failed(input, &chosen));
        bring_up(&mut intent, chosen);
    }
    // Also where nothing is left of a job that could be marked.
    let undone = match options.force_recreate && options.services.is_empty() {
        true => Undone::All,
        false => Undone::In(places(input, recreated.iter())),
    };
    Ok(Intended { intent, services, undone })
}

/// `scale`. The dependencies come up as well, with as many containers as their file says.
pub(super) fn scale(
    input: Input<'_>,
    mut intent: Intent,
    scale: &BTreeMap<ServiceName, u32>,
    no_deps: bool,
) -> Result<Intended, Refused> {
    let stack = &input.desired.stack;
    let services: Vec<ServiceName> = scale.keys().cloned().collect();
    check(stack, &services)?;
    let chosen = match no_deps {
        true => services.iter().cloned().collect(),
        false => with_dependencies(stack, services.iter().cloned()),
    };
    for name in chosen.iter().filter(|name| !scale.contains_key(*name)) {
        intent.scale.remove(name);
    }
    intent.scale.extend(scale.clone());
    let old_image = |name: &ServiceName, container: &Container| {
        stack.services.get(name).is_some_and(|service| runs_old_image(input.observed, service, container))
    };
    numbers::settle(input, &mut intent, &chosen, true, old_image);
    excuse(input, &mut intent, &chosen);
    let services = chosen.iter().cloned().collect();
    bring_up(&mut intent, chosen);
    Ok(Intended::new(intent, services))
}

/// What runs of services that nobody chose goes on, though a chosen one that they follow begins anew.
fn excuse(input: Input<'_>, intent: &mut Intent, chosen: &BTreeSet<ServiceName>) {
    let others = input.desired.stack.services.keys().filter(|name| !chosen.contains(*name));
    for container in others.flat_map(|name| of_service(input, name)) {
        if let Some(started_at) = container.started_at.filter(|_| container.is_running()) {
            intent.excused_runs.insert(container.name.clone(), started_at);
        }
    }
    for container in chosen.iter().flat_map(|name| of_service(input, name)) {
        intent.excused_runs.remove(&container.name);
    }
}

fn failed(input: Input<'_>, chosen: &BTreeSet<ServiceName>) -> BTreeMap<ContainerName, Timestamp> {
    let mut runs = failed_runs(input);
    runs.retain(|name, _| {
        chosen.iter().flat_map(|one| of_service(input, one)).any(|container| container.name == *name)
    });
    runs
}

/// Volumes of ours that are not as the definition has them.
fn changed_volumes(input: Input<'_>) -> BTreeSet<VolumeName> {
    let stack = &input.desired.stack;
    let changed = stack.volumes.values().filter(|volume| {
        let there = input.observed.volumes.get(&volume.name).filter(|there| there.owner.is(&stack.name));
        !volume.external && there.is_some_and(|there| volume_differs(there, volume))
    });
    changed.map(|volume| volume.name.clone()).collect()
}

/// The image that must be had anew by the request or the service's policy.
pub(crate) fn refreshed(service: &Service, options: &UpOptions) -> Option<ImageRef> {
    let image = service.container.image.clone()?;
    let policy = options.pull.unwrap_or(service.pull_policy);
    let fresh = match &service.build {
        Some(_) => options.build || matches!(policy, PullPolicy::Build | PullPolicy::Always),
        None => policy == PullPolicy::Always,
    };
    fresh.then_some(image)
}

fn runs_old_image(observed: &Observed, service: &Service, container: &Container) -> bool {
    let image = service.container.image.as_ref().and_then(|image| observed.images.get(image));
    image.is_some_and(|image| *image != container.image)
}
