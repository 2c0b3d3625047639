//! What a request makes of a stack's intent. Pure: the caller writes the result down.

mod down;
mod images;
mod numbers;
pub(crate) mod up;

use crate::refused::Refused;
use crate::request::Request;
use evenkeel_model::{
    Condition, Container, ContainerName, ContainerState, Goal, Intent, ServiceName, Stack, Target, Undone, UpOptions,
};
use evenkeel_plan::{Input, slots, volume_differs, with_dependencies};
use std::collections::BTreeSet;

/// The effect of a request.
pub(crate) struct Intended {
    pub intent: Intent,
    /// The services that the operation is about; empty means all.
    pub services: Vec<ServiceName>,
    /// Jobs that run again though they are done.
    pub undone: Undone,
}

impl Intended {
    /// What is done stays done, but for what [`undone`] says.
    fn new(intent: Intent, services: Vec<ServiceName>) -> Self {
        Self { intent, services, undone: Undone::nothing() }
    }
}

/// The intent after a request. `input.desired.stack` is the definition that will be in force.
pub(crate) fn intend(input: Input<'_>, request: &Request) -> Result<Intended, Refused> {
    let mut intended = intended(input, request)?;
    if let Undone::In(places) = &mut intended.undone {
        places.extend(undone(input, &intended.intent));
    }
    Ok(intended)
}

/// The places whose jobs count as done no more, because another run of theirs is asked for by that intent, or their removal. From here on no clock
/// has to tell which run the wish was for.
pub(crate) fn undone(input: Input<'_>, intent: &Intent) -> BTreeSet<ContainerName> {
    let before = &input.desired.intent;
    let runs = intent.stale_runs.iter().filter(|(place, run)| before.stale_runs.get(*place) != Some(*run));
    let containers =
        intent.stale_containers.iter().filter(|(place, id)| before.stale_containers.get(*place) != Some(*id));
    let marked = runs.map(|(place, _)| place).chain(containers.map(|(place, _)| place)).cloned();
    let leaving =
        intent.targets.keys().filter(|name| matches!(intent.targets.get(*name), Some(Target::Removed { .. })));
    marked.chain(places(input, leaving)).collect()
}

/// Where jobs of these services may be done: in all their places, as one may end well while this is decided, and where they were done before their
/// scale was another.
fn places<'a>(input: Input<'_>, services: impl Iterator<Item = &'a ServiceName>) -> BTreeSet<ContainerName> {
    let mut all = BTreeSet::new();
    for name in services {
        let service = input.desired.stack.services.get(name);
        all.extend(service.into_iter().flat_map(|service| slots(input.desired, name, service)));
        let done = input.ledger.completions.iter().filter(|(_, done)| done.service == *name);
        all.extend(done.map(|(place, _)| place.clone()));
    }
    all
}

fn intended(input: Input<'_>, request: &Request) -> Result<Intended, Refused> {
    let mut intent = input.desired.intent.clone();
    prune(&mut intent, input);
    intent.grace_s = request.grace_s();
    if !request.is_about_images() && !matches!(request, Request::Stop { .. }) {
        intent.abort = None;
    }
    match request {
        Request::Up(options) => up::up(input, intent, options, false),
        Request::Create(options) => up::up(input, intent, options, true),
        Request::Rollback { .. } => up::up(input, intent, &UpOptions::default(), false),
        Request::Down(options) => down::down(input, intent, options),
        Request::Rm { services, stop, volumes } => rm(input, intent, services, *stop, *volumes),
        Request::Pull(options) => images::pull(input, intent, options),
        Request::Build(options) => images::build(input, intent, options),
        Request::Restart { services, no_deps, .. } => restart(input, intent, services, *no_deps),
        Request::Stop { services, .. } => stop(input, intent, services),
        Request::Start { services } => start(input, intent, services),
        Request::Pause { services } => turn(input, intent, services, Target::Up, Target::Paused),
        Request::Unpause { services } => turn(input, intent, services, Target::Paused, Target::Up),
        Request::Scale { scale, no_deps } => up::scale(input, intent, scale, *no_deps),
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
            Ok(Intended::new(intent, Vec::new()))
        }
    }
}

/// Marks that have been met say nothing any more, and what was asked for images is over with the request that asked it.
pub(crate) fn prune(intent: &mut Intent, input: Input<'_>) {
    intent.orders.clear();
    let containers = &input.observed.containers;
    intent.stale_runs.retain(|name, run| containers.get(name).is_some_and(|there| there.started_at == Some(*run)));
    intent.stale_containers.retain(|name, id| containers.get(name).is_some_and(|there| there.id == *id));
    intent.excused_runs.retain(|name, run| containers.get(name).is_some_and(|there| there.started_at == Some(*run)));
    let stack = &input.desired.stack;
    intent.stale_volumes.retain(|name| {
        let (there, wanted) = (input.observed.volumes.get(name), stack.volumes.get(name));
        there.zip(wanted).is_some_and(|(there, wanted)| volume_differs(there, wanted))
    });
    intent.targets.retain(|name, _| stack.services.contains_key(name));
    intent.scale.retain(|name, _| stack.services.contains_key(name));
    intent.numbers.retain(|name, _| stack.services.contains_key(name));
}

