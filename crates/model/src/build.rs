//! How a service's image is built from source.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A service's `build:`, normalised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Absolute path of the context directory on the daemon's host.
    pub context: String,
    /// The Dockerfile.
    pub dockerfile: BuildSource,
    /// Build arguments; `None` takes the value from nowhere and leaves the Dockerfile's default.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, Option<String>>,
    /// The stage to build, of a Dockerfile with several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Labels for the image.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// `network` of the build's containers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Further tags for the result.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Images whose layers may serve as cache.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cache_from: Vec<String>,
    /// `extra_hosts` while building, as `name:address`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra_hosts: Vec<String>,
    /// Memory for the build's containers, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<i64>,
    /// Limits of processes while building.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ulimits: BTreeMap<String, crate::Ulimit>,
    /// `isolation` of the build's containers, on Windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<String>,
    /// Keys of the file that only a builder of another kind honours (`ssh`, `secrets`): such an image is not built, and an error
    /// says why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beyond_classic: Vec<String>,
    /// Do not use the cache.
    #[serde(default)]
    pub no_cache: bool,
    /// Ask a registry for a newer base image.
    #[serde(default)]
    pub pull: bool,
    /// Size of `/dev/shm` in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shm_size_bytes: Option<i64>,
    /// `os/arch` of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
}

/// Where the Dockerfile's text is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuildSource {
    /// A path, relative to the context or absolute.
    File(String),
    /// `dockerfile_inline`: the text itself.
    Inline(String),
}
