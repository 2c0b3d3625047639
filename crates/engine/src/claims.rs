//! What stacks have taken over, as each observation tells it: objects without our label that may be touched all the same.

use evenkeel_model::{Adopted, Interest, Owner, StackName, VolumeName};
use std::collections::BTreeMap;

/// By the stack that has taken them over.
#[derive(Debug, Clone, Default)]
pub(crate) struct Claims(BTreeMap<StackName, Adopted>);

impl Claims {
    /// Takes in what a stack says of itself; it replaces what it said before.
    pub(crate) fn learn(&mut self, interest: &Interest) {
        if interest.adopted.is_empty() {
            self.0.remove(&interest.stack);
        } else if self.0.get(&interest.stack) != Some(&interest.adopted) {
            self.0.insert(interest.stack.clone(), interest.adopted.clone());
        }
    }

    pub(crate) fn has_container(&self, id: &str) -> bool {
        self.0.values().any(|adopted| adopted.containers.contains_key(id))
    }

    pub(crate) fn has_network(&self, id: &str) -> bool {
        self.0.values().any(|adopted| adopted.networks.contains(id))
    }

    /// A volume has no id, so it must be of the project that its stack took over: a namesake of another one is not.
    pub(crate) fn has_volume(&self, name: &VolumeName, owner: &Owner) -> bool {
        let Owner::Compose(project) = owner else { return false };
        self.0.iter().any(|(stack, adopted)| stack.as_str() == project && adopted.volumes.contains_key(name))
    }
}
