//! Which numbers a service's containers have after a change of its scale, decided once, at the request, from what is there.

use crate::bounds::MOST_CONTAINERS;
use evenkeel_model::{Container, Goal, Intent, ServiceName, Target};
use evenkeel_plan::{Input, is_made_from, numbers, service_hash};
use std::collections::{BTreeMap, BTreeSet};

/// Fixes the numbers of these services' containers: survivors keep theirs, further ones follow the highest, and where there are too
/// many, those go first that do not fit any more, then the highest. This is Compose's rule. `recreate` is false where what does not
/// fit stays.
pub(super) fn settle(
    input: Input<'_>,
    intent: &mut Intent,
    services: &BTreeSet<ServiceName>,
    recreate: bool,
    is_obsolete: impl Fn(&ServiceName, &Container) -> bool,
) {
    for name in services {
        let Some(service) = input.desired.stack.services.get(name) else { continue };
        let scale = intent.scale.get(name).copied().unwrap_or(service.scale);
        if u64::from(scale) > MOST_CONTAINERS {
            // The request is refused for it.
            continue;
        }
        let scale = scale as usize;
        let there = there(input, name);
        let mut all: BTreeSet<u32> = there.keys().copied().collect();
        // One that has vanished a moment ago is being healed under its own number.
        let before = &input.desired.intent;
        if before.goal == Goal::Up && before.targets.get(name) == Some(&Target::Up) {
            all.extend(numbers(input.desired, name, service));
        }
        while all.len() < scale {
            all.insert(all.last().copied().unwrap_or(0).saturating_add(1));
        }
        let hash = service_hash(&service.container);
        let worth = |number: &u32| match there.get(number) {
            Some(container) => {
                let obsolete = !is_made_from(container, service, &hash) || is_obsolete(name, container);
                (u8::from(obsolete && recreate), *number)
            }
            None => (2, *number),
        };
        let mut order: Vec<u32> = all.into_iter().collect();
        order.sort_by_key(worth);
        let kept: BTreeSet<u32> = order.into_iter().take(scale).collect();
        // 1 to the scale goes without saying.
        if kept.iter().copied().eq((1..).take(scale)) {
            intent.numbers.remove(name);
        } else {
            intent.numbers.insert(name.clone(), kept);
        }
    }
}

/// A service's containers by number; of several with one number the newest.
fn there<'a>(input: Input<'a>, name: &'a ServiceName) -> BTreeMap<u32, &'a Container> {
    let mut there: BTreeMap<u32, &Container> = BTreeMap::new();
    for container in super::of_service(input, name).filter(|container| container.number > 0) {
        let newest = there.entry(container.number).or_insert(container);
        if newest.created_at < container.created_at {
            *newest = container;
        }
    }
    there
}
