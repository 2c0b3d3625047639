//! Files of simulated containers: those that somebody has copied into one.

use super::client::Client;
use super::faults::Call;
use crate::{Archive, Commit, Error, FilesToWrite, PathInfo, PathKind};
use bytes::Bytes;
use evenkeel_model::{ContainerName, ImageId};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

/// Paths that are directories in every image.
const DIRECTORIES: [&str; 3] = ["/", "/tmp", "/etc"];

impl Client {
    pub(super) async fn path(&self, container: &ContainerName, path: &str) -> Result<Option<PathInfo>, Error> {
        let request = self.request(Call::Files, Duration::ZERO).await?;
        let found = request.carry_out(|world, _| {
            world.ours(container)?;
            Ok(world.container(container)?.files.look(path))
        })?;
        request.reply(found)
    }

    pub(super) async fn read_files(&self, container: &ContainerName, files: &crate::Files) -> Result<Archive, Error> {
        let request = self.request(Call::Files, Duration::ZERO).await?;
        let archive = request.carry_out(|world, _| {
            world.ours(container)?;
            world.container(container)?.files.pack(files)
        })?;
        request.reply(stream::iter([Ok(archive)]).boxed())
    }

    pub(super) async fn write_files(&self, files: &FilesToWrite, archive: Archive) -> Result<(), Error> {
        let request = self.request(Call::Files, Duration::ZERO).await?;
        let archive: Vec<Bytes> = archive.try_collect().await?;
        request.carry_out(|world, _| {
            world.ours(&files.container)?;
            world.container(&files.container)?.files.unpack(&files.directory, &archive.concat())
        })?;
        request.reply(())
    }

    pub(super) async fn commit(&self, commit: &Commit) -> Result<ImageId, Error> {
        let request = self.request(Call::Commit, Duration::ZERO).await?;
        let id = request.carry_out(|world, now| {
            world.ours(&commit.container)?;
            Ok(world.commit(commit.image.as_ref(), now))
        })?;
        self.memory().told = None;
        request.reply(id)
    }
}

/// Files by absolute path; a directory has no content.
#[derive(Debug, Clone, Default)]
pub(super) struct Files(BTreeMap<String, Option<Bytes>>);

impl Files {
    /// What is under a path.
    fn look(&self, path: &str) -> Option<PathInfo> {
        let path = normal(path);
        let content = match self.0.get(&path) {
            Some(content) => content.clone(),
            None if DIRECTORIES.contains(&path.as_str()) => None,
            None => return None,
        };
        let kind = if content.is_some() { PathKind::File } else { PathKind::Directory };
        let size = content.map_or(0, |content| content.len() as u64);
        Some(PathInfo { name: last(&path).to_owned(), size, permissions: 0o755, kind })
    }

    /// An archive of what is under a path.
    fn pack(&self, files: &crate::Files) -> Result<Bytes, Error> {
        let root = match files {
            crate::Files::Under(path) => normal(path),
            crate::Files::All => "/".to_owned(),
        };
        if self.look(&root).is_none() {
            return Err(Error::Rejected { message: format!("could not find {root} in the container") });
        }
        let mut builder = tar::Builder::new(Vec::new());
        let (base, below) = (last(&root), format!("{}/", root.trim_end_matches('/')));
        let mut packed = match root.as_str() {
            "/" => Ok(()),
            _ => pack(&mut builder, base, self.0.get(&root).and_then(Option::as_ref)),
        };
        for (path, content) in &self.0 {
            let Some(rest) = path.strip_prefix(&below) else { continue };
            let name = if root == "/" { rest.to_owned() } else { format!("{base}/{rest}") };
            packed = packed.and_then(|()| pack(&mut builder, &name, content.as_ref()));
        }
        let archive = packed.and_then(|()| builder.into_inner());
        archive.map(Bytes::from).map_err(|error| Error::Rejected { message: error.to_string() })
    }

    /// Puts an archive's files under a directory.
    fn unpack(&mut self, directory: &str, archive: &[u8]) -> Result<(), Error> {
        let directory = normal(directory);
        match self.look(&directory) {
            Some(PathInfo { kind: PathKind::Directory, .. }) => {}
            _ => return Err(Error::Rejected { message: format!("{directory} is no directory of the container") }),
        }
        let rejected = |error: std::io::Error| Error::Rejected { message: format!("the archive is broken: {error}") };
        for entry in tar::Archive::new(archive).entries().map_err(rejected)? {
            let mut entry = entry.map_err(rejected)?;
            let path = entry.path().map_err(rejected)?.to_string_lossy().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(rejected)?;
            let content = (!entry.header().entry_type().is_dir()).then(|| Bytes::from(content));
            self.0.insert(normal(&format!("{directory}/{path}")), content);
        }
        Ok(())
    }
}

fn pack(builder: &mut tar::Builder<Vec<u8>>, path: &str, content: Option<&Bytes>) -> std::io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(if content.is_some() { tar::EntryType::Regular } else { tar::EntryType::Directory });
    header.set_mode(0o755);
    header.set_size(content.map_or(0, |content| content.len() as u64));
    builder.append_data(&mut header, path, content.map_or(&[][..], |content| &content[..]))
}

/// Absolute, without empty parts and without `.`.
fn normal(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    format!("/{}", parts.join("/"))
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
