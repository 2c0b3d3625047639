//! A stack's networks.

use crate::NetworkName;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A network that a stack uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// The key in the file.
    pub key: String,
    /// The name on the engine: `<project>_<key>`, or the file's `name`.
    pub name: NetworkName,
    /// It belongs to somebody else and must exist already.
    #[serde(default)]
    pub external: bool,
    /// Of an external one: where it does not exist yet, it is made, and then belongs to nobody (`x-evenkeel: {create: true}`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub create: bool,
    /// The driver; the engine's default is `bridge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Options for the driver.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub driver_opts: BTreeMap<String, String>,
    /// No way out of it.
    #[serde(default)]
    pub internal: bool,
    /// Containers that are not part of a Swarm service may join.
    #[serde(default)]
    pub attachable: bool,
    /// IPv4 addresses; the engine's default is yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_ipv4: Option<bool>,
    /// IPv6 addresses; the engine's default is no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_ipv6: Option<bool>,
    /// Address management.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipam: Option<Ipam>,
    /// The file's labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Network {
    /// A network of the stack's own in which everything is as the engine has it.
    pub fn new(key: impl Into<String>, name: impl Into<NetworkName>) -> Self {
        Self {
            key: key.into(),
            name: name.into(),
            external: false,
            create: false,
            driver: None,
            driver_opts: BTreeMap::new(),
            internal: false,
            attachable: false,
            enable_ipv4: None,
            enable_ipv6: None,
            ipam: None,
            labels: BTreeMap::new(),
        }
    }
}

/// Address management of a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ipam {
    /// The IPAM driver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Options for the IPAM driver.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// The address pools, in the file's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<IpamPool>,
}

/// One pool of addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpamPool {
    /// The subnet; the engine picks one where the file has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet: Option<IpNet>,
    /// The part of the subnet from which containers get addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_range: Option<IpNet>,
    /// The gateway's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<IpAddr>,
    /// Addresses that are taken, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aux_addresses: BTreeMap<String, IpAddr>,
}
