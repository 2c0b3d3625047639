//! Images of the simulated world, and what its registry has of them: everything, unless a test says otherwise.

use super::random::digest;
use super::world::World;
use crate::Error;
use evenkeel_model::{Healthcheck, ImageId, ImageRef, Object, Owner};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// What is known of images.
#[derive(Debug, Clone, Default)]
pub(super) struct Images {
    pub(super) present: BTreeMap<ImageRef, ImageId>,
    /// Images that cannot be had, with the registry's words.
    pub(super) unpullable: BTreeMap<ImageRef, String>,
    /// Images that cannot be built, with the build's words.
    pub(super) unbuildable: BTreeMap<ImageRef, String>,
    /// Newer contents in the registry than the first, by how many there were.
    pub(super) published: BTreeMap<ImageRef, u32>,
    /// Builds so far: each result is another image.
    pub(super) builds: u32,
    /// Healthchecks that images bring along.
    pub(super) healthchecks: BTreeMap<ImageRef, Healthcheck>,
}

impl World {
    /// Has an image brought from the registry.
    pub(super) fn pull(&mut self, image: &ImageRef, now: Instant) -> Result<(), Error> {
        if let Some(message) = self.images.unpullable.get(image) {
            return Err(Error::Rejected { message: format!("{}: {message}", Object::Image(image.clone())) });
        }
        let version = self.images.published.get(image).copied().unwrap_or(0);
        self.put_image(image, &format!("{image} {version}"), now, "pull");
        Ok(())
    }

    /// Has an image built.
    pub(super) fn build(&mut self, image: &ImageRef, now: Instant) -> Result<(), Error> {
        if let Some(message) = self.images.unbuildable.get(image) {
            return Err(Error::Rejected { message: format!("{}: {message}", Object::Image(image.clone())) });
        }
        self.images.builds += 1;
        let build = self.images.builds;
        self.put_image(image, &format!("{image} build {build}"), now, "build");
        Ok(())
    }

    /// Takes a reference away, unless a container uses it.
    pub(super) fn remove_image(&mut self, image: &ImageRef, now: Instant) {
        let used = self.containers.values().any(|container| container.new.spec.image.as_ref() == Some(image));
        if !used && self.images.present.remove(image).is_some() {
            self.changed(&Owner::Nobody, now, &format!("{image} untag"));
        }
    }

    /// Makes an image from a container.
    pub(super) fn commit(&mut self, image: Option<&ImageRef>, now: Instant) -> ImageId {
        let id = ImageId::from(format!("sha256:{}", self.random.id()));
        if let Some(image) = image {
            self.images.present.insert(image.clone(), id.clone());
        }
        self.changed(&Owner::Nobody, now, "image commit");
        id
    }

    pub(super) fn put_image(&mut self, image: &ImageRef, contents: &str, now: Instant, verb: &str) {
        let id = ImageId::from(format!("sha256:{}", digest(contents)));
        if self.images.present.insert(image.clone(), id.clone()) != Some(id) {
            self.changed(&Owner::Nobody, now, &format!("{image} {verb}"));
        }
    }
}
