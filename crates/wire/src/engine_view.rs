//! A stack's objects in its engine's own words, for `ps --format`, `top`, `stats`, `images` and `volumes`.

use crate::Protocol;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use utoipa::ToSchema;

/// A container as its engine lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EngineContainer {
    /// The engine's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its service.
    pub service: String,
    /// Its number within the service.
    pub number: u32,
    /// It was made by `run`.
    pub one_off: bool,
    /// The reference that it was made from.
    pub image: String,
    /// Its command line.
    pub command: String,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// `running`, `exited`, `created`, `paused`, `restarting`.
    pub state: String,
    /// `Up 3 minutes (healthy)`.
    pub status: String,
    /// `healthy`, `unhealthy`, `starting`, or nothing.
    pub health: String,
    /// The last exit code; 0 while it runs.
    pub exit_code: i64,
    /// All labels.
    pub labels: BTreeMap<String, String>,
    /// Its mounts: a volume's name, or a path.
    pub mounts: Vec<String>,
    /// How many of them are volumes of this host.
    pub local_volumes: usize,
    /// Its networks.
    pub networks: Vec<String>,
    /// Its ports, published or not.
    pub ports: Vec<EnginePort>,
}

/// A port of a container, published or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EnginePort {
    /// Within the container.
    pub target: u16,
    /// On the host, where it is published.
    #[serde(default)]
    pub published: Option<u16>,
    /// The host's address.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "127.0.0.1")]
    pub host_ip: Option<IpAddr>,
    /// The protocol.
    pub protocol: Protocol,
}

/// The processes of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EngineProcesses {
    /// The container.
    pub container: String,
    /// Its service.
    pub service: String,
    /// Its number within the service.
    pub number: u32,
    /// The columns' names, as the engine's `ps` has them.
    pub titles: Vec<String>,
    /// A row for each process.
    pub rows: Vec<Vec<String>>,
}

/// What a container uses at the moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EngineUsage {
    /// The engine's id of the container.
    pub id: String,
    /// The container.
    pub container: String,
    /// Its service.
    pub service: String,
    /// Of one core: 200 are two whole ones.
    pub cpu_percent: f64,
    /// Memory without what is only cache.
    pub memory_bytes: u64,
    /// How much it may have.
    pub memory_limit_bytes: u64,
    /// Received over networks.
    pub received_bytes: u64,
    /// Sent over networks.
    pub sent_bytes: u64,
    /// Read from disks.
    pub read_bytes: u64,
    /// Written to disks.
    pub written_bytes: u64,
    /// Processes and threads.
    pub pids: u64,
}

/// The image of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EngineImage {
    /// The container.
    pub container: String,
    /// Its service.
    pub service: String,
    /// The image's id, `sha256:…`.
    pub id: String,
    /// The reference's name, without its tag.
    pub repository: String,
    /// The reference's tag.
    pub tag: String,
    /// `os/architecture`.
    pub platform: String,
    /// Bytes on the disk.
    pub size_bytes: u64,
    /// When it was made.
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
    /// When it got its tag on this engine.
    #[serde(default)]
    pub tagged_at: Option<DateTime<Utc>>,
}

/// A volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EngineVolume {
    /// Its name.
    pub name: String,
    /// Its key in the file.
    pub key: String,
    /// Its driver.
    pub driver: String,
    /// Where it is on the host.
    pub mountpoint: String,
    /// `local` or `global`.
    pub scope: String,
    /// All labels.
    pub labels: BTreeMap<String, String>,
}
