//! What `down` makes of the intent: the whole stack, some of its services, or those of other files under its name.

use super::{Intended, check, images};
use crate::refused::Refused;
use evenkeel_model::{DownOptions, Goal, Intent, ServiceName, Stack, Target, Undone};
use evenkeel_plan::Input;
use std::collections::BTreeSet;

/// `down`.
pub(super) fn down(input: Input<'_>, intent: Intent, options: &DownOptions) -> Result<Intended, Refused> {
    let stack = &input.desired.stack;
    check(stack, &options.services)?;
    if !options.services.is_empty() {
        let services = with_dependants(stack, &options.services);
        return Ok(part(input, intent, options, services, BTreeSet::new()));
    }
    let others: BTreeSet<ServiceName> = match &options.of_files {
        Some(of_files) => stack.services.keys().filter(|name| !of_files.contains(*name)).cloned().collect(),
        None => BTreeSet::new(),
    };
    // What only the definition in force has stays up where it is up, unless it is asked to go as an orphan.
    let is_up = |name: &ServiceName| intent.targets.contains_key(name);
    let stays = others.iter().any(is_up) && intent.goal == Goal::Up && !options.remove_orphans;
    if !stays {
        return Ok(whole(input, intent, options));
    }
    let of_files = options.of_files.clone().unwrap_or_default();
    let (ours, foreign) = of_files.into_iter().partition(|name| stack.services.contains_key(name));
    Ok(part(input, intent, options, ours, foreign))
}

fn whole(input: Input<'_>, mut intent: Intent, options: &DownOptions) -> Intended {
    intent.goal = Goal::Down(options.clone());
    if options.volumes {
        // A new epoch, so that an `up` that takes its place half way does not go on with what is left of the old one.
        intent.epoch += 1;
    }
    intent.targets.clear();
    intent.scale.clear();
    intent.numbers.clear();
    intent.stale_runs.clear();
    intent.stale_containers.clear();
    intent.excused_runs.clear();
    intent.unwanted.clear();
    intent.stale_volumes.clear();
    intent.refresh.clear();
    intent.orders = images::removals(&input.desired.stack, options.images);
    // A stack that comes up again runs its jobs again: what they did may have gone with the containers or volumes.
    Intended { intent, services: Vec::new(), undone: Undone::All }
}

/// Some services go; networks and named volumes stay for the others.
fn part(
    input: Input<'_>,
    mut intent: Intent,
    options: &DownOptions,
    services: BTreeSet<ServiceName>,
    unwanted: BTreeSet<ServiceName>,
) -> Intended {
    let left = |name: &ServiceName| intent.targets.contains_key(name) && !services.contains(name);
    if intent.goal != Goal::Up || (unwanted.is_empty() && !input.desired.stack.services.keys().any(left)) {
        return whole(input, intent, options);
    }
    intent.grace_s = options.grace_s;
    intent.remove_orphans = options.remove_orphans;
    for name in &services {
        intent.scale.remove(name);
        intent.numbers.remove(name);
        intent.targets.insert(name.clone(), Target::Removed { volumes: options.volumes });
    }
    intent.unwanted = unwanted;
    Intended::new(intent, services.into_iter().collect())
}

/// Services and all that depend on them, near or far: those cannot do without.
fn with_dependants(stack: &Stack, services: &[ServiceName]) -> BTreeSet<ServiceName> {
    let mut all: BTreeSet<ServiceName> = services.iter().cloned().collect();
    loop {
        let follows = |name: &&ServiceName| {
            let service = stack.services.get(*name);
            service.is_some_and(|service| service.depends_on.keys().any(|dependency| all.contains(dependency)))
        };
        let more: Vec<_> = stack.services.keys().filter(|name| !all.contains(*name)).filter(follows).cloned().collect();
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}
