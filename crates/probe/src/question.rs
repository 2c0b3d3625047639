//! What is asked of an address, and what it answers.

use crate::ApplicationProtocol;
use std::net::SocketAddr;
use std::time::Duration;

/// What is to be found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whose word the server must say.
    pub protocol: ApplicationProtocol,
    /// A user and a password, for the protocols whose first word takes them.
    pub credentials: Option<Credentials>,
    /// For each part: name, connection, word.
    pub timeout: Duration,
}

/// What a client signs in with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user; empty where the protocol has none.
    pub user: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.user)
    }
}

/// A server that was reached and said the right word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Where the name led.
    pub address: SocketAddr,
    /// Name, connection and word together.
    pub latency: Duration,
    /// What the server said of itself, for people: `HTTP 200`, `Zookeeper version: 3.8.3`.
    pub said: Option<String>,
}
