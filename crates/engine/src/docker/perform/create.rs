//! Making a container whole: created, attached to all its networks, its files in place.

use super::{Found, must_be_same};
use crate::Error;
use crate::docker::Docker;
use crate::docker::client::Lane;
use crate::docker::convert_create::{CreateRequest, create_request, joined_at_creation, later_endpoints};
use crate::docker::convert_error::Failure;
use bollard::models::{ContainerStateStatusEnum, NetworkConnectRequest};
use bollard::query_parameters::{RemoveContainerOptions, UploadToContainerOptions};
use evenkeel_model::{Capabilities, InjectedFile, NewContainer, Object};

impl Docker {
    /// Makes a container. Goes on where an earlier attempt broke off.
    pub(super) async fn create_container(&self, new: &NewContainer) -> Result<(), Error> {
        let object = Object::Container(new.name.clone());
        let engine = self.engine().await?;
        let new = &self.with_inheritance(new).await?;
        let request = create_request(new, &engine)?;
        self.networks_exist(new).await?;
        let created = match self.send_create(request).await {
            Ok(id) => {
                let result = self.complete(&id, &joined_at_creation(new, &engine), new, &engine, &object).await;
                if let Err(error) = &result
                    && !matches!(error, Error::Unavailable { .. })
                {
                    // Half a container would pass for a whole one.
                    self.discard(&id).await;
                }
                result.map(|()| id)
            }
            Err(failure) if failure.status == Some(409) => match self.inspect(new.name.as_str(), &object).await? {
                Some(found) => {
                    must_be_same(&object, &found.labels, &new.labels)?;
                    self.go_on(&found, new, &engine, &object).await.map(|()| found.id)
                }
                None => return Err(failure.about(&object)),
            },
            Err(failure) => return Err(missing_image(&failure, new).unwrap_or_else(|| failure.about(&object))),
        };
        let id = created?;
        self.mirror.made_whole(&id);
        self.look_again(&crate::docker::mirror::event::Key::Container(id), &object).await
    }

    /// The engine attaches a container that does not run to networks that do not exist, and refuses to start it.
    async fn networks_exist(&self, new: &NewContainer) -> Result<(), Error> {
        let known = self.mirror.networks();
        for (network, _) in &new.endpoints {
            let object = Object::Network(network.clone());
            // One that was made a moment ago may not have been seen yet.
            if !known.iter().any(|(name, _)| name == network) && self.networks_named(network, &object).await?.is_empty()
            {
                return Err(Error::NotFound { object });
            }
        }
        Ok(())
    }

    async fn send_create(&self, request: CreateRequest) -> Result<String, Failure> {
        let CreateRequest { options, body, further } = request;
        let created = self
            .client
            .call(Lane::Start, "create container", async |docker| {
                let docker = if further.is_empty() { docker } else { self.client.with_fields(docker, further) };
                docker.create_container(Some(options), body).await
            })
            .await?;
        for warning in created.warnings {
            tracing::debug!(%warning, "the engine warns about a new container");
        }
        Ok(created.id)
    }

    /// Completes a container that an earlier attempt left.
    async fn go_on(
        &self,
        found: &Found,
        new: &NewContainer,
        engine: &Capabilities,
        object: &Object,
    ) -> Result<(), Error> {
        let status = found.inspect.state.as_ref().and_then(|state| state.status);
        if status != Some(ContainerStateStatusEnum::CREATED) {
            // It was started, so it was whole once; a network that it has lost since is a step of its own.
            return Ok(());
        }
        let networks = found.inspect.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
        let joined: Vec<&str> = networks.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        self.complete(&found.id, &joined, new, engine, object).await
    }

    async fn complete(
        &self,
        id: &str,
        joined: &[&str],
        new: &NewContainer,
        engine: &Capabilities,
        object: &Object,
    ) -> Result<(), Error> {
        if !new.spec.files.is_empty() {
            self.upload(id, &new.spec.files, object).await?;
        }
        for (network, settings) in later_endpoints(new, joined, engine) {
            let request = NetworkConnectRequest { container: id.to_owned(), endpoint_config: Some(settings?) };
            self.client
                .call(Lane::Other, "connect network", async |docker| docker.connect_network(network, request).await)
                .await
                .map_err(|failure| failure.about(object))?;
        }
        Ok(())
    }

    async fn upload(&self, id: &str, files: &[InjectedFile], object: &Object) -> Result<(), Error> {
        let archive = archive(files)
            .map_err(|error| Error::Rejected { message: format!("{object}: its files cannot be packed: {error}") })?;
        let options = UploadToContainerOptions { path: "/".to_owned(), ..UploadToContainerOptions::default() };
        self.client
            .call(Lane::Other, "upload files", async |docker| {
                docker.upload_to_container(id, Some(options), bollard::body_full(archive.into())).await
            })
            .await
            .map_err(|failure| failure.about(object))
    }

    /// Removes a container that was not made whole. It has never run.
    async fn discard(&self, id: &str) {
        let options = RemoveContainerOptions { v: true, force: true, link: false };
        let removed = self
            .client
            .call(Lane::Other, "remove container", async |docker| docker.remove_container(id, Some(options)).await)
            .await;
        if let Err(failure) = removed {
            tracing::warn!(container = id, %failure, "a half-made container could not be removed");
        }
        // Whatever happened: the next event or listing shows it.
        let _ = self.mirror.refresh(&crate::docker::mirror::event::Key::Container(id.to_owned())).await;
    }
}

/// The engine answers 404 where the image is missing; that is not about the container.
fn missing_image(failure: &Failure, new: &NewContainer) -> Option<Error> {
    let image = new.spec.image.as_ref()?;
    (failure.status == Some(404) && failure.message.to_lowercase().contains("no such image"))
        .then(|| Error::NotFound { object: Object::Image(image.clone()) })
}

/// The files as a tar archive, with paths from the root.
fn archive(files: &[InjectedFile]) -> std::io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for file in files {
        let content = file.content.reveal().as_bytes();
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(content.len() as u64);
        header.set_mode(file.mode);
        header.set_uid(u64::from(file.uid));
        header.set_gid(u64::from(file.gid));
        header.set_mtime(0);
        builder.append_data(&mut header, file.path.trim_start_matches('/'), content)?;
    }
    builder.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_model::Sensitive;
    use std::io::Read;

    #[test]
    fn files_are_packed_with_owner_and_mode() {
        let file = InjectedFile {
            path: "/run/secrets/db".to_owned(),
            content: Sensitive::new("hunter2"),
            uid: 999,
            gid: 998,
            mode: 0o440,
        };
        let packed = archive(&[file]).expect("an archive");
        let mut archive = tar::Archive::new(packed.as_slice());
        let mut entry = archive.entries().expect("entries").next().expect("a file").expect("a file");
        let header = entry.header();
        assert_eq!(header.path().expect("a path").to_string_lossy(), "run/secrets/db");
        assert_eq!((header.uid().ok(), header.gid().ok(), header.mode().ok()), (Some(999), Some(998), Some(0o440)));
        let mut content = String::new();
        entry.read_to_string(&mut content).expect("content");
        assert_eq!(content, "hunter2");
    }
}
