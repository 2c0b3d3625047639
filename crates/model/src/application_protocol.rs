//! What is spoken over a connection. The standard library alone: the probe's scout is compiled with this file and no crate.

use std::fmt;

macro_rules! protocols {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $port:expr;)*) => {
        /// What is spoken over a connection.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownProtocol(pub String);

impl fmt::Display for UnknownProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no protocol that is known", self.0)
    }
}

impl std::error::Error for UnknownProtocol {}
