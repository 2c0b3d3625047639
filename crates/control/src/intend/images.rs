//! What `pull`, `build` and `down --rmi` make of the intent: an order for each image, which carries all that it needs.

use super::{Intended, check};
use crate::refused::Refused;
use evenkeel_model::{
    Build, BuildOptions, ImageRef, ImageTask, Intent, Order, PullOptions, PullPolicy, RemoveImages, Service,
    ServiceName, Stack,
};
use evenkeel_plan::{Input, with_dependencies};
use std::collections::{BTreeMap, BTreeSet};

/// `pull`: the images of the services, each once, as their policies say.
pub(super) fn pull(input: Input<'_>, mut intent: Intent, options: &PullOptions) -> Result<Intended, Refused> {
    let stack = &input.desired.stack;
    for name in chosen(stack, &options.services, options.include_deps)? {
        let Some(service) = stack.services.get(&name) else { continue };
        let Some(image) = service.container.image.as_ref().filter(|image| !has_default_name(stack, &name, image))
        else {
            continue;
        };
        let there = input.observed.images.contains_key(image);
        let wanted = match options.policy.unwrap_or(service.pull_policy) {
            PullPolicy::Never | PullPolicy::Build => false,
            // The file's silence is the verb's own wish.
            PullPolicy::Missing if options.policy.is_none() && !service.pull_policy_given => true,
            // What a tag that moves stands for can only be known by asking.
            PullPolicy::Missing => !there || (options.policy.is_none() && is_latest(image)),
            PullPolicy::Always => true,
        };
        if !wanted || (options.ignore_buildable && service.build.is_some()) {
            continue;
        }
        let task = ImageTask::Pull { platform: service.container.platform.clone() };
        intent.orders.entry(image.clone()).or_insert(Order {
            task,
            service: name,
            after: BTreeSet::new(),
            optional: options.ignore_failures,
            failed: None,
        });
    }
    Ok(Intended::new(intent, options.services.clone()))
}

/// `build`: the images of the services that have a `build`, each after those that it may be built from.
pub(super) fn build(input: Input<'_>, mut intent: Intent, options: &BuildOptions) -> Result<Intended, Refused> {
    let stack = &input.desired.stack;
    let chosen = chosen(stack, &options.services, options.with_dependencies)?;
    let image_of = |name: &ServiceName| {
        let service = stack.services.get(name).filter(|service| service.build.is_some())?;
        service.container.image.clone()
    };
    for name in &chosen {
        let (Some(service), Some(image)) = (stack.services.get(name), image_of(name)) else { continue };
        let Some(build) = &service.build else { continue };
        let mut before = with_dependencies(stack, [name.clone()]);
        before.remove(name);
        let mut after: BTreeSet<ImageRef> = before.intersection(&chosen).filter_map(image_of).collect();
        after.remove(&image);
        intent.orders.entry(image).or_insert(Order {
            task: ImageTask::Build(Box::new(with_options(build, options))),
            service: name.clone(),
            after,
            optional: false,
            failed: None,
        });
    }
    Ok(Intended::new(intent, options.services.clone()))
}

/// `down --rmi`: what is removed once the containers are gone.
pub(super) fn removals(stack: &Stack, which: Option<RemoveImages>) -> BTreeMap<ImageRef, Order> {
    let Some(which) = which else { return BTreeMap::new() };
    let of_services = stack.services.iter().filter_map(|(name, service)| {
        let image = service.container.image.clone()?;
        let local = service.build.is_some() && has_default_name(stack, name, &image);
        (which == RemoveImages::All || local).then(|| (image, name.clone()))
    });
    let order =
        |service| Order { task: ImageTask::Remove, service, after: BTreeSet::new(), optional: true, failed: None };
    of_services.map(|(image, service)| (image, order(service))).collect()
}

/// `--no-build`: what would have to be built.
pub(super) fn refuse_builds(input: Input<'_>, chosen: &BTreeSet<ServiceName>) -> Result<(), Refused> {
    let services = input.desired.stack.services.iter().filter(|(name, _)| chosen.contains(*name));
    let mut missing = services.filter(|(_, service): &(&ServiceName, &Service)| {
        let image = service.container.image.as_ref();
        service.build.is_some() && !image.is_some_and(|image| input.observed.images.contains_key(image))
    });
    let Some((name, service)) = missing.next() else { return Ok(()) };
    let image = service.container.image.as_ref().map(ImageRef::as_str).unwrap_or_default();
    Err(Refused::Invalid(format!(
        "image {image} of service {name} is not there, and nothing is to be built (--no-build); build it with \
         `evenkeel build {name}`"
    )))
}

fn chosen(stack: &Stack, services: &[ServiceName], with_deps: bool) -> Result<BTreeSet<ServiceName>, Refused> {
    check(stack, services)?;
    Ok(match (services.is_empty(), with_deps) {
        (true, _) => stack.services.keys().cloned().collect(),
        (false, true) => with_dependencies(stack, services.iter().cloned()),
        (false, false) => services.iter().cloned().collect(),
    })
}

/// The name that a built image gets where the file gives none.
fn has_default_name(stack: &Stack, name: &ServiceName, image: &ImageRef) -> bool {
    let is_built = stack.services.get(name).is_some_and(|service| service.build.is_some());
    is_built && image.as_str() == stack.joined(&[name.as_str()])
}

fn is_latest(image: &ImageRef) -> bool {
    let last = image.as_str().rsplit('/').next().unwrap_or_default();
    !last.contains('@') && last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

fn with_options(build: &Build, options: &BuildOptions) -> Build {
    let mut build = build.clone();
    build.no_cache |= options.no_cache;
    build.pull |= options.pull;
    build.args.extend(options.args.clone());
    build.memory_bytes = options.memory_bytes;
    build
}
