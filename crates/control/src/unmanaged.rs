//! Compose projects on the engine that are no stack of ours. They are shown and never touched: `up` takes one over.

use crate::shared::Shared;
use evenkeel_engine::Error;
use evenkeel_model::{Container, ContainerState, Health, Owner, ServiceName, StackName, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A Compose project, as its containers show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmanaged {
    /// Its name.
    pub project: String,
    /// Its services, and whether all containers of each are as they should be, as far as can be told: healthy, running without a
    /// healthcheck, or ended well.
    pub services: BTreeMap<ServiceName, bool>,
    /// How many of its containers run.
    pub running: usize,
    /// How many there are.
    pub containers: usize,
    /// When the newest of them was made.
    pub since: Timestamp,
    /// When this was so.
    pub observed_at: Timestamp,
}

/// All that have a container, by name. A project that goes by the name of a stack of ours is told by that stack.
pub(crate) async fn list(shared: &Arc<Shared>) -> Result<Vec<Unmanaged>, Error> {
    let observed_at = shared.clock.now();
    let mut found: BTreeMap<String, Unmanaged> = BTreeMap::new();
    let ours: BTreeSet<StackName> = shared.entries().iter().map(|entry| entry.name.clone()).collect();
    for container in shared.engine.composed().await? {
        let (Owner::Compose(project), Some(service), false) = (&container.owner, &container.service, container.one_off)
        else {
            continue;
        };
        if ours.contains(project.as_str()) {
            continue;
        }
        let seen = found.entry(project.clone()).or_insert_with(|| Unmanaged {
            project: project.clone(),
            services: BTreeMap::new(),
            running: 0,
            containers: 0,
            since: container.created_at,
            observed_at,
        });
        seen.containers += 1;
        seen.running += usize::from(container.is_running());
        seen.since = seen.since.max(container.created_at);
        *seen.services.entry(service.clone()).or_insert(true) &= is_well(&container);
    }
    Ok(found.into_values().collect())
}

/// Nothing is known of what the container should be doing, so that an end without an error counts as a job that is done.
fn is_well(container: &Container) -> bool {
    match &container.state {
        ContainerState::Running { health } => matches!(health, Health::None | Health::Healthy { .. }),
        ContainerState::Exited(exit) => exit.code == 0,
        ContainerState::Created
        | ContainerState::Paused
        | ContainerState::Restarting(_)
        | ContainerState::Removing
        | ContainerState::Dead(_) => false,
    }
}
