//! Archives of containers' files, and images of what containers have become.

use super::Docker;
use super::client::{Lane, patient};
use super::convert_error::Failure;
use super::mirror::event::Key;
use crate::{Archive, Commit, Error, Files, FilesToWrite, PathInfo, PathKind};
use bollard::query_parameters::{
    CommitContainerOptions, ContainerArchiveInfoOptions, DownloadFromContainerOptions, UploadToContainerOptions,
};
use evenkeel_model::{ContainerName, ImageId, Object};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use std::time::Duration;

/// An archive takes as long as it is large.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
/// Go's own bits for what a path leads to, beside the permissions.
const GO_DIRECTORY: u32 = 1 << 31;
const GO_LINK: u32 = 1 << 27;
const GO_OTHER: u32 = 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21 | 1 << 19;

impl Docker {
    pub(super) async fn look_at_path(&self, container: &ContainerName, path: &str) -> Result<Option<PathInfo>, Error> {
        let (id, object) = self.to_copy(container).await?;
        let options = ContainerArchiveInfoOptions { path: path.to_owned() };
        let found = self
            .client
            .call(Lane::Other, "look at path", async |docker| {
                docker.get_container_archive_info(&id, Some(options)).await
            })
            .await;
        match found {
            Ok(found) => Ok(Some(PathInfo {
                kind: kind(found.file_mode, found.link_target),
                name: found.name,
                size: u64::try_from(found.size).unwrap_or(0),
                permissions: found.file_mode & 0o777,
            })),
            Err(Failure { status: Some(404), message }) if !message.contains("No such container") => Ok(None),
            Err(failure) => Err(failure.about(&object)),
        }
    }

    pub(super) async fn download(&self, container: &ContainerName, files: &Files) -> Result<Archive, Error> {
        let (id, object) = self.to_copy(container).await?;
        let docker = patient(self.client.docker().map_err(|failure| failure.about(&object))?, PATIENCE);
        let mut archive: BoxStream<'_, _> = match files {
            Files::Under(path) => {
                let options = DownloadFromContainerOptions { path: path.clone() };
                docker.download_from_container(&id, Some(options)).boxed()
            }
            Files::All => docker.export_container(&id).boxed(),
        };
        // What is refused is refused before the first piece.
        let first = archive.next().await.transpose().map_err(|error| Failure::of(&error).about(&object))?;
        let rest = archive.map(move |piece| piece.map_err(|error| Failure::of(&error).about(&object)));
        Ok(stream::iter(first.map(Ok)).chain(rest).boxed())
    }

    pub(super) async fn upload_files(&self, files: &FilesToWrite, archive: Archive) -> Result<(), Error> {
        let (id, object) = self.to_copy(&files.container).await?;
        let options = UploadToContainerOptions {
            path: files.directory.clone(),
            // A directory must not become a file, nor a file a directory.
            no_overwrite_dir_non_dir: Some("1".to_owned()),
            copy_uidgid: files.owners.then(|| "1".to_owned()),
        };
        let pieces = archive.map(|piece| piece.map_err(|error| std::io::Error::other(error.to_string())));
        self.client
            .call(Lane::Stream, "write files", async |docker| {
                let body = bollard::body_try_stream(pieces);
                patient(docker, PATIENCE).upload_to_container(&id, Some(options), body).await
            })
            .await
            .map_err(|failure| failure.about(&object))
    }

    pub(super) async fn make_image(&self, commit: &Commit) -> Result<ImageId, Error> {
        let (id, object) = self.to_copy(&commit.container).await?;
        let image = commit.image.as_ref().map(|image| image.as_str());
        // A colon behind the last slash parts the tag; one before it belongs to a registry's port.
        let (repo, tag) = match image.map(|image| (image, image.rfind(':').filter(|at| !image[*at..].contains('/')))) {
            Some((image, Some(at))) => (Some(&image[..at]), Some(&image[at + 1..])),
            Some((image, None)) => (Some(image), None),
            None => (None, None),
        };
        let key = Key::Container(id.clone());
        let options = CommitContainerOptions {
            container: Some(id),
            repo: repo.map(str::to_owned),
            tag: tag.map(str::to_owned),
            comment: commit.message.clone(),
            author: commit.author.clone(),
            pause: commit.pause,
            changes: (!commit.changes.is_empty()).then(|| commit.changes.join("\n")),
        };
        let made = self
            .client
            .call(Lane::Transfer, "commit", async |docker| {
                let config = bollard::models::ContainerConfig::default();
                patient(docker, PATIENCE).commit_container(options, config).await
            })
            .await;
        let made = made.map_err(|failure| failure.about(&object))?;
        // It stood still meanwhile. Whoever asks next must not be told so.
        self.mirror.refresh(&key).await.map_err(|failure| failure.about(&object))?;
        Ok(ImageId::new(made.id))
    }

    /// The id of a container of ours that is to be copied from or to.
    async fn to_copy(&self, container: &ContainerName) -> Result<(String, Object), Error> {
        let object = Object::Container(container.clone());
        let found = self.our_container(container, "copy files of").await?;
        let found = found.ok_or_else(|| Error::NotFound { object: object.clone() })?;
        Ok((found.id().to_owned(), object))
    }
}

/// What a path leads to, by Go's mode bits.
fn kind(mode: u32, target: String) -> PathKind {
    if mode & GO_DIRECTORY != 0 {
        PathKind::Directory
    } else if mode & GO_LINK != 0 {
        PathKind::Link(target)
    } else if mode & GO_OTHER != 0 {
        PathKind::Other
    } else {
        PathKind::File
    }
}
