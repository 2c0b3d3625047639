//! What is mounted into a container, and files that are written into it.

use super::NamespaceMode;
use crate::{ImageRef, Sensitive, VolumeName};
use serde::{Deserialize, Serialize};

/// Something mounted into the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// What is mounted.
    pub source: MountSource,
    /// Absolute path within the container.
    pub target: String,
    /// Not writable.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
}

/// What a mount shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountSource {
    /// A named volume of the stack.
    Volume {
        /// Its name on the engine.
        name: VolumeName,
        /// Do not fill an empty volume from the image.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        no_copy: bool,
        /// A directory within the volume (API 1.45).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subpath: Option<String>,
    },
    /// A volume without a name, which lives with its container.
    Anonymous,
    /// The same, not filled from the image.
    AnonymousUnfilled,
    /// A path of the host.
    Bind {
        /// Absolute path on the engine's host.
        path: String,
        /// Make the directory where it is missing.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        create_host_path: bool,
        /// `rprivate`, `rshared`, `rslave`, `private`, `shared`, `slave`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        propagation: Option<String>,
        /// `z` or `Z`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        selinux: Option<String>,
        /// `enabled`, `disabled`, `writable`, `readonly`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recursive: Option<String>,
    },
    /// Memory.
    Tmpfs {
        /// Its size limit in bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size_bytes: Option<i64>,
        /// Mode bits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mode: Option<u32>,
        /// Raw mount options, from the key `tmpfs`; empty where it gives none. `None` is a mount of this type.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        options: Option<String>,
    },
    /// An image's file system (API 1.48).
    Image {
        /// The image.
        image: ImageRef,
        /// A directory within it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subpath: Option<String>,
    },
}

impl MountSource {
    /// A volume without a name of the file's.
    pub fn is_anonymous(&self) -> bool {
        matches!(self, Self::Anonymous | Self::AnonymousUnfilled)
    }
}

/// `volumes_from`: all mounts of another container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumesFrom {
    /// Whose.
    pub from: NamespaceMode,
    /// Not writable.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
}

/// A file written into the container between creation and start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InjectedFile {
    /// Absolute path within the container.
    pub path: String,
    /// What it holds.
    pub content: Sensitive,
    /// Owner.
    #[serde(default)]
    pub uid: u32,
    /// Group.
    #[serde(default)]
    pub gid: u32,
    /// Mode bits; Compose's default is 0444.
    pub mode: u32,
}
