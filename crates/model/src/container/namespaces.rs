//! Which namespaces a container uses, and how it joins networks.

use crate::{ContainerName, ServiceName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Whose network namespace a container uses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkMode {
    /// Its own, joined to the stack's networks.
    #[default]
    Networks,
    /// Its own, with the loopback only.
    None,
    /// The host's.
    Host,
    /// The engine's default bridge.
    Bridge,
    /// That of a service's first container.
    Service(ServiceName),
    /// That of a container.
    Container(ContainerName),
    /// A network by its name on the engine, outside the stack's own.
    Named(String),
}

/// Whose namespace (PID, IPC, UTS) or mounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamespaceMode {
    /// A service's first container. The planner turns it into [`NamespaceMode::Container`].
    Service(ServiceName),
    /// A container.
    Container(ContainerName),
    /// `host`, `shareable`, `private`, `none`.
    Mode(String),
}

/// How a container joins a network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attachment {
    /// Further names, beside the service's and the container's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// A fixed IPv4 address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv4_address: Option<std::net::Ipv4Addr>,
    /// A fixed IPv6 address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_address: Option<std::net::Ipv6Addr>,
    /// Link-local addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub link_local_ips: Vec<IpAddr>,
    /// The endpoint's MAC address (API 1.44).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac_address: Option<String>,
    /// Endpoint options.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub driver_opts: BTreeMap<String, String>,
    /// Networks with a higher priority are joined first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Which network gives the default gateway (API 1.48).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gw_priority: Option<i64>,
    /// The interface's name (API 1.49).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface_name: Option<String>,
}

impl Attachment {
    /// A name that a container so attached should have on the network and lacks; its own leads to it in any case.
    pub fn lost_alias(&self, container: &str, has: impl Fn(&String) -> bool) -> Option<&String> {
        self.aliases.iter().find(|alias| *alias != container && !has(alias))
    }
}
