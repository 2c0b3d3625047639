//! Asking a registry for an image.

use crate::docker::Docker;
use crate::docker::client::{Lane, patient};
use crate::docker::convert_error::Failure;
use crate::docker::credentials::Credentials;
use crate::docker::image_reference::Reference;
use crate::docker::mirror::event::Key;
use crate::docker::pull_progress::PullProgress;
use crate::{Error, Progress};
use bollard::query_parameters::CreateImageOptions;
use evenkeel_model::{ImageRef, Object};
use futures::StreamExt;
use std::time::{Duration, Instant};

/// A registry may be slow to begin.
const UNTIL_IT_BEGINS: Duration = Duration::from_secs(300);

impl Docker {
    pub(super) async fn pull_image(
        &self,
        image: &ImageRef,
        platform: Option<&str>,
        progress: &Progress,
    ) -> Result<(), Error> {
        let object = Object::Image(image.clone());
        let reference = Reference::parse(image.as_str());
        let credentials = Credentials::read().of(reference.registry());
        let options = CreateImageOptions {
            from_image: Some(reference.name.clone()),
            tag: Some(reference.version().to_owned()),
            platform: platform.unwrap_or_default().to_owned(),
            ..CreateImageOptions::default()
        };
        let pulled = self
            .client
            .call(Lane::Transfer, "pull image", async |docker| {
                let docker = patient(docker, UNTIL_IT_BEGINS);
                let mut messages = std::pin::pin!(docker.create_image(Some(options), None, credentials));
                let mut layers = PullProgress::default();
                while let Some(message) = messages.next().await {
                    if let Some(line) = layers.take(&message?, Instant::now()) {
                        progress.tell(line);
                    }
                }
                Ok(())
            })
            .await;
        pulled.map_err(|failure| refused(&failure, image))?;
        self.look_again(&Key::Images, &object).await
    }
}

/// Whatever the engine's status, a pull that it answered is a refusal by the registry, or one to reach it, which may pass.
fn refused(failure: &Failure, image: &ImageRef) -> Error {
    const FOR_GOOD: [&str; 5] = ["not found", "manifest unknown", "access denied", "unauthorized", "invalid reference"];
    match failure.plain() {
        Error::Rejected { message } | Error::Faltered { message } => {
            let words = message.to_lowercase();
            let message = format!("image {image} cannot be pulled: {message}");
            let for_good = FOR_GOOD.iter().any(|sign| words.contains(sign));
            if for_good { Error::Rejected { message } } else { Error::Faltered { message } }
        }
        other => other,
    }
}
