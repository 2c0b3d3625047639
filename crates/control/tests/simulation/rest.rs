//! What must be so once everything has come to rest, told from the world and the definitions alone.

use crate::daemon::Host;
use crate::scene::{Answer, What, is_job};
use evenkeel_control::Control;
use evenkeel_model::*;
use evenkeel_plan::{ServiceState, service_hash};
use std::collections::BTreeSet;

/// The services of a stack that will not become ready without a new request: ended for good, hindered, or waiting for such a one.
fn stuck(desired: &Desired, world: &Observed, hindered: &dyn Fn(&ServiceName) -> bool) -> BTreeSet<ServiceName> {
    let mut stuck = BTreeSet::new();
    for _ in 0..=desired.stack.services.len() {
        for (name, service) in &desired.stack.services {
            if desired.intent.targets.get(name) != Some(&Target::Up) {
                continue;
            }
            let places = evenkeel_plan::slots(desired, name, service);
            let ended = places.iter().filter_map(|place| world.containers.get(place)).any(|it| match &it.state {
                ContainerState::Exited(exit) => {
                    let for_good = match service.container.restart {
                        Some(RestartPolicy::No | RestartPolicy::OnFailure(_)) => true,
                        Some(RestartPolicy::Always | RestartPolicy::UnlessStopped) => false,
                        None => is_job(&desired.stack, name),
                    };
                    // What ended while the daemon was away is read from the code alone.
                    let by_itself = exit.by != EndedBy::Outside || !matches!(exit.code, 0 | 130 | 137 | 143);
                    exit.code != 0 && by_itself && for_good
                }
                _ => false,
            });
            let shares = |other: &ServiceName| {
                let first = desired.stack.services.get(other).map(|it| evenkeel_plan::slots(desired, other, it));
                let first = first.and_then(|places| world.containers.get(places.first()?));
                service.container.network_mode == NetworkMode::Service(other.clone())
                    && first
                        .is_some_and(|it| it.exit().is_some_and(|exit| exit.by != EndedBy::Outside || exit.code == 0))
            };
            let waits = service.depends_on.iter().any(|(other, dependency)| {
                let asked = desired.intent.targets.get(other) == Some(&Target::Up);
                let over = desired.stack.services.get(other).is_some_and(|it| {
                    let places = evenkeel_plan::slots(desired, other, it);
                    let mut there = places.iter().filter_map(|place| world.containers.get(place));
                    it.container.healthcheck.is_none() || there.any(|it| matches!(&it.state, ContainerState::Exited(_)))
                });
                let unhealthy = dependency.condition == Condition::Healthy && over;
                let hopeless = dependency.required && (unhealthy || shares(other));
                asked && (stuck.contains(other) || hopeless)
            });
            if ended || waits || hindered(name) {
                stuck.insert(name.clone());
            }
        }
    }
    stuck
}

