//! What only people and scripts ask an engine for (`ps`, `top`, `stats`, `images`, `volumes`): read each time, kept nowhere, and no
//! part of any decision.

use evenkeel_model::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What to look at, of all that is a stack's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Its containers, one-off ones too, running or not.
    Containers,
    /// Those of the Compose project of its name, as long as nobody has taken them over.
    Composed,
    /// The processes of those that run.
    Processes,
    /// What those that run use.
    Usage,
    /// The images that its containers were made from.
    Images,
    /// Its volumes.
    Volumes,
}

/// The answer to a [`Look`], of the same kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// The stack's or Compose's, sorted by name.
    Containers(Vec<SeenContainer>),
    /// By container.
    Processes(Vec<SeenProcesses>),
    /// By container.
    Usage(Vec<SeenUsage>),
    /// By container.
    Images(Vec<SeenImage>),
    /// Sorted by name.
    Volumes(Vec<SeenVolume>),
}

/// A container in an engine's own words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenContainer {
    /// The engine's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The reference that it was made from.
    pub image: String,
    /// Its command line.
    pub command: String,
    /// When it was made.
    pub created_at: Option<Timestamp>,
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
    pub ports: Vec<SeenPort>,
}

/// A port of a container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenPort {
    /// Within the container.
    pub target: u16,
    /// On the host, where it is published.
    pub published: Option<u16>,
    /// The host's address.
    pub host_ip: Option<IpAddr>,
    /// `tcp`, `udp`, `sctp`.
    pub protocol: String,
}

/// The processes of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenProcesses {
    /// The container.
    pub container: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The columns' names, as the engine's `ps` has them.
    pub titles: Vec<String>,
    /// A row for each process.
    pub rows: Vec<Vec<String>>,
}

/// What a container uses at the moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeenUsage {
    /// The engine's id.
    pub id: String,
    /// The container.
    pub container: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Of one core, in hundredths.
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenImage {
    /// The container.
    pub container: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The image's id, `sha256:…`.
    pub id: String,
    /// The reference's name, without its tag; empty where the image has none any more.
    pub repository: String,
    /// The reference's tag.
    pub tag: String,
    /// `os/architecture`.
    pub platform: String,
    /// Bytes on the disk.
    pub size_bytes: u64,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it got its tag here.
    pub tagged_at: Option<Timestamp>,
}

/// A volume.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenVolume {
    /// Its name.
    pub name: String,
    /// Its driver.
    pub driver: String,
    /// Where it is on the host.
    pub mountpoint: String,
    /// `local` or `global`.
    pub scope: String,
    /// All labels.
    pub labels: BTreeMap<String, String>,
}
