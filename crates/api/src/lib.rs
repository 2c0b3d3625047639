//! The REST API: routes, problems, streams, tokens, and the listeners that serve them.
//!
//! It asks the loop and reads the store; it decides nothing about a stack, knows no engine but for its logs, its
//! capabilities and commands in containers, and writes no SQL. Conversions between the model and the wire stand in `convert`.

mod audit;
mod checks;
mod convert;
mod definition;
mod extract;
mod feed;
mod guard;
mod health_document;
mod logs;
mod mask;
mod mask_config;
mod metrics;
mod one_off;
mod openapi;
mod operate;
mod peer;
mod problem;
mod router;
mod routes;
mod serve;
mod session;
mod sse;
mod state;
mod target;
mod trace;

pub use peer::Peer;
pub use router::{openapi, router};
pub use serve::{Bound, Error, Listeners, Socket, serve};
pub use state::{ApiState, Settings};
