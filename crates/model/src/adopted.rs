//! What a stack has taken over from Docker Compose: objects that carry Compose's labels for a project of its name, and not ours.
//! Labels cannot be changed, so that what makes such an object the stack's own is written down here, by a person's request.

use crate::{Container, Observed, Owner, StackName, VolumeName};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The objects that a stack has taken over: containers and networks by id, so that nothing that Compose makes later is among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Adopted {
    /// Containers by id, with the stack's epoch at that moment.
    pub containers: BTreeMap<String, u64>,
    /// Networks by id.
    pub networks: BTreeSet<String>,
    /// Volumes by name, which is all that they have, with the stack's epoch at that moment.
    pub volumes: BTreeMap<VolumeName, u64>,
}

impl Adopted {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.networks.is_empty() && self.volumes.is_empty()
    }

    /// All of a Compose project of the stack's name that is there, besides what runs for one command, and without what has gone of
    /// what was taken over before.
    pub fn all_of(stack: &StackName, observed: &Observed, epoch: u64, before: &Self) -> Self {
        // Compose gives each container its service and a hash; what lacks them only borrows the project's name.
        let by_compose = |one: &&Container| one.service.is_some() && one.config_hash.is_some() && !one.one_off;
        let containers = observed.containers.values().filter(by_compose);
        let of_project =
            containers.filter(|one| is_of_project(&one.owner, stack) || before.containers.contains_key(&one.id));
        let networks = observed.networks.values();
        let networks = networks.filter(|one| is_of_project(&one.owner, stack) || before.networks.contains(&one.id));
        // One that carries our label by now was made anew.
        let is_kept = |name: &VolumeName| before.volumes.contains_key(name);
        let volumes = observed.volumes.iter().filter(|(name, one)| {
            is_of_project(&one.owner, stack) || is_kept(name) && one.owner.is(stack) && one.spec_hash.is_none()
        });
        let since = |known: Option<&u64>| known.copied().unwrap_or(epoch);
        Self {
            containers: of_project.map(|one| (one.id.clone(), since(before.containers.get(&one.id)))).collect(),
            networks: networks.map(|one| one.id.clone()).collect(),
            volumes: volumes.map(|(name, _)| (name.clone(), since(before.volumes.get(name)))).collect(),
        }
    }

    /// Makes them the stack's own in what was observed.
    pub fn mark(&self, stack: &StackName, observed: &mut Observed) {
        if self.is_empty() {
            return;
        }
        let ours = || Owner::Evenkeel(stack.clone());
        let mut names = BTreeSet::new();
        for (name, container) in &mut observed.containers {
            if let (true, Some(epoch)) = (is_of_project(&container.owner, stack), self.containers.get(&container.id)) {
                (container.owner, container.epoch) = (ours(), *epoch);
                names.insert(name.clone());
            }
        }
        for network in observed.networks.values_mut() {
            if is_of_project(&network.owner, stack) && self.networks.contains(&network.id) {
                network.owner = ours();
            }
            network.guests.retain(|guest| !names.contains(guest));
        }
        for (name, volume) in &mut observed.volumes {
            if let (true, Some(epoch)) = (is_of_project(&volume.owner, stack), self.volumes.get(name)) {
                (volume.owner, volume.epoch) = (ours(), *epoch);
            }
        }
    }
}

fn is_of_project(owner: &Owner, stack: &StackName) -> bool {
    matches!(owner, Owner::Compose(project) if project == stack.as_str())
}
