//! What stands in the way of a connection.

use std::fmt;
use std::io;
use std::net::SocketAddr;

/// A connection that does not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// For programs.
    pub kind: FailureKind,
    /// For people.
    pub message: String,
}

/// How a connection fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// The name leads nowhere from here: no such alias, or no network in common.
    NoSuchName,
    /// Nothing listens at the address.
    Refused,
    /// Packets get no answer.
    TimedOut,
    /// No route leads there.
    Unreachable,
    /// Something answers, and not in the protocol.
    WrongProtocol,
    /// It is the right server, and it does not let this client in.
    NotAuthenticated,
}

impl FailureKind {
    /// The kind's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSuchName => "no_such_name",
            Self::Refused => "refused",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::WrongProtocol => "wrong_protocol",
            Self::NotAuthenticated => "not_authenticated",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn no_such_name(host: &str, why: &str) -> Self {
        Self::new(FailureKind::NoSuchName, format!("no such name: {host} ({why})"))
    }

    pub(crate) fn wrong_protocol(message: impl Into<String>) -> Self {
        Self::new(FailureKind::WrongProtocol, message)
    }

    /// A connection that did not come about.
    pub(crate) fn connecting(address: SocketAddr, error: &io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => FailureKind::TimedOut,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => FailureKind::Unreachable,
            _ => FailureKind::Refused,
        };
        let words = match kind {
            FailureKind::TimedOut => "no answer to a connection".to_owned(),
            FailureKind::Unreachable => "no route leads there".to_owned(),
            _ if error.kind() == io::ErrorKind::ConnectionRefused => "refused: nothing listens there".to_owned(),
            _ => error.to_string(),
        };
        Self::new(kind, format!("{address}: {words}"))
    }
}
