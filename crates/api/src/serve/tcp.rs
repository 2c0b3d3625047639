//! The TCP listener.

use super::Error;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Listens on an address, which must be the loopback's unless more is wanted.
pub async fn bind(address: SocketAddr, beyond_loopback: bool) -> Result<TcpListener, Error> {
    if !address.ip().is_loopback() && !beyond_loopback {
        return Err(Error::BeyondLoopback(address));
    }
    let listener = TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => Error::AddressInUse(address),
        _ => Error::Address { address, source },
    })?;
    tracing::info!(address = %listener.local_addr().unwrap_or(address), "listening");
    Ok(listener)
}
