//! Whether the engine runs on this host, so that its processes, ports and files can be looked at from here.

use super::client::Host;

/// The engine's process, as its socket tells: in this process's view of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Peer {
    /// The process that listens on the engine's socket (with socket activation, the init process).
    pub(super) pid: i32,
}

/// Who listens on the engine's socket. `None` for TCP, for an engine that is down, and where the listener is outside of this
/// process's PID namespace, as when a socket is mounted into a container.
pub(super) async fn peer(host: &Host) -> Option<Peer> {
    let Host::Unix(path) = host else { return None };
    let stream = tokio::net::UnixStream::connect(path).await.ok()?;
    let pid = stream.peer_cred().ok()?.pid()?;
    (pid > 0).then_some(Peer { pid })
}

/// Whether the engine's host is this host. A forwarded socket has a local listener too, so that the host's name and kernel
/// are compared as well.
pub(super) fn is_local(peer: Option<Peer>, engine_host: Option<&str>, engine_kernel: Option<&str>) -> bool {
    if peer.is_none() {
        return false;
    }
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let same_name = engine_host.is_some_and(|name| name == read("/proc/sys/kernel/hostname"));
    let same_kernel = engine_kernel.is_some_and(|release| release == read("/proc/sys/kernel/osrelease"));
    same_name && same_kernel
}
