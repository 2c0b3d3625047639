//! Whether a service can be reached under a name: resolve it, connect, and let the server say one word of its protocol.
//!
//! Everything is done as the calling thread sees it: whoever wants a container's view enters its network namespace first. Blocking,
//! with a deadline for each part; nothing but the standard library's sockets, so that it can run anywhere.

mod dns;
mod failure;
mod name;
mod stream;
mod word;

pub use failure::{Failure, FailureKind};
pub use name::Files;

use evenkeel_model::ApplicationProtocol;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

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

/// Finds it out. `files` is what the container's own files say about names.
///
/// # Errors
/// What stands in the way, and of which kind it is.
pub fn ask(question: &Question, files: &Files) -> Result<Answer, Failure> {
    let begun = Instant::now();
    let addresses = name::resolve(question, files)?;
    let mut last = None;
    for address in addresses {
        let address = SocketAddr::new(address, question.port);
        match stream::Stream::connect(address, question.timeout).and_then(|stream| word::hear(question, stream)) {
            Ok(said) => return Ok(Answer { address, latency: begun.elapsed(), said }),
            Err(failure) => last = Some(failure),
        }
    }
    Err(last.unwrap_or_else(|| Failure::no_such_name(&question.host, "it has no address")))
}
