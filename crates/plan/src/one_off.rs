//! One-off containers, those of `run`: what must be there before one is made, and what it is made from. They stand in no place, so that
//! neither the plan nor the status of a stack knows them.

use crate::containers::new::{labels, links, resolved};
use crate::containers::{dependency_waits, resource_waits};
use crate::images::is_awaited;
use crate::view::View;
use crate::{Input, Plan, Wait, up};
use chrono::TimeDelta;
use evenkeel_model::{
    Container, ContainerName, ContainerSpec, ContainerState, Goal, NewContainer, Object, PullPolicy, ServiceName,
    labels as label,
};
use std::collections::BTreeSet;

/// A one-off container that was made and never started is nobody's any more after this: whoever made it would have started it.
const ABANDONED: TimeDelta = TimeDelta::minutes(5);

/// A one-off container to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct OneOff {
    /// The service from which it is made.
    pub service: ServiceName,
    /// Its name.
    pub name: ContainerName,
    /// What tells it from every other.
    pub slug: String,
    /// What it is made from, with all that was asked for it in particular.
    pub spec: ContainerSpec,
    /// It is reached under the service's name and aliases, too.
    pub use_aliases: bool,
}

/// How far it is until a one-off container of a service can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prepared {
    /// Now.
    Ready,
    /// Not before this.
    Waits(Vec<Wait>),
    /// Never, for this reason.
    Never(String),
}

/// The steps that bring about what one-off containers of these services need: images, networks, volumes.
pub fn preparation(input: Input<'_>, services: &BTreeSet<ServiceName>) -> Plan {
    let mut plan = Plan::default();
    let intent = &input.desired.intent;
    if intent.held || intent.goal != Goal::Up || services.is_empty() {
        return plan;
    }
    let view = View::new(input);
    up::resources(&view, &services.iter().collect::<Vec<_>>(), &mut plan);
    plan.held_back(input.ledger, input.now).in_order()
}

/// How far a service's preparation is; with `dependencies`, what it depends on is waited for.
pub fn prepared(input: Input<'_>, name: &ServiceName, dependencies: bool, pull: Option<PullPolicy>) -> Prepared {
    let view = View::new(input);
    let Some(service) = view.services.get(name) else {
        return Prepared::Never(format!("the definition has no service {name} any more"));
    };
    let image = service.service.container.image.as_ref().filter(|image| is_awaited(&view, image));
    let policy = pull.unwrap_or(service.service.pull_policy);
    if let Some(image) = image.filter(|_| policy == PullPolicy::Never) {
        return Prepared::Never(format!("image {image} is not there, and it was asked to be neither pulled nor built"));
    }
    let mut waits = resource_waits(&view, service);
    for wait in &waits {
        if let Wait::Exists { object } = wait
            && let Some(attempt) = view.attempt(object)
        {
            return Prepared::Never(format!("{object}: {}", attempt.reason));
        }
        // A namespace that is shared with a container which nobody brings up.
        if let Wait::Exists { object: Object::Container(parent) } = wait
            && !dependencies
        {
            return Prepared::Never(format!("it shares a namespace with container {parent}, which does not run"));
        }
    }
    if dependencies {
        let of_dependencies = |wait: &Wait| matches!(wait, Wait::Dependency { .. } | Wait::Never { .. });
        waits.extend(dependency_waits(&view, service).into_iter().filter(of_dependencies));
    }
    if waits.is_empty() { Prepared::Ready } else { Prepared::Waits(waits) }
}

/// The container's full description.
pub fn one_off(input: Input<'_>, one_off: &OneOff) -> Option<NewContainer> {
    let view = View::new(input);
    let service = view.services.get(&one_off.service)?;
    let spec = &one_off.spec;
    let mut labels = labels(&view, service, spec);
    labels.insert(label::ONE_OFF.to_owned(), "True".to_owned());
    labels.insert(label::SLUG.to_owned(), one_off.slug.clone());
    let mut endpoints: Vec<_> = spec.networks.iter().map(|(name, at)| (name.clone(), at.clone())).collect();
    for (_, attachment) in &mut endpoints {
        let others = std::mem::take(&mut attachment.aliases);
        attachment.aliases = vec![one_off.name.to_string()];
        if one_off.use_aliases {
            attachment.aliases.push(one_off.service.to_string());
            attachment.aliases.extend(others.into_iter().filter(|alias| alias != one_off.service.as_str()));
        }
    }
    endpoints.sort_by_key(|(_, attachment)| std::cmp::Reverse(attachment.priority.unwrap_or(0)));
    Some(NewContainer {
        name: one_off.name.clone(),
        links: links(&view, spec),
        spec: resolved(&view, spec),
        labels,
        endpoints,
        inherits: None,
    })
}

/// Whether nobody will start a one-off container any more: the daemon ended between its making and its start.
pub(crate) fn is_abandoned(input: Input<'_>, container: &Container) -> bool {
    container.one_off
        && container.state == ContainerState::Created
        && input.observed.at - container.created_at > ABANDONED
}
