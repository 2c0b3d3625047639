//! Who talks to whom: a service that addresses another one.

use crate::ServiceName;
use serde::{Deserialize, Serialize};
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

macro_rules! protocols {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $port:expr;)*) => {
        /// What is spoken over a connection.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum ApplicationProtocol {
            $($(#[$doc])* $variant,)*
        }

        impl ApplicationProtocol {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name, as files and the API have it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The port that is meant where none is written.
            pub fn default_port(self) -> Option<u16> {
                match self { $(Self::$variant => $port,)* }
            }
        }
    };
}

protocols! {
    /// PostgreSQL.
    Postgresql = "postgresql", Some(5432);
    /// MySQL and MariaDB.
    Mysql = "mysql", Some(3306);
    /// MongoDB.
    Mongodb = "mongodb", Some(27017);
    /// Redis and Valkey.
    Redis = "redis", Some(6379);
    /// Memcached.
    Memcached = "memcached", Some(11211);
    /// AMQP 0-9-1, as RabbitMQ speaks it.
    Amqp = "amqp", Some(5672);
    /// Apache Kafka.
    Kafka = "kafka", Some(9092);
    /// Apache ZooKeeper.
    Zookeeper = "zookeeper", Some(2181);
    /// NATS.
    Nats = "nats", Some(4222);
    /// A Spark master's RPC.
    Spark = "spark", Some(7077);
    /// An HDFS namenode's RPC.
    Hdfs = "hdfs", Some(8020);
    /// An object store with the API of S3.
    S3 = "s3", None;
    /// HTTP.
    Http = "http", Some(80);
    /// HTTP over TLS.
    Https = "https", Some(443);
    /// Anything else over TCP.
    Tcp = "tcp", None;
}

impl fmt::Display for ApplicationProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for ApplicationProtocol {
    type Err = UnknownProtocol;

    fn from_str(text: &str) -> Result<Self, UnknownProtocol> {
        let known = Self::ALL.iter().copied().find(|protocol| protocol.as_str() == text);
        known.ok_or_else(|| UnknownProtocol(text.to_owned()))
    }
}

/// A protocol that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no protocol that is known")]
pub struct UnknownProtocol(pub String);
