//! The TCP listener.

use super::Error;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Listens on an address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    if !address.ip().is_loopback() {
        tracing::warn!(
            %address,
            "other machines can reach this address, and tokens cross the network unencrypted; a proxy with TLS in front of \
             127.0.0.1 is safer"
        );
    }
    let listener = TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => Error::AddressInUse(address),
        _ => Error::Address { address, source },
    })?;
    tracing::info!(address = %listener.local_addr().unwrap_or(address), "listening");
    Ok(listener)
}
