//! What an engine shows of a stack at one moment.

use crate::{
    Adopted, ContainerName, ImageId, ImageRef, NetworkName, Protocol, ServiceName, SpecHash, StackName, Timestamp,
    VolumeName,
};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What to look at: all that carries the stack's label, or Compose's for a project of its name, and what stands under one of these names
/// whoever owns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interest {
    /// The stack.
    pub stack: StackName,
    /// Names that its containers will have.
    pub containers: BTreeSet<ContainerName>,
    /// Names of its networks, external ones too.
    pub networks: BTreeSet<NetworkName>,
    /// Names of its volumes, external ones too.
    pub volumes: BTreeSet<VolumeName>,
    /// Its images.
    pub images: BTreeSet<ImageRef>,
    /// What it has taken over from Compose, and shows as its own.
    pub adopted: Adopted,
}

/// The objects of a stack, as the engine has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// When this was so, by the engine's clock, as all the times of what it shows.
    pub at: Timestamp,
    /// What the engine can do.
    pub capabilities: Capabilities,
    /// Containers by name.
    pub containers: BTreeMap<ContainerName, Container>,
    /// Networks by name.
    pub networks: BTreeMap<NetworkName, ObservedNetwork>,
    /// Volumes by name.
    pub volumes: BTreeMap<VolumeName, ObservedVolume>,
    /// The images of interest that are present.
    pub images: BTreeMap<ImageRef, ImageId>,
}

/// What an engine can do and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// The engine's name and version for people: `Docker 20.10.24`.
    pub engine: String,
    /// API version as `(major, minor)`.
    pub api: (u32, u32),
    /// It runs on this host, so its files, processes and network namespaces can be looked at.
    pub local: bool,
}

impl Capabilities {
    /// Whether the engine speaks at least this version of its API.
    pub fn api_at_least(&self, major: u32, minor: u32) -> bool {
        self.api >= (major, minor)
    }
}

/// Who an object belongs to, by its labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// It carries our label for this stack.
    Evenkeel(StackName),
    /// It carries Compose's project label, and not ours.
    Compose(String),
    /// Neither.
    Nobody,
}

impl Owner {
    /// Whether it is ours, of this stack.
    pub fn is(&self, stack: &StackName) -> bool {
        matches!(self, Self::Evenkeel(name) if name == stack)
    }
}

/// A container on the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// The engine's id.
    pub id: String,
    /// Its name, without the leading slash.
    pub name: ContainerName,
    /// Whose it is.
    pub owner: Owner,
    /// Its service, by Compose's label.
    pub service: Option<ServiceName>,
    /// Its number within the service, from 1; 0 where the label is missing.
    pub number: u32,
    /// It was made by `run`.
    pub one_off: bool,
    /// The spec hash in its label.
    pub spec_hash: Option<SpecHash>,
    /// The hash in Compose's label, whoever made it.
    #[serde(default)]
    pub config_hash: Option<String>,
    /// The epoch in its label; 0 where there is none.
    pub epoch: u64,
    /// The generation in its label; 0 where there is none.
    pub generation: u64,
    /// The image that it runs.
    pub image: ImageId,
    /// What it is doing.
    pub state: ContainerState,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its newest run began; `None` before the first.
    pub started_at: Option<Timestamp>,
    /// How often the engine's own restart policy has started it again.
    pub restart_count: u32,
    /// It has a healthcheck, from the file or its image.
    pub has_healthcheck: bool,
    /// Its healthcheck has passed in this run, as far as that was seen: the engine forgets all but the last few probes.
    pub was_healthy: bool,
    /// The networks that it is attached to.
    pub networks: BTreeMap<NetworkName, Endpoint>,
    /// The named volumes that it mounts.
    pub volumes: BTreeSet<VolumeName>,
    /// How many volumes without a name it mounts.
    pub anonymous_volumes: u32,
    /// Ports that are published now.
    pub ports: Vec<PublishedPort>,
    /// All that is put into it before its first start is known to be there. `false` for a created container that should
    /// have files of ours and that this daemon has not seen completed.
    pub whole: bool,
    /// Who ended this run, where the engine has told that it is over and still shows it as running: it does until it has cleaned up behind it.
    /// `None` too where it ended by itself with 0, as what has done its work does.
    #[serde(default)]
    pub died: Option<EndedBy>,
    /// The ids of the containers whose namespaces or mounts it shares; `None` where its maker did not write them down.
    #[serde(default)]
    pub shares: Option<BTreeSet<String>>,
    /// The newest early probe of this run.
    pub early_probe: Option<EarlyProbe>,
}

