//! Removing an image.

use crate::docker::Docker;
use crate::docker::client::Lane;
use crate::docker::mirror::event::Key;
use crate::{Error, Progress};
use bollard::query_parameters::RemoveImageOptions;
use evenkeel_model::{ImageRef, Object};

impl Docker {
    /// Takes a reference away. An image that something else uses stays, as `docker compose down --rmi` leaves it.
    pub(super) async fn remove_image(&self, image: &ImageRef, progress: &Progress) -> Result<(), Error> {
        let object = Object::Image(image.clone());
        let removed = self
            .client
            .call(Lane::Other, "remove image", async |docker| {
                docker.remove_image(image.as_str(), None::<RemoveImageOptions>, None).await
            })
            .await;
        match removed {
            Ok(_) => progress.tell(format!("{image} removed")),
            Err(failure) if failure.status == Some(404) => progress.tell(format!("{image} is not there")),
            Err(failure) if failure.status == Some(409) => {
                progress.tell(format!("{image} stays, because something else uses it: {}", failure.message));
            }
            Err(failure) => return Err(failure.about(&object)),
        }
        self.look_again(&Key::Images, &object).await
    }
}
