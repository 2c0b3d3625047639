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
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Where to listen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listeners {
    /// The unix socket.
    pub unix: Option<Socket>,
    /// The TCP address. One that is not the loopback's lets other machines in.
    pub tcp: Option<SocketAddr>,
}

/// A unix socket to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// Its path.
    pub path: PathBuf,
    /// Its permission bits: who may use it may do anything that the engine can do.
    pub mode: u32,
    /// The group that it gets; `None` is the process's own.
    pub group: Option<String>,
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
    /// The system has no such group.
    #[error("there is no group `{0}` for the socket; make it with `groupadd --system {0}`, or change `socket.group`")]
    NoSuchGroup(String),
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

/// What is listened on. Nobody is answered before [`serve`].
pub struct Bound {
    unix: Option<unix::Bound>,
    tcp: Option<TcpListener>,
}

impl Listeners {
    /// Listens. Done before the loop is started, so that a daemon that cannot be reached does nothing.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn bind(&self) -> Result<Bound, Error> {
        let unix = self.unix.as_ref().map(unix::bind).transpose()?;
        let tcp = match self.tcp {
            Some(address) => Some(tcp::bind(address).await?),
            None => None,
        };
        if unix.is_none() && tcp.is_none() {
            return Err(Error::Nowhere);
        }
        Ok(Bound { unix, tcp })
    }
}

impl Bound {
    /// The TCP address, with the port that the system chose where 0 was asked for.
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        self.tcp.as_ref().and_then(|listener| listener.local_addr().ok())
    }
}

/// Serves until `shutdown` is cancelled; then no request is taken on any more, streams end, and requests under way are given
/// the settings' grace.
pub async fn serve(bound: Bound, state: ApiState, shutdown: CancellationToken) {
    let grace = state.settings().shutdown_grace;
    let app = router(state);
    let unix = async {
        if let Some(unix::Bound { listener, file }) = bound.unix {
            run(listener, app.clone(), &shutdown).await;
            drop(file);
        }
    };
    let tcp = async {
        if let Some(listener) = bound.tcp {
            run(listener, app.clone(), &shutdown).await;
        }
    };
    let over = async {
        shutdown.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        _ = async { tokio::join!(unix, tcp) } => {}
        () = over => tracing::info!("requests were still under way when the grace was over; they are broken off"),
    }
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
