//! What a request makes of a stack's intent. Pure: the caller writes the result down.

mod images;

use crate::refused::Refused;
use crate::request::Request;
use evenkeel_model::{
    Container, ContainerState, DownOptions, Goal, Intent, Observed, PullPolicy, Service, ServiceName, Stack, Target,
    UpOptions,
};
use evenkeel_plan::{Input, failed_runs, slots, with_dependencies};
use std::collections::BTreeSet;

/// The effect of a request.
pub(crate) struct Intended {
    pub intent: Intent,
    /// The services that the operation is about; empty means all.
    pub services: Vec<ServiceName>,
    /// Jobs run again though they are done.
    pub forget_completions: bool,
}

/// The intent after a request. `input.desired.stack` is the definition that will be in force.
pub(crate) fn intend(input: Input<'_>, request: &Request) -> Result<Intended, Refused> {
    let mut intent = input.desired.intent.clone();
    prune(&mut intent, input);
    intent.grace_s = request.grace_s();
    match request {
        Request::Up(options) => up(input, intent, options, bring_up),
        Request::Create(options) => up(input, intent, options, have_created),
        Request::Rollback { .. } => up(input, intent, &UpOptions::default(), bring_up),
        Request::Down(options) => Ok(down(input, intent, options)),
        Request::Rm { services, stop, volumes } => rm(input, intent, services, *stop, *volumes),
        Request::Pull(options) => images::pull(input, intent, options),
        Request::Build(options) => images::build(input, intent, options),
        Request::Restart { services, .. } => restart(input, intent, services),
        Request::Stop { services, .. } => stop(input, intent, services),
        Request::Start { services } => start(input, intent, services),
        Request::Pause { services } => turn(input, intent, services, Target::Up, Target::Paused),
        Request::Unpause { services } => turn(input, intent, services, Target::Paused, Target::Up),
        Request::Scale { scale } => {
            let services: Vec<ServiceName> = scale.keys().cloned().collect();
            check(&input.desired.stack, &services)?;
            intent.scale.extend(scale.clone());
            let chosen = with_dependencies(&input.desired.stack, services.clone());
            bring_up(&mut intent, chosen);
            Ok(Intended { intent, services, forget_completions: false })
        }
        Request::Reset => {
            intent.epoch += 1;
            // What is frozen could be neither replaced nor wiped.
            let paused = intent.targets.values_mut().filter(|target| **target == Target::Paused);
            paused.for_each(|target| *target = Target::Up);
            let all = if intent.goal == Goal::Up && !intent.targets.is_empty() {
                BTreeSet::new()
            } else {
                input.desired.stack.services.keys().cloned().collect()
            };
            bring_up(&mut intent, all);
            Ok(Intended { intent, services: Vec::new(), forget_completions: false })
        }
    }
}

/// Marks that have been met say nothing any more, and what was asked for images is over with the request that asked it.
fn prune(intent: &mut Intent, input: Input<'_>) {
    intent.orders.clear();
    let containers = &input.observed.containers;
    intent.stale_runs.retain(|name, run| containers.get(name).is_some_and(|there| there.started_at == Some(*run)));
    intent.stale_containers.retain(|name, id| containers.get(name).is_some_and(|there| there.id == *id));
    intent.targets.retain(|name, _| input.desired.stack.services.contains_key(name));
    intent.scale.retain(|name, _| input.desired.stack.services.contains_key(name));
}

fn up(
    input: Input<'_>,
    mut intent: Intent,
    options: &UpOptions,
    aim: fn(&mut Intent, BTreeSet<ServiceName>),
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
    for name in &chosen {
        match options.scale.get(name) {
            Some(scale) => drop(intent.scale.insert(name.clone(), *scale)),
            None => drop(intent.scale.remove(name)),
        }
    }
    intent.no_recreate = options.no_recreate;
    intent.remove_orphans = options.remove_orphans;
    // What ended for good is tried again.
    let failed = failed_runs(input);
    intent.stale_runs.extend(failed);
    for name in &chosen {
        let Some(service) = stack.services.get(name) else { continue };
        intent.refresh.extend(refreshed(service, options));
        if !options.no_recreate {
            let stale = containers(input, name, service)
                .filter(|container| options.force_recreate || runs_old_image(input.observed, service, container));
            intent.stale_containers.extend(stale.map(|container| (container.name.clone(), container.id.clone())));
        }
    }
    aim(&mut intent, chosen);
    let services = options.services.clone();
    Ok(Intended { intent, services, forget_completions: options.force_recreate })
}