impl Container {
    /// Running, paused or not.
    pub fn is_running(&self) -> bool {
        matches!(self.state, ContainerState::Running { .. } | ContainerState::Paused)
    }

    /// How it ended, where it has.
    pub fn exit(&self) -> Option<&Exit> {
        match &self.state {
            ContainerState::Exited(exit) | ContainerState::Restarting(exit) | ContainerState::Dead(exit) => Some(exit),
            ContainerState::Created
            | ContainerState::Running { .. }
            | ContainerState::Paused
            | ContainerState::Removing => None,
        }
    }
}

/// A container's place in a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its address; `None` while it does not run.
    pub address: Option<IpAddr>,
    /// The names under which it was attached. Others find it under its own name in any case.
    pub aliases: BTreeSet<String>,
}

/// The states of a container.
///
/// ```text
/// Created ──► Running ⇄ Paused
///                │  ▲
///                ▼  │ (the engine's restart policy)
///             Restarting
///                │
///                ▼
///             Exited ──► Removing ──► gone      (Dead: the engine failed to remove it)
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerState {
    /// Made, never started.
    Created,
    /// Its main process runs.
    Running {
        /// What its healthcheck says.
        health: Health,
    },
    /// Frozen.
    Paused,
    /// Ended, and the engine will start it again.
    Restarting(Exit),
    /// Ended, and the engine leaves it so.
    Exited(Exit),
    /// Being removed.
    Removing,
    /// The engine could not remove it.
    Dead(Exit),
}

/// A native healthcheck's word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// There is no healthcheck.
    None,
    /// No probe has decided yet.
    Starting,
    /// The last probe passed.
    Healthy {
        /// Since when, as far as it was seen.
        since: Timestamp,
    },
    /// As many probes in a row failed as its retries allow.
    Unhealthy {
        /// Since when, as far as it was seen.
        since: Timestamp,
        /// Failed probes in a row.
        streak: u32,
        /// The end of the last probe's output.
        output: String,
    },
}

/// How a container's run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// The main process's exit code; 128 + n after signal n.
    pub code: i64,
    /// When.
    pub at: Timestamp,
    /// The kernel killed it for want of memory.
    pub oom: bool,
    /// Who ended it.
    pub by: EndedBy,
    /// The engine's own words where it could not start it.
    pub error: String,
}

/// Who ended a container's run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// Its main process ended by itself.
    Itself,
    /// Somebody stopped or killed it, or the engine went down.
    Outside,
    /// Not seen: the daemon was away.
    Unknown,
}

/// A probe that Evenkeel ran ahead of the native one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlyProbe {
    /// When it ended, by the engine's clock.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Whether it passed; without a healthcheck, whether the container's processes came to rest in its time.
    pub passed: bool,
    /// Whether the container listened where it was expected to; `None` where that was not asked or cannot be seen. The
    /// command was not run where this is `Some(false)`.
    #[serde(default)]
    pub listening: Option<bool>,
    /// How many ran in this run of the container.
    pub count: u32,
}

/// A port that a running container publishes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PublishedPort {
    /// Within the container.
    pub target: u16,
    /// The protocol.
    pub protocol: Protocol,
    /// The host's address.
    pub host_ip: IpAddr,
    /// On the host.
    pub published: u16,
}

/// A network on the engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedNetwork {
    /// The engine's id.
    pub id: String,
    /// Whose it is.
    pub owner: Owner,
    /// The spec hash in its label.
    pub spec_hash: Option<SpecHash>,
    /// Its subnets.
    pub subnets: Vec<IpNet>,
    /// Running containers on it that are not of the stack that owns it: while there are any, the engine does not let it go.
    #[serde(default)]
    pub guests: BTreeSet<ContainerName>,
}

/// A volume on the engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedVolume {
    /// Whose it is.
    pub owner: Owner,
    /// The spec hash in its label.
    pub spec_hash: Option<SpecHash>,
    /// The epoch in its label; 0 where there is none.
    pub epoch: u64,
}