/// What runs begins anew, and what has ended is started. Without names a job that is done is left so.
fn restart(input: Input<'_>, mut intent: Intent, services: &[ServiceName], no_deps: bool) -> Result<Intended, Refused> {
    let stack = &input.desired.stack;
    check(stack, services)?;
    if intent.goal != Goal::Up {
        return Ok(Intended::new(intent, services.to_vec()));
    }
    let is_job = |name: &ServiceName| {
        let mut dependencies = stack.services.values().filter_map(|service| service.depends_on.get(name));
        dependencies.any(|dependency| dependency.condition == Condition::Completed)
    };
    for name in stack.services.keys() {
        let named = services.contains(name);
        if !named && !services.is_empty() {
            if no_deps {
                excuse(input, &mut intent, name);
            }
            continue;
        }
        let there: Vec<&Container> = of_service(input, name).collect();
        for container in &there {
            intent.excused_runs.remove(&container.name);
            if let Some(started_at) = container.started_at.filter(|_| named || container.is_running() || !is_job(name))
            {
                intent.stale_runs.insert(container.name.clone(), started_at);
            }
        }
        if !there.is_empty() && (named || intent.targets.contains_key(name)) {
            intent.targets.insert(name.clone(), Target::Up);
        }
    }
    let services = if no_deps { services.to_vec() } else { with_followers(stack, services) };
    Ok(Intended::new(intent, services))
}

/// Services and those that begin anew with them.
fn with_followers(stack: &Stack, services: &[ServiceName]) -> Vec<ServiceName> {
    let mut all = services.to_vec();
    let mut next = 0;
    while let Some(followed) = all.get(next).cloned() {
        next += 1;
        for (name, service) in &stack.services {
            let follows = service.depends_on.get(&followed).is_some_and(|dependency| dependency.restart);
            if follows && !all.contains(name) {
                all.push(name.clone());
            }
        }
    }
    all
}

/// What runs of a service goes on, though something that it follows begins anew.
fn excuse(input: Input<'_>, intent: &mut Intent, name: &ServiceName) {
    let running = of_service(input, name).filter(|container| container.is_running());
    let runs = running.filter_map(|container| Some((container.name.clone(), container.started_at?)));
    intent.excused_runs.extend(runs);
}

fn stop(input: Input<'_>, mut intent: Intent, services: &[ServiceName]) -> Result<Intended, Refused> {
    check(&input.desired.stack, services)?;
    let all = input.desired.stack.services.keys();
    let chosen = all.filter(|name| services.is_empty() || services.contains(name));
    if intent.goal == Goal::Up {
        intent.targets.extend(chosen.map(|name| (name.clone(), Target::Stopped)));
    }
    Ok(Intended::new(intent, services.to_vec()))
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
    // As with Compose, `start` makes nothing: a service of which there is nothing to start is an error.
    let has_none = |name: &&ServiceName| {
        let opens = input.desired.stack.services.get(*name).map(|service| slots(input.desired, name, service));
        opens.is_some_and(|places| !places.is_empty()) && of_service(input, name).next().is_none()
    };
    let nothing = chosen.iter().all(|name: &ServiceName| has_none(&name));
    if let Some(missing) = chosen.iter().find(|name| has_none(name) && (nothing || !services.is_empty())) {
        let message =
            format!("service `{missing}` has no container to start; bring it up with `evenkeel up {missing}`");
        return Err(Refused::Invalid(message));
    }
    bring_up(&mut intent, chosen);
    Ok(Intended::new(intent, services.to_vec()))
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
    Ok(Intended::new(intent, services.to_vec()))
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
    for name in input.desired.stack.services.keys().filter(|name| services.is_empty() || services.contains(name)) {
        let mut there = of_service(input, name).peekable();
        let rests = |container: &Container| {
            !container.is_running() && !matches!(container.state, ContainerState::Restarting(_))
        };
        if there.peek().is_some() && (stop || there.all(rests)) && intent.goal == Goal::Up {
            intent.targets.insert(name.clone(), Target::Removed { volumes });
        }
    }
    Ok(Intended::new(intent, services.to_vec()))
}

pub(crate) fn bring_up(intent: &mut Intent, chosen: BTreeSet<ServiceName>) {
    intent.goal = Goal::Up;
    intent.targets.extend(chosen.into_iter().map(|name| (name, Target::Up)));
}

/// A service's containers, in whatever place, one-off ones apart.
fn of_service<'a>(input: Input<'a>, name: &'a ServiceName) -> impl Iterator<Item = &'a Container> {
    let stack = &input.desired.stack.name;
    input.observed.containers.values().filter(move |container| {
        container.service.as_ref() == Some(name) && !container.one_off && container.owner.is(stack)
    })
}

pub(crate) fn check(stack: &Stack, services: &[ServiceName]) -> Result<(), Refused> {
    let Some(unknown) = services.iter().find(|name| !stack.services.contains_key(*name)) else { return Ok(()) };
    let known: Vec<&str> = stack.services.keys().map(ServiceName::as_str).collect();
    Err(Refused::NoSuchService { stack: stack.name.clone(), service: unknown.clone(), known: known.join(", ") })
}
