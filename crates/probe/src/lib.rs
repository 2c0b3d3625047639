//! Whether a service can be reached under a name: resolve it, connect, and let the server say one word of its protocol.
//!
//! Everything is done as the calling thread sees it: whoever wants a container's view enters its network namespace first, or has
//! the [`SCOUT`] run in a container that shares it. Blocking, with a deadline for each part; nothing but the standard library, so that it
//! can run anywhere.

mod ask;
mod dns;
mod failure;
mod listening;
mod name;
pub mod proc_net;
mod question;
mod request;
mod stream;
mod word;

pub use ask::{AT_ONCE, ask, ask_all};
pub use failure::{Failure, FailureKind};
pub use listening::Listening;
pub use name::Files;
pub use question::{Answer, Credentials, Question};
pub use request::{Request, read_listening, read_reached, write_listening, write_reached};

use evenkeel_model::ApplicationProtocol;

/// The same code as a program of its own (`scout/main.rs`), linked statically for this machine's architecture, so that it runs in a container
/// with nothing beside it. Empty where it could not be linked when this was built.
pub static SCOUT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/scout"));