/// What is not as it should be; empty when the desired state is reached as far as it can be.
pub async fn wrong(host: &Host, control: &Control, name: &StackName) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(view) = control.view(name) else { return wrong };
    let (desired, world) = (&view.desired, host.scene.outside.everything());
    let ours = |owner: &Owner| owner.is(name);
    if let Goal::Down(options) = &desired.intent.goal {
        let left = world.containers.values().filter(|it| {
            let known = it.service.as_ref().is_some_and(|service| desired.stack.services.contains_key(service));
            ours(&it.owner) && (known && !it.one_off || options.remove_orphans)
        });
        wrong.extend(left.map(|it| format!("{} is left", it.name)));
        let volumes = world.volumes.iter().filter(|(_, it)| ours(&it.owner) && options.volumes);
        // A container of a service that the file no longer has holds its volumes and networks.
        let orphans = world.containers.values().any(|it| ours(&it.owner));
        wrong.extend(volumes.filter(|_| !orphans).map(|(name, _)| format!("volume {name} is left")));
        let networks = world.networks.iter().filter(|(_, it)| ours(&it.owner) && !orphans);
        wrong.extend(networks.map(|(name, _)| format!("network {name} is left")));
        return wrong;
    }
    // What a daemon that was killed has made for a `run` and nobody will start any more.
    let half_made = world.containers.values().filter(|it| ours(&it.owner) && it.one_off);
    let half_made = half_made.filter(|it| it.state == ContainerState::Created);
    wrong.extend(half_made.map(|it| format!("{} was never started and is left", it.name)));
    let hook_refused = host.scene.notes().hook_refused;
    let stuck = stuck(desired, &world, &|name| {
        // One whose hook was refused stays so until the next request; the last one of the run mends it.
        let status = view.status.services.get(name).map(|status| &status.state);
        let failed = matches!(status, Some(ServiceState::Failed { exit: None, next_attempt_at: None, .. }));
        let hooked = desired.stack.services.get(name).is_some_and(|service| !service.hooks.post_start.is_empty());
        let alone =
            desired.stack.services.get(name).and_then(service_mode).is_some_and(|other| none_of(desired, other));
        alone || hook_refused && hooked && failed
    });
    for (service, definition) in &desired.stack.services {
        let places = evenkeel_plan::slots(desired, service, definition);
        let there = || places.iter().filter_map(|place| world.containers.get(place));
        match desired.intent.targets.get(service) {
            None | Some(Target::Created) => continue,
            Some(Target::Stopped) => {
                wrong.extend(there().filter(|it| it.is_running()).map(|it| format!("{} runs", it.name)));
                continue;
            }
            Some(Target::Paused) => {
                let goes_on = |it: &&Container| matches!(it.state, ContainerState::Running { .. });
                wrong.extend(there().filter(goes_on).map(|it| format!("{} is not frozen", it.name)));
                continue;
            }
            Some(Target::Removed { .. }) => {
                wrong.extend(there().filter(|it| ours(&it.owner)).map(|it| format!("{} is there", it.name)));
                continue;
            }
            Some(Target::Up) => {}
        }
        // It shares the namespace of one that somebody stopped, or has none of.
        let alone = service_mode(definition).is_some_and(|other| none_of(desired, other));
        if alone {
            continue;
        }
        let state = view.status.services.get(service).map(|status| status.state.clone());
        let ready =
            matches!(state, Some(ServiceState::Running | ServiceState::Healthy | ServiceState::Completed) | None)
                || definition.scale == 0
                || places.is_empty();
        if !ready && !stuck.contains(service) {
            wrong.push(format!("{service} is {state:?}"));
        }
        if stuck.contains(service) || state == Some(ServiceState::Completed) {
            continue;
        }
        let done = |place: &&ContainerName| {
            let replicas = view.status.services.get(service).into_iter().flat_map(|status| &status.replicas);
            replicas.filter(|it| it.container == **place).any(|it| it.state == ServiceState::Completed)
        };
        for place in places.iter().filter(|place| !done(place)) {
            match world.containers.get(place) {
                None => wrong.push(format!("{place} is missing")),
                Some(it) => {
                    wrong.extend(unfit(desired, &world, service, definition, it).map(|why| format!("{place} {why}")))
                }
            }
        }
        let extra = world.containers.values().filter(|it| {
            ours(&it.owner) && it.service.as_ref() == Some(service) && !places.contains(&it.name) && !it.one_off
        });
        wrong.extend(extra.map(|it| format!("{} has no place", it.name)));
    }
    if let Ok((plan, _)) = control.plan(name, None, None).await {
        let open = plan.steps.iter().filter(|step| {
            let Object::Container(container) = step.action.object() else { return true };
            let mut services = desired.stack.services.iter();
            let service = services.find(|(name, it)| evenkeel_plan::slots(desired, name, it).contains(&container));
            let alone = service.and_then(|(_, it)| service_mode(it)).is_some_and(|other| none_of(desired, other));
            step.action.verb() != "probe" && !alone && !service.is_some_and(|(name, _)| stuck.contains(name))
        });
        wrong.extend(open.map(|step| format!("planned still: {} {}", step.action.verb(), step.action.object())));
    }
    wrong
}

fn none_of(desired: &Desired, name: &ServiceName) -> bool {
    let places = desired.stack.services.get(name).map(|it| evenkeel_plan::slots(desired, name, it));
    desired.intent.targets.get(name) != Some(&Target::Up) || places.is_none_or(|places| places.is_empty())
}

fn service_mode(service: &Service) -> Option<&ServiceName> {
    if let NetworkMode::Service(name) = &service.container.network_mode { Some(name) } else { None }
}

