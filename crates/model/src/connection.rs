//! Who talks to whom: a service that addresses another one.

use crate::{ApplicationProtocol, ServiceName};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;

/// One service addresses another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The service that opens it.
    pub from: ServiceName,
    /// The service that answers.
    pub to: ServiceName,
    /// The name by which `from` addresses `to`: its service name, an alias, its container's name.
    pub host: String,
    /// The port inside the network; `None` where nothing tells it.
    pub port: Option<u16>,
    /// What is spoken, as far as it can be told.
    pub protocol: ApplicationProtocol,
    /// Where it says so.
    pub sources: BTreeSet<ConnectionSource>,
}

impl Connection {
    /// `db:5432`, as `from` writes it.
    pub fn address(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }

    /// Whether another one leads from the same service to the same place, wherever each was read.
    pub fn is_same(&self, other: &Self) -> bool {
        let place = |it: &Self| (it.from.clone(), it.to.clone(), it.host.clone(), it.port);
        place(self) == place(other)
    }
}

/// A connection that a stack's owner wrote down for a service, under `x-evenkeel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredConnection {
    /// The service that answers, or another name of it.
    pub to: String,
    /// The port inside the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// What is spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<ApplicationProtocol>,
}

/// Where a connection was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionSource {
    /// Under `x-evenkeel`.
    Declared,
    /// The value of this variable of `from`.
    Variable(String),
    /// `command` or `entrypoint` of `from`.
    Command,
    /// The healthcheck of `from`.
    Healthcheck,
    /// A file that is mounted into `from`, by its path in the container.
    File(String),
}

impl fmt::Display for ConnectionSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declared => f.write_str("declared"),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Command => f.write_str("command"),
            Self::Healthcheck => f.write_str("healthcheck"),
            Self::File(path) => write!(f, "file {path}"),
        }
    }
}

impl Serialize for ApplicationProtocol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ApplicationProtocol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}
