//! Volumes of the simulated world: in use while any container mounts them, running or not.

use super::owner;
use super::shelf::Belongs;
use super::world::World;
use crate::Error;
use evenkeel_model::{ContainerName, NewVolume, Object, VolumeName, labels};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// A volume.
#[derive(Debug, Clone)]
pub(super) struct SimVolume {
    pub(super) labels: BTreeMap<String, String>,
    /// Which volume this is: one that was removed and made again is another, and empty.
    pub(super) id: String,
}

impl Belongs for SimVolume {
    fn project(&self) -> Option<&str> {
        self.labels.get(labels::PROJECT).map(String::as_str)
    }
}

impl World {
    /// Makes a volume. One that is there as asked is success.
    pub(super) fn create_volume(&mut self, new: &NewVolume, now: Instant) -> Result<(), Error> {
        let name = &new.volume.name;
        if let Some(existing) = self.volumes.get(name) {
            return owner::as_asked(Object::Volume(name.clone()), &existing.labels, &new.labels);
        }
        self.insert_volume(name, new.labels.clone(), now);
        Ok(())
    }

    pub(super) fn insert_volume(&mut self, name: &VolumeName, labels: BTreeMap<String, String>, now: Instant) {
        let whose = owner::of(&labels);
        let id = self.random.id();
        self.volumes.insert(name.clone(), SimVolume { labels, id });
        self.changed(&whose, now, &format!("{name} create"));
    }

    /// Removes a volume of ours.
    pub(super) fn remove_volume(&mut self, name: &VolumeName, now: Instant) -> Result<(), Error> {
        let object = Object::Volume(name.clone());
        let Some(volume) = self.volumes.get(name) else { return Ok(()) };
        owner::ours(object.clone(), &volume.labels, self.claims.has_volume(name, &owner::of(&volume.labels)))?;
        if let Some(user) = self.user_of(name) {
            return Err(Error::Conflict { object, message: format!("it is in use by {user}; remove that first") });
        }
        self.drop_volume(name, now);
        Ok(())
    }

    pub(super) fn drop_volume(&mut self, name: &VolumeName, now: Instant) {
        if let Some(volume) = self.volumes.remove(name) {
            self.changed(&owner::of(&volume.labels), now, &format!("{name} remove"));
        }
    }

    fn user_of(&self, name: &VolumeName) -> Option<&ContainerName> {
        let user = self.containers.values().find(|container| container.volumes().contains(name))?;
        Some(&user.new.name)
    }
}
