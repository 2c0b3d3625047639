//! What stands in the way of a connection.

use std::fmt;
use std::io;
use std::net::SocketAddr;

/// A connection that does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// For programs.
    pub kind: FailureKind,
    /// Where the name led, if it led anywhere.
    pub address: Option<SocketAddr>,
    /// For people, after the kind's own words.
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
    /// Every one of them.
    pub const ALL: [Self; 6] = [
        Self::NoSuchName,
        Self::Refused,
        Self::TimedOut,
        Self::Unreachable,
        Self::WrongProtocol,
        Self::NotAuthenticated,
    ];

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

    /// The kind for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoSuchName => "no such name",
            Self::Refused => "refused",
            Self::TimedOut => "timed out",
            Self::Unreachable => "unreachable",
            Self::WrongProtocol => "wrong protocol",
            Self::NotAuthenticated => "not authenticated",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.words(), self.message)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// A name that leads nowhere, and why.
    pub fn no_such_name(host: &str, why: &str) -> Self {
        Self { kind: FailureKind::NoSuchName, address: None, message: format!("{host} ({why})") }
    }

    pub(crate) fn at(address: SocketAddr, kind: FailureKind, message: impl fmt::Display) -> Self {
        Self { kind, address: Some(address), message: format!("{address} {message}") }
    }

    pub(crate) fn wrong_protocol(address: SocketAddr, message: impl fmt::Display) -> Self {
        Self::at(address, FailureKind::WrongProtocol, message)
    }

    /// A connection that did not come about.
    pub(crate) fn connecting(address: SocketAddr, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                Self::at(address, FailureKind::TimedOut, "gives no sign of life")
            }
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Self::at(address, FailureKind::Unreachable, "has no route to it")
            }
            io::ErrorKind::ConnectionRefused => Self::at(address, FailureKind::Refused, "has nobody who listens"),
            _ => Self::at(address, FailureKind::Refused, error),
        }
    }
}
