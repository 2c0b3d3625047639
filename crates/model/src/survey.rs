//! What is looked at once before the first mutation: the host's ports, subnets, memory and paths, and whether images can be had.

use crate::{ContainerName, ImageRef, Object, Owner, Protocol};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What a survey should find out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SurveyRequest {
    /// Images that are not present and would be pulled.
    pub images: BTreeSet<ImageRef>,
    /// Images that have not been observed, would they be pulled or not: they may have come a moment ago.
    pub absent: BTreeSet<ImageRef>,
    /// External networks and volumes that have not been observed: they may have come a moment ago too.
    pub externals: BTreeSet<Object>,
    /// Paths of the host that must exist.
    pub bind_sources: BTreeSet<String>,
    /// Ports of the host that are wanted.
    pub ports: BTreeSet<(u16, Protocol)>,
    /// Paths of the host, of files or directories, whose texts of configuration are wanted.
    pub texts: BTreeSet<String>,
    /// Paths of the host of which it is wanted who may write there.
    pub owners: BTreeSet<String>,
    /// Images that are present and whose user is wanted.
    pub users: BTreeSet<ImageRef>,
    /// Whether the machine's memory is wanted, and where the engine keeps its data.
    pub memory: bool,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// Whether each image asked for can be had.
    pub images: BTreeMap<ImageRef, Availability>,
    /// Asked-for networks and volumes that the engine has by now.
    #[serde(default)]
    pub came: BTreeSet<Object>,
    /// Asked-for paths that do not exist. Empty for a remote engine, whose files cannot be seen.
    pub missing_paths: BTreeSet<String>,
    /// Who holds asked-for ports, by containers on the engine and, where the engine is local, processes of the host.
    pub ports: Vec<PortInUse>,
    /// All subnets that are in use, by networks on the engine and, where the engine is local, routes of the host.
    pub subnets: Vec<SubnetInUse>,
    /// Texts of configuration, by the path that was asked for and the path below it (empty where that is the file itself). Short ones
    /// only; none for a remote engine.
    #[serde(default)]
    pub texts: BTreeMap<String, BTreeMap<String, String>>,
    /// Who may write to asked-for paths, where they exist. Empty for a remote engine.
    #[serde(default)]
    pub owners: BTreeMap<String, PathOwner>,
    /// The user that an asked-for image names: `50000`, `1000:0`, `postgres`; empty is root.
    #[serde(default)]
    pub users: BTreeMap<ImageRef, String>,
    /// The memory of the engine's machine; `None` where it was not asked for or is not known.
    #[serde(default)]
    pub memory_bytes: Option<u64>,
    /// Where the engine keeps images and volumes; `None` where it was not asked for, or the engine is remote.
    #[serde(default)]
    pub data_dir: Option<String>,
}

/// Whose a path of the host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathOwner {
    /// The user, by number.
    pub uid: u32,
    /// The group, by number.
    pub gid: u32,
    /// The permission bits.
    pub mode: u32,
}

/// Whether an image can be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// The engine has it by now.
    Present,
    /// A registry has it.
    Pullable,
    /// It cannot be had, in the engine's words.
    Unavailable(String),
}

/// A port that is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortInUse {
    /// The port.
    pub port: u16,
    /// The protocol.
    pub protocol: Protocol,
    /// The address; unspecified is all.
    pub ip: IpAddr,
    /// The container that publishes it and whose it is, or `None` for a process of the host.
    pub container: Option<(ContainerName, Owner)>,
    /// For people: `container shop-web-1`, `process nginx (812)`.
    pub by: String,
}

/// A subnet that is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubnetInUse {
    /// The subnet.
    pub subnet: IpNet,
    /// The network that has it, by name on the engine, or `None` for a route of the host.
    pub network: Option<String>,
    /// For people: `network other_default`, `the host's route via eth1`.
    pub by: String,
}
