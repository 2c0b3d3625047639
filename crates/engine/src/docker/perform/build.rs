//! Building an image.

use crate::docker::Docker;
use crate::docker::build::{Context, Output, options, parameters, refusal};
use crate::docker::client::{Lane, patient};
use crate::docker::convert_error::Failure;
use crate::docker::credentials::Credentials;
use crate::docker::image_reference::Reference;
use crate::docker::mirror::event::Key;
use crate::{Error, Progress};
use bollard::query_parameters::TagImageOptions;
use evenkeel_model::{Build, ImageRef, Object};
use futures::StreamExt;
use std::sync::Mutex;
use std::time::Duration;

/// The engine answers only once it has read the context.
const UNTIL_IT_BEGINS: Duration = Duration::from_secs(1800);

impl Docker {
    pub(super) async fn build_image(&self, image: &ImageRef, build: &Build, progress: &Progress) -> Result<(), Error> {
        let object = Object::Image(image.clone());
        let refuse = |why: &str| Error::Rejected { message: format!("image {image} cannot be built: {why}") };
        if let Some(why) = refusal(build) {
            return Err(refuse(&why));
        }
        let (directory, dockerfile) = (build.context.clone(), build.dockerfile.clone());
        let context = tokio::task::spawn_blocking(move || Context::open(&directory, &dockerfile))
            .await
            .map_err(|error| refuse(&error.to_string()))?
            .map_err(|why| refuse(&why))?;
        let options = options(image, build, &context.dockerfile);
        let credentials = Credentials::read().all();
        let (stream, sending) = context.stream();
        let output = Mutex::new(Output::default());
        let built = self
            .client
            .call(Lane::Transfer, "build image", async |docker| {
                let further = parameters(build);
                let further: Vec<_> = further.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let docker = self.client.with_parameters(patient(docker, UNTIL_IT_BEGINS), &further);
                let body = bollard::body_try_stream(stream);
                let mut messages = std::pin::pin!(docker.build_image(options, Some(credentials), Some(body)));
                while let Some(message) = messages.next().await {
                    let message = message?;
                    let lines = output.lock().map(|mut output| output.take(&message)).unwrap_or_default();
                    for line in lines {
                        progress.tell(line);
                    }
                }
                Ok(())
            })
            .await;
        // A context that could not be read is why the engine got none.
        let unread = match sending.await {
            Ok(Err(error)) if error.kind() != std::io::ErrorKind::BrokenPipe => Some(error.to_string()),
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        };
        if let Some(why) = unread {
            return Err(refuse(&format!("its context cannot be read: {why}")));
        }
        // Whatever the engine's status, a build that it answered was refused by its own steps.
        built.map_err(|failure| match failure.plain() {
            Error::Rejected { message } | Error::Faltered { message } => {
                let explained = output.lock().map(|output| output.explain(&message)).unwrap_or(message);
                refuse(&explained)
            }
            other => other,
        })?;
        for tag in &build.tags {
            self.tag(image, tag).await.map_err(|failure| failure.about(&object))?;
        }
        self.look_again(&Key::Images, &object).await
    }

    async fn tag(&self, image: &ImageRef, tag: &str) -> Result<(), Failure> {
        let reference = Reference::parse(tag);
        let options = TagImageOptions { repo: Some(reference.name.clone()), tag: Some(reference.version().to_owned()) };
        self.client
            .call(Lane::Other, "tag image", async |docker| docker.tag_image(image.as_str(), Some(options)).await)
            .await
    }
}