fn unfit(
    desired: &Desired,
    world: &Observed,
    name: &ServiceName,
    service: &Service,
    container: &Container,
) -> Option<String> {
    let intent = &desired.intent;
    if !container.owner.is(&desired.stack.name) {
        return Some("is not ours".to_owned());
    }
    if !container.is_running() && !matches!(container.exit(), Some(exit) if exit.code == 0) {
        return Some(format!("is {:?}", container.state));
    }
    if container.epoch != intent.epoch {
        return Some(format!("is of epoch {} in {}", container.epoch, intent.epoch));
    }
    if container.spec_hash.as_ref() != Some(&service_hash(&service.container)) && !intent.no_recreate {
        return Some("was made from another definition".to_owned());
    }
    let parent = service_mode(service).and_then(|parent| {
        let parents = evenkeel_plan::slots(desired, parent, desired.stack.services.get(parent)?);
        world.containers.get(parents.first()?)
    });
    if let Some(parent) = parent.filter(|parent| !container.shares.iter().flatten().any(|id| *id == parent.id)) {
        return Some(format!("shares the namespace of what was {} before", parent.name));
    }
    let knows = |network| container.networks.get(network).is_some_and(|it| it.aliases.contains(name.as_str()));
    let lost = service.container.networks.keys().find(|network| !knows(*network));
    lost.filter(|_| container.is_running()).map(|network| format!("is not known as {name} on {network}"))
}

/// At most one container in a place, at any moment.
pub fn doubles(world: &Observed) -> Vec<String> {
    let mut places = BTreeSet::new();
    let mut doubles = Vec::new();
    for container in world.containers.values().filter(|it| it.is_running() && !it.one_off) {
        if let Owner::Evenkeel(stack) = &container.owner
            && !places.insert((stack.clone(), container.service.clone(), container.number))
        {
            doubles.push(format!("{} is the second in its place", container.name));
        }
    }
    doubles
}

/// Every request that was accepted is known to the store and has ended in time, or still has time.
pub async fn forgotten(host: &Host, control: &Control) -> Vec<String> {
    let asks = host.scene.notes().asks.clone();
    let mut forgotten = Vec::new();
    for (index, ask) in asks.iter().enumerate() {
        let Answer::Accepted { operation: Some(operation), .. } = &ask.answer else { continue };
        match control.store().operation(&operation.id).await {
            Ok(None) => forgotten.push(format!("#{index} was accepted and is not known")),
            Err(error) => forgotten.push(format!("#{index} cannot be read: {error}")),
            Ok(Some(stored)) => {
                let overdue = host.now() > stored.deadline + chrono::TimeDelta::seconds(5);
                if !stored.state.is_ended() && overdue {
                    forgotten.push(format!("#{index} has not ended at its deadline"));
                }
            }
        }
    }
    forgotten
}

/// What the stored desire must be after all that was accepted: its epoch, and its goal where nothing is in doubt.
pub fn untrue(host: &Host, control: &Control, name: &StackName) -> Vec<String> {
    let mut untrue = Vec::new();
    let asks = host.scene.notes().asks.clone();
    let asks: Vec<_> = asks.iter().filter(|ask| ask.stack == *name).collect();
    let Some(view) = control.view(name) else {
        let known = asks.iter().any(|ask| matches!(ask.answer, Answer::Accepted { operation: Some(_), .. }));
        return known.then(|| format!("{name} was accepted and is not known")).into_iter().collect();
    };
    let intent = &view.desired.intent;
    let resets = |lost: bool| {
        let it = asks.iter().filter(|ask| ask.begins_epoch());
        it.filter(|ask| match &ask.answer {
            Answer::Accepted { .. } => true,
            Answer::None | Answer::Lost => lost,
            Answer::Refused => false,
        })
        .count() as u64
    };
    if !(1 + resets(false)..=1 + resets(true)).contains(&intent.epoch) {
        untrue.push(format!("{name} is in epoch {} after {} resets", intent.epoch, resets(false)));
    }
    let turned = asks.iter().any(|ask| ask.may_turn() && ask.taken().is_some());
    if !turned && asks.iter().all(|ask| !matches!(ask.answer, Answer::Lost | Answer::None)) {
        let mut goals: Vec<_> = asks
            .iter()
            .filter_map(|ask| match (&ask.what, &ask.answer) {
                (What::Request(evenkeel_control::Request::Down(_)), Answer::Accepted { at, .. }) => Some((*at, false)),
                (_, Answer::Accepted { at, .. }) if ask.goes_up() => Some((*at, true)),
                _ => None,
            })
            .collect();
        goals.sort_by_key(|(at, _)| *at);
        if let Some((at, up)) = goals.last()
            && goals.iter().filter(|(other, _)| other == at).count() == 1
            && *up != (intent.goal == Goal::Up)
        {
            untrue.push(format!(
                "{name} should be {} and its goal is {:?}",
                if *up { "up" } else { "down" },
                intent.goal
            ));
        }
    }
    untrue
}
