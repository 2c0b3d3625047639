//! Serves the API on a unix socket and, where that is wanted, over TCP, until told to end.

mod tcp;
mod unix;

use crate::peer::Peer;
use crate::router::router;
use crate::state::ApiState;
use axum::Router;
use axum::serve::Listener;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

/// Where to listen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listeners {
    /// The unix socket's path.
    pub unix: Option<PathBuf>,
    /// The TCP address.
    pub tcp: Option<SocketAddr>,
    /// `tcp` may be an address that other machines can reach.
    pub beyond_loopback: bool,
}

/// Why nothing could be served. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody answers on the socket.
    #[error("another daemon answers on {}; end it, or choose another socket with --socket", .0.display())]
    SocketInUse(PathBuf),
    /// Something that is not a socket stands at the path.
    #[error("{} exists and is not a socket; it was left as it is. Choose another path with --socket", .0.display())]
    NotASocket(PathBuf),
    /// The socket could not be made.
    #[error("cannot listen on {}: {source}", path.display())]
    Socket {
        /// Its path.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The address is taken.
    #[error("{0} is taken by another process; end that one, or choose another address with --listen")]
    AddressInUse(SocketAddr),
    /// The address would let other machines in, and nobody has asked for that.
    #[error(
        "{0} can be reached from other machines, and tokens would cross the network unencrypted; listen on 127.0.0.1 behind a \
         proxy with TLS, or set `api.beyond_loopback = true` in the config"
    )]
    BeyondLoopback(SocketAddr),
    /// The address could not be listened on.
    #[error("cannot listen on {address}: {source}")]
    Address {
        /// The address.
        address: SocketAddr,
        /// The system's words.
        source: io::Error,
    },
    /// Neither a socket nor an address.
    #[error("there is nothing to listen on: give --socket or --listen")]
    Nowhere,
}

/// Serves until `shutdown` is cancelled; then no request is taken on any more, streams end, and requests under way are given
/// the settings' grace.
///
/// # Errors
/// [`Error`], before the first request is answered.
pub async fn serve(listeners: Listeners, state: ApiState, shutdown: CancellationToken) -> Result<(), Error> {
    let unix = listeners.unix.as_deref().map(unix::bind).transpose()?;
    let tcp = match listeners.tcp {
        Some(address) => Some(tcp::bind(address, listeners.beyond_loopback).await?),
        None => None,
    };
    if unix.is_none() && tcp.is_none() {
        return Err(Error::Nowhere);
    }
    let grace = state.settings().shutdown_grace;
    let app = router(state);
    let serving = async {
        let unix = async {
            if let Some(socket) = unix {
                run(socket.listener, app.clone(), &shutdown).await;
                socket.file.remove();
            }
        };
        let tcp = async {
            if let Some(listener) = tcp {
                run(listener, app.clone(), &shutdown).await;
            }
        };
        tokio::join!(unix, tcp);
    };
    tokio::pin!(serving);
    tokio::select! {
        () = &mut serving => {}
        () = shutdown.cancelled() => {
            if tokio::time::timeout(grace, serving).await.is_err() {
                tracing::info!("requests were still under way when the grace was over; they are broken off");
            }
        }
    }
    Ok(())
}

async fn run<L>(listener: L, app: Router, shutdown: &CancellationToken)
where
    L: Listener,
    L::Addr: std::fmt::Debug,
    Peer: for<'a> axum::extract::connect_info::Connected<axum::serve::IncomingStream<'a, L>>,
{
    let service = app.into_make_service_with_connect_info::<Peer>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    if let Err(error) = serving.await {
        tracing::error!(%error, "a listener failed");
    }
}
