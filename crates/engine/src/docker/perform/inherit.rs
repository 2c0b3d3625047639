//! What a container takes over from the one whose place it takes: its anonymous volumes.

use crate::Error;
use crate::docker::Docker;
use crate::docker::client::Lane;
use crate::docker::convert_container::is_anonymous;
use crate::docker::convert_error::Failure;
use evenkeel_model::{ContainerName, Mount, MountSource, NewContainer, Object, VolumeName};
use std::collections::BTreeSet;

impl Docker {
    /// The container to be made, with its predecessor's anonymous volumes where it would have got new ones: at the file's anonymous
    /// mounts and at the image's own. As Compose, nothing is taken over at any other place.
    pub(super) async fn with_inheritance(&self, new: &NewContainer) -> Result<NewContainer, Error> {
        let mut new = new.clone();
        let Some(predecessor) = new.inherits.take() else { return Ok(new) };
        let volumes = self.anonymous_volumes(&predecessor).await?;
        if volumes.is_empty() {
            return Ok(new);
        }
        let of_image = self.image_volumes(&new).await?;
        for Anonymous { name, target, read_only } in volumes {
            let source = MountSource::Volume { name, no_copy: false, subpath: None };
            match new.spec.mounts.iter_mut().find(|mount| mount.target == target) {
                Some(mount) if mount.source.is_anonymous() => mount.source = source,
                Some(_) => {}
                None if of_image.contains(&target) => new.spec.mounts.push(Mount { source, target, read_only }),
                None => {}
            }
        }
        Ok(new)
    }

    async fn anonymous_volumes(&self, container: &ContainerName) -> Result<Vec<Anonymous>, Error> {
        let Some(found) = self.our_container(container, "take volumes over from").await? else { return Ok(Vec::new()) };
        let mounts = found.inspect.mounts.into_iter().flatten();
        let volumes = mounts.filter(|mount| mount.typ.as_deref() == Some("volume")).filter_map(|mount| {
            let name = mount.name.filter(|name| is_anonymous(name))?;
            Some(Anonymous {
                name: VolumeName::new(name),
                target: mount.destination?,
                read_only: mount.rw == Some(false),
            })
        });
        Ok(volumes.collect())
    }

    /// Where the image has volumes of its own.
    async fn image_volumes(&self, new: &NewContainer) -> Result<BTreeSet<String>, Error> {
        let Some(image) = &new.spec.image else { return Ok(BTreeSet::new()) };
        let inspect = self
            .client
            .call(Lane::Other, "inspect image", async |docker| docker.inspect_image(image.as_str()).await)
            .await;
        match inspect {
            Ok(image) => {
                let volumes = image.config.and_then(|config| config.volumes).unwrap_or_default();
                Ok(volumes.into_iter().collect())
            }
            // The creation that follows says so in better words.
            Err(Failure { status: Some(404), .. }) => Ok(BTreeSet::new()),
            Err(failure) => Err(failure.about(&Object::Image(image.clone()))),
        }
    }
}

/// An anonymous volume of a container.
struct Anonymous {
    name: VolumeName,
    target: String,
    read_only: bool,
}
