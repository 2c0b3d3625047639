//! Files of containers on their way in and out, always as tar archives that nobody holds as a whole.

use crate::Error;
use bytes::Bytes;
use evenkeel_model::{ContainerName, ImageRef};
use futures::stream::BoxStream;

/// A tar archive, piece by piece. After an error nothing follows.
pub type Archive = BoxStream<'static, Result<Bytes, Error>>;

/// Which files of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Files {
    /// What is under a path, mounted volumes included. Names in the archive begin with the path's last part.
    Under(String),
    /// Its whole file system, without what is mounted.
    All,
}

/// Where an archive goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesToWrite {
    /// The container.
    pub container: ContainerName,
    /// A directory, which must exist.
    pub directory: String,
    /// Owners as the archive has them, rather than root.
    pub owners: bool,
}

/// What is under a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathInfo {
    /// The last part of the path.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Permission bits.
    pub permissions: u32,
    /// What kind of thing it is.
    pub kind: PathKind,
}

/// What kind of thing a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, to an absolute path of the container.
    Link(String),
    /// A device, socket or pipe.
    Other,
}

/// An image to be made from a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The container.
    pub container: ContainerName,
    /// The reference that it gets; `None` is none.
    pub image: Option<ImageRef>,
    /// Who made it.
    pub author: Option<String>,
    /// Why.
    pub message: Option<String>,
    /// Instructions of a Dockerfile, applied to the image: `ENV A=b`.
    pub changes: Vec<String>,
    /// The container's processes are frozen meanwhile.
    pub pause: bool,
}
