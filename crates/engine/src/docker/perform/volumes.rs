//! Making and removing volumes.

use super::{must_be_ours, must_be_same};
use crate::Error;
use crate::docker::Docker;
use crate::docker::client::Lane;
use crate::docker::convert_error::Failure;
use crate::docker::convert_labels::owner;
use crate::docker::convert_network::volume_request;
use crate::docker::mirror::event::Key;
use bollard::models::Volume;
use bollard::query_parameters::RemoveVolumeOptions;
use evenkeel_model::{NewVolume, Object, VolumeName};

impl Docker {
    pub(super) async fn create_volume(&self, new: &NewVolume) -> Result<(), Error> {
        let name = &new.volume.name;
        let object = Object::Volume(name.clone());
        // Creating a volume that exists succeeds on the engine, whoever owns it.
        let volume = match self.volume(name, &object).await? {
            Some(existing) => existing,
            None => self
                .client
                .call(Lane::Other, "create volume", async |docker| docker.create_volume(volume_request(new)).await)
                .await
                .map_err(|failure| failure.about(&object))?,
        };
        must_be_same(&object, &volume.labels, &new.labels)?;
        self.look_again(&Key::Volume(name.clone()), &object).await
    }

    pub(super) async fn remove_volume(&self, name: &VolumeName) -> Result<(), Error> {
        let object = Object::Volume(name.clone());
        let Some(volume) = self.volume(name, &object).await? else {
            return self.look_again(&Key::Volume(name.clone()), &object).await;
        };
        let is_claimed = self.mirror.claims().has_volume(name, &owner(&volume.labels));
        must_be_ours(&object, &volume.labels, is_claimed, "remove")?;
        let removed = self
            .client
            .call(Lane::Other, "remove volume", async |docker| {
                docker.remove_volume(name.as_str(), None::<RemoveVolumeOptions>).await
            })
            .await;
        self.look_again(&Key::Volume(name.clone()), &object).await?;
        match removed {
            Ok(()) => Ok(()),
            Err(failure) if failure.status == Some(404) => Ok(()),
            Err(failure) if failure.status == Some(409) => Err(self.mounted(name, &object)),
            Err(failure) => Err(failure.about(&object)),
        }
    }

    pub(in crate::docker) async fn volume(&self, name: &VolumeName, object: &Object) -> Result<Option<Volume>, Error> {
        let volume = self
            .client
            .call(Lane::Other, "inspect volume", async |docker| docker.inspect_volume(name.as_str()).await)
            .await;
        match volume {
            Ok(volume) => Ok(Some(volume)),
            Err(Failure { status: Some(404), .. }) => Ok(None),
            Err(failure) => Err(failure.about(object)),
        }
    }

    fn mounted(&self, name: &VolumeName, object: &Object) -> Error {
        let containers = self.mirror.containers().into_iter().filter(|container| container.volumes.contains(name));
        let names: Vec<String> = containers.map(|container| container.name.to_string()).collect();
        let by = if names.is_empty() { "a container that is not listed".to_owned() } else { names.join(", ") };
        Error::Conflict { object: object.clone(), message: format!("it is in use by {by}; remove that first") }
    }
}
