//! What stacks have taken over, as each observation tells it: objects without our label that may be touched all the same.

use evenkeel_model::{Adopted, Interest, StackName, VolumeName};
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

    pub(crate) fn has_volume(&self, name: &VolumeName) -> bool {
        self.0.values().any(|adopted| adopted.volumes.contains_key(name))
    }
}
