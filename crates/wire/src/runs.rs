//! One-off containers, main processes that are attached to, and files in and out of containers.

use crate::{Definition, Pull};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Run a one-off container of a service, after what the service depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunRequest {
    /// The definition that comes into force, together with the request or not at all; left out, the one in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<Box<Definition>>,
    /// The service.
    pub service: String,
    /// Instead of the service's command; left out, that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Instead of the entrypoint; then no command is the service's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    /// The container's name; left out, `<stack>-<service>-run-` and twelve digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `KEY=value`, before the service's own; `KEY` alone takes the project's value where it has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<String>,
    /// Labels beside the service's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// `user[:group]`, instead of the service's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Instead of the service's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// Mounts beside the service's, in the short form of a Compose file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<String>,
    /// Published ports, in the short form of a Compose file; those of the service are not published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<String>,
    /// Publish the service's ports.
    pub service_ports: bool,
    /// It is reached under the service's name and aliases, too.
    pub use_aliases: bool,
    /// Capabilities added.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cap_add: Vec<String>,
    /// Capabilities dropped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cap_drop: Vec<String>,
    /// With a terminal. Only on an upgraded connection, or detached.
    pub tty: bool,
    /// It reads what it is given.
    pub interactive: bool,
    /// Begin it and leave it to itself.
    pub detach: bool,
    /// The engine removes it when it has ended.
    pub remove: bool,
    /// Without what the service depends on.
    pub no_deps: bool,
    /// Build images though they are there.
    pub build: bool,
    /// When to ask a registry, instead of what the file says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull: Option<Pull>,
    /// Remove containers of services that the file no longer has.
    pub remove_orphans: bool,
    /// What it reads, where the connection is not upgraded; left out, nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdin: Option<String>,
}

impl Default for RunRequest {
    fn default() -> Self {
        Self {
            definition: None,
            service: String::new(),
            command: None,
            entrypoint: None,
            name: None,
            environment: Vec::new(),
            labels: BTreeMap::new(),
            user: None,
            working_dir: None,
            volumes: Vec::new(),
            ports: Vec::new(),
            service_ports: false,
            use_aliases: false,
            cap_add: Vec::new(),
            cap_drop: Vec::new(),
            tty: false,
            interactive: true,
            detach: false,
            remove: false,
            no_deps: false,
            build: false,
            pull: None,
            remove_orphans: false,
            stdin: None,
        }
    }
}

/// A one-off container that has been started, and where it was waited for, how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunResult {
    /// Its name.
    pub container: String,
    /// The engine's id.
    pub id: String,
    /// Its exit code; none for one that was left to itself.
    pub exit_code: Option<i64>,
    /// What it said on standard output, as text.
    pub stdout: String,
    /// What it said on standard error, as text.
    pub stderr: String,
    /// It said more than the daemon keeps; what is there is the beginning.
    pub truncated: bool,
}

/// Attach to the main process of a service's container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AttachRequest {
    /// The container's number within the service; left out, the first that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// Leave its input alone.
    pub no_stdin: bool,
}

/// Which container of a service, and what in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct FilesQuery {
    /// An absolute path in the container; for writing, a directory that is there.
    pub path: String,
    /// The container's number within the service; left out, the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// The container's name, instead of its number: one of `run`, say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// For writing: owners as the archive has them, rather than root.
    pub owners: bool,
}

/// Which container of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct IndexQuery {
    /// The container's number within the service; left out, the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
}

/// What there is under a path of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PathInfo {
    /// The container.
    pub container: String,
    /// The last part of the path.
    pub name: String,
    /// What kind of thing it is.
    pub kind: PathKind,
    /// Bytes.
    pub size: u64,
    /// Where a link leads to, an absolute path.
    #[serde(default)]
    pub target: Option<String>,
}

/// What kind of thing a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PathKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A device, socket or pipe.
    Other,
}

/// Make an image from what a service's container has become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CommitRequest {
    /// The container's number within the service; left out, the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// The reference that the image gets; left out, none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Instructions of a Dockerfile, applied to the image: `ENV A=b`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
    /// Freeze the container's processes meanwhile.
    pub pause: bool,
}

impl Default for CommitRequest {
    fn default() -> Self {
        Self { index: None, image: None, author: None, message: None, changes: Vec::new(), pause: true }
    }
}

/// An image that was made from a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Committed {
    /// The container.
    pub container: String,
    /// The image's id, `sha256:…`.
    pub id: String,
}
