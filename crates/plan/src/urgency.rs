//! Whose step goes first where an engine does only so many at a time: the one from which the longest way is still to go. It decides the
//! order of what is ready, never what is done, so a wrong guess costs time and nothing else.

use crate::{Step, depends, order, slots};
use evenkeel_model::{Condition, ContainerName, Desired, ImageRef, Object, ServiceName};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long services took from their start until they were ready, when they were last started.
pub type Pace = BTreeMap<ServiceName, Duration>;

/// What a service is taken for that was never seen to become ready. With nothing known at all, the longest chain goes first.
const UNKNOWN: Duration = Duration::from_secs(1);

/// The same steps, the most urgent first. What no service has for itself, networks and volumes, goes before all: it is made quickly, and
/// many wait for it.
pub fn by_urgency<'a>(desired: &Desired, pace: &Pace, mut steps: Vec<&'a Step>) -> Vec<&'a Step> {
    let urgency = Urgency::of(desired, pace);
    steps.sort_by_key(|step| urgency.of_object(&step.action.object()).map(Reverse));
    steps
}

/// How long it takes at least from an object's step until everything is ready that waits for it.
struct Urgency<'a> {
    containers: BTreeMap<ContainerName, Duration>,
    images: BTreeMap<&'a ImageRef, Duration>,
}

impl<'a> Urgency<'a> {
    fn of(desired: &'a Desired, pace: &Pace) -> Self {
        let left = left(desired, pace);
        let (mut containers, mut images) = (BTreeMap::new(), BTreeMap::new());
        for (name, service) in &desired.stack.services {
            let left = left.get(name).copied().unwrap_or_default();
            containers.extend(slots(desired, name, service).into_iter().map(|container| (container, left)));
            if let Some(image) = &service.container.image {
                let most = images.entry(image).or_insert(left);
                *most = left.max(*most);
            }
        }
        Self { containers, images }
    }

    fn of_object(&self, object: &Object) -> Option<Duration> {
        match object {
            Object::Container(name) => self.containers.get(name).copied(),
            Object::Image(image) => self.images.get(image).copied(),
            Object::Network(_) | Object::Volume(_) => None,
        }
    }
}

/// For each service, the longest way from its start until it and all that come after it are ready.
fn left<'a>(desired: &'a Desired, pace: &Pace) -> BTreeMap<&'a ServiceName, Duration> {
    let stack = &desired.stack;
    let dependants = depends::dependants(stack);
    let mut left: BTreeMap<&ServiceName, Duration> = BTreeMap::new();
    for name in order(stack).unwrap_or_default().into_iter().rev() {
        let own = pace.get(name).copied().unwrap_or(UNKNOWN);
        let after = dependants.get(name).into_iter().flatten().filter_map(|dependant| {
            let condition = stack.services.get(*dependant)?.depends_on.get(name)?.condition;
            // Who waits for the start alone does not wait until it is ready.
            let before = if condition == Condition::Started { Duration::ZERO } else { own };
            Some(before + *left.get(dependant)?)
        });
        let longest = after.fold(own, Duration::max);
        left.insert(name, longest);
    }
    left
}