/// The image that must be had anew by the request or the service's policy.
fn refreshed(service: &Service, options: &UpOptions) -> Option<evenkeel_model::ImageRef> {
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

fn down(input: Input<'_>, mut intent: Intent, options: &DownOptions) -> Intended {
    intent.goal = Goal::Down(options.clone());
    if options.volumes {
        // A new epoch, so that an `up` that takes its place half way does not go on with what is left of the old one.
        intent.epoch += 1;
    }
    intent.targets.clear();
    intent.scale.clear();
    intent.stale_runs.clear();
    intent.stale_containers.clear();
    intent.refresh.clear();
    intent.orders = images::removals(&input.desired.stack, options.images);
    // A stack that comes up again runs its jobs again: what they did may have gone with the containers or volumes.
    Intended { intent, services: Vec::new(), forget_completions: true }
}

fn restart(input: Input<'_>, mut intent: Intent, services: &[ServiceName]) -> Result<Intended, Refused> {
    must_be_up(input, &intent)?;
    check(&input.desired.stack, services)?;
    for (name, service) in &input.desired.stack.services {
        let named = services.contains(name);
        if !named && !services.is_empty() {
            continue;
        }
        for container in containers(input, name, service) {
            // Without names only what runs is meant; a job that is done runs again only if it is named.
            if let Some(started_at) = container.started_at.filter(|_| named || container.is_running()) {
                intent.stale_runs.insert(container.name.clone(), started_at);
            }
        }
        if named {
            intent.targets.insert(name.clone(), Target::Up);
        }
    }
    Ok(Intended { intent, services: services.to_vec(), forget_completions: false })
}

fn stop(input: Input<'_>, mut intent: Intent, services: &[ServiceName]) -> Result<Intended, Refused> {
    check(&input.desired.stack, services)?;
    let all = input.desired.stack.services.keys();
    let chosen = all.filter(|name| services.is_empty() || services.contains(name));
    if intent.goal == Goal::Up {
        intent.targets.extend(chosen.map(|name| (name.clone(), Target::Stopped)));
    }
    Ok(Intended { intent, services: services.to_vec(), forget_completions: false })
}

fn start(input: Input<'_>, mut intent: Intent, services: &[ServiceName]) -> Result<Intended, Refused> {
    must_be_up(input, &intent)?;
    check(&input.desired.stack, services)?;
    let chosen = if services.is_empty() {
        // What was removed is not there to be started.
        let there = intent.targets.iter().filter(|(_, target)| !matches!(target, Target::Removed { .. }));
        there.map(|(name, _)| name.clone()).collect()
    } else {
        with_dependencies(&input.desired.stack, services.iter().cloned())
    };
    bring_up(&mut intent, chosen);
    Ok(Intended { intent, services: services.to_vec(), forget_completions: false })
}

/// Those of the services that should be one thing should be the other.
fn turn(
    input: Input<'_>,
    mut intent: Intent,
    services: &[ServiceName],
    from: Target,
    to: Target,
) -> Result<Intended, Refused> {
    must_be_up(input, &intent)?;
    check(&input.desired.stack, services)?;
    for (name, target) in &mut intent.targets {
        if *target == from && (services.is_empty() || services.contains(name)) {
            *target = to;
        }
    }
    Ok(Intended { intent, services: services.to_vec(), forget_completions: false })
}

fn must_be_up(input: Input<'_>, intent: &Intent) -> Result<(), Refused> {
    match intent.goal {
        Goal::Up => Ok(()),
        Goal::Down(_) => {
            let stack = &input.desired.stack.name;
            Err(Refused::Invalid(format!("stack `{stack}` is down; bring it up first with `evenkeel up`")))
        }
    }
}

/// What runs of them stays up, the rest is only made.
fn have_created(intent: &mut Intent, chosen: BTreeSet<ServiceName>) {
    intent.goal = Goal::Up;
    for name in chosen {
        if !matches!(intent.targets.get(&name), Some(Target::Up | Target::Paused)) {
            intent.targets.insert(name, Target::Created);
        }
    }
}

/// Services of which nothing runs lose their containers; with `stop` those that run as well.
fn rm(
    input: Input<'_>,
    mut intent: Intent,
    services: &[ServiceName],
    stop: bool,
    volumes: bool,
) -> Result<Intended, Refused> {
    check(&input.desired.stack, services)?;
    let stack = &input.desired.stack.name;
    for name in input.desired.stack.services.keys().filter(|name| services.is_empty() || services.contains(name)) {
        let of_service = |container: &&Container| {
            container.service.as_ref() == Some(name) && !container.one_off && container.owner.is(stack)
        };
        let mut there = input.observed.containers.values().filter(of_service).peekable();
        let rests = |container: &Container| {
            !container.is_running() && !matches!(container.state, ContainerState::Restarting(_))
        };
        if there.peek().is_some() && (stop || there.all(rests)) && intent.goal == Goal::Up {
            intent.targets.insert(name.clone(), Target::Removed { volumes });
        }
    }
    Ok(Intended { intent, services: services.to_vec(), forget_completions: false })
}

fn bring_up(intent: &mut Intent, chosen: BTreeSet<ServiceName>) {
    intent.goal = Goal::Up;
    intent.targets.extend(chosen.into_iter().map(|name| (name, Target::Up)));
}

fn containers<'a>(
    input: Input<'a>,
    name: &'a ServiceName,
    service: &'a Service,
) -> impl Iterator<Item = &'a Container> {
    let places = slots(input.desired, name, service).into_iter();
    places.filter_map(|place| input.observed.containers.get(&place))
}

fn check(stack: &Stack, services: &[ServiceName]) -> Result<(), Refused> {
    let Some(unknown) = services.iter().find(|name| !stack.services.contains_key(*name)) else { return Ok(()) };
    let known: Vec<&str> = stack.services.keys().map(ServiceName::as_str).collect();
    Err(Refused::NoSuchService { stack: stack.name.clone(), service: unknown.clone(), known: known.join(", ") })
}
