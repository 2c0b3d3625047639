//! What can be done to an engine, as values: printed, stored, compared. An action addresses objects by names that the
//! planner chose, and doing one that is done already is a success.

use crate::{
    Attachment, Build, ContainerName, ContainerSpec, HookRun, ImageRef, Network, NetworkName, SpecHash, Volume,
    VolumeName,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One change to one object of an engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Ask a registry for an image.
    PullImage {
        /// Which.
        image: ImageRef,
        /// `os/arch`.
        platform: Option<String>,
    },
    /// Build an image.
    BuildImage {
        /// The tag that it gets.
        image: ImageRef,
        /// How.
        build: Box<Build>,
    },
    /// Take a reference away from an image, and remove it with its last one. An image that something else uses stays, and that
    /// is a success.
    RemoveImage(ImageRef),
    /// Make a network.
    CreateNetwork(NewNetwork),
    /// Remove a network; containers that are still attached are detached first where they do not run.
    RemoveNetwork(NetworkName),
    /// Make a volume.
    CreateVolume(NewVolume),
    /// Remove a volume and what it holds.
    RemoveVolume(VolumeName),
    /// Make a container, attach it to all its networks, and put its injected files in place. It is not started.
    CreateContainer(Box<NewContainer>),
    /// Attach an existing container to a network that it has lost, or, where it lacks one of the aliases there, once more.
    ConnectNetwork {
        /// The container.
        container: ContainerName,
        /// The network.
        network: NetworkName,
        /// How.
        attachment: Box<Attachment>,
        /// Links to others there: `container:alias`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<String>,
    },
    /// Start a created or ended container.
    StartContainer(ContainerName),
    /// Ask a container's main process to end, and kill it after the grace.
    StopContainer {
        /// Which.
        container: ContainerName,
        /// Whole seconds between the stop signal and SIGKILL; `None` is the container's own setting.
        grace_s: Option<u32>,
    },
    /// Send a signal, without removing the container.
    KillContainer {
        /// Which.
        container: ContainerName,
        /// `SIGKILL`, `SIGHUP`.
        signal: String,
    },
    /// Freeze a container's processes.
    PauseContainer(ContainerName),
    /// Let them go on.
    UnpauseContainer(ContainerName),
    /// Remove a container; one that runs is killed.
    RemoveContainer {
        /// Which.
        container: ContainerName,
        /// Its anonymous volumes too.
        volumes: bool,
    },
    /// Give a container another name. It goes on as it is.
    RenameContainer {
        /// Which.
        container: ContainerName,
        /// Its new name.
        to: ContainerName,
    },
    /// Run hooks inside a running container. One that does not run any more needs none before its stop.
    RunHooks(HookRun),
    /// Run a container's own healthcheck ahead of the engine; of one without, see whether its processes rest, where the engine is local. The
    /// result shows in the next observation.
    ProbeContainer(Probe),
}

/// An early run of a healthcheck's command, or, where there is none, a look whether the container's processes rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The container.
    pub container: ContainerName,
    /// Milliseconds after which the probe has failed.
    pub timeout_ms: u64,
    /// Ports of which one must be listened on inside the container before the command is run at all; empty means that
    /// nothing is known. Databases pass their own check while they initialise, before they listen.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub expects_ports: BTreeSet<u16>,
}

/// A container to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewContainer {
    /// Its name.
    pub name: ContainerName,
    /// What it is made from. References to services are resolved to containers.
    pub spec: ContainerSpec,
    /// All labels: the file's, Compose's and ours.
    pub labels: BTreeMap<String, String>,
    /// The networks to join, first the one that is passed at creation; aliases are complete.
    pub endpoints: Vec<(NetworkName, Attachment)>,
    /// `HostConfig.Links`: `container:alias`.
    pub links: Vec<String>,
    /// The container whose anonymous volumes it takes over, at the places where it would have got its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherits: Option<ContainerName>,
}

/// A network to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewNetwork {
    /// What it is.
    pub network: Network,
    /// All labels.
    pub labels: BTreeMap<String, String>,
    /// Its spec hash, also among the labels.
    pub spec_hash: SpecHash,
}

/// A volume to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewVolume {
    /// What it is.
    pub volume: Volume,
    /// All labels.
    pub labels: BTreeMap<String, String>,
    /// Its spec hash, also among the labels.
    pub spec_hash: SpecHash,
}

/// An object on an engine, by kind and name. Two actions on one object never run at the same time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Object {
    /// An image.
    Image(ImageRef),
    /// A network.
    Network(NetworkName),
    /// A volume.
    Volume(VolumeName),
    /// A container.
    Container(ContainerName),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(name) => write!(f, "image {name}"),
            Self::Network(name) => write!(f, "network {name}"),
            Self::Volume(name) => write!(f, "volume {name}"),
            Self::Container(name) => write!(f, "container {name}"),
        }
    }
}

impl Action {
    /// The object that it changes.
    pub fn object(&self) -> Object {
        match self {
            Self::PullImage { image, .. } | Self::BuildImage { image, .. } | Self::RemoveImage(image) => {
                Object::Image(image.clone())
            }
            Self::CreateNetwork(new) => Object::Network(new.network.name.clone()),
            Self::RemoveNetwork(name) => Object::Network(name.clone()),
            Self::CreateVolume(new) => Object::Volume(new.volume.name.clone()),
            Self::RemoveVolume(name) => Object::Volume(name.clone()),
            Self::CreateContainer(new) => Object::Container(new.name.clone()),
            Self::ConnectNetwork { container, .. }
            | Self::StopContainer { container, .. }
            | Self::KillContainer { container, .. }
            | Self::RenameContainer { container, .. }
            | Self::RemoveContainer { container, .. } => Object::Container(container.clone()),
            Self::RunHooks(run) => Object::Container(run.container.clone()),
            Self::StartContainer(name) | Self::PauseContainer(name) | Self::UnpauseContainer(name) => {
                Object::Container(name.clone())
            }
            Self::ProbeContainer(probe) => Object::Container(probe.container.clone()),
        }
    }

    /// The verb, as the API and the logs name it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::PullImage { .. } => "pull",
            Self::BuildImage { .. } => "build",
            Self::CreateNetwork(_) | Self::CreateVolume(_) | Self::CreateContainer(_) => "create",
            Self::RemoveImage(_) | Self::RemoveNetwork(_) | Self::RemoveVolume(_) | Self::RemoveContainer { .. } => {
                "remove"
            }
            Self::ConnectNetwork { .. } => "connect",
            Self::StartContainer(_) => "start",
            Self::StopContainer { .. } => "stop",
            Self::KillContainer { .. } => "kill",
            Self::PauseContainer(_) => "pause",
            Self::UnpauseContainer(_) => "unpause",
            Self::RenameContainer { .. } => "rename",
            Self::RunHooks(_) => "hook",
            Self::ProbeContainer(_) => "probe",
        }
    }
}
