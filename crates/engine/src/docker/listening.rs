//! Whether a container listens where others would reach it.

use crate::netns::NetworkNamespace;
use evenkeel_probe::Listening;
use std::collections::BTreeSet;

/// Whether one of the ports is listened on in the network namespace of the process, beyond its loopback: what listens there
/// only may be a database that initialises. `None` where that cannot be seen.
pub(super) async fn listens(pid: i32, ports: BTreeSet<u16>) -> Option<bool> {
    let look = move || {
        let open = u32::try_from(pid)
            .ok()
            .and_then(|pid| Some(NetworkNamespace::of_process(pid).ok()?.listening().ok()?.outside));
        Some(!open.or_else(|| by_proc(pid))?.is_disjoint(&ports))
    };
    tokio::task::spawn_blocking(look).await.ok()?
}

/// The dearer way, for a daemon that may not enter the namespace.
fn by_proc(pid: i32) -> Option<BTreeSet<u16>> {
    Some(Listening::of_process(&pid.to_string())?.outside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[tokio::test]
    async fn both_ways_tell_the_same() {
        let open = TcpListener::bind("0.0.0.0:0").expect("a port");
        let inward = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
        let pid = i32::try_from(std::process::id()).expect("a process");
        for (ports, expected) in [
            (BTreeSet::from([port(&open)]), true),
            (BTreeSet::from([port(&inward)]), false),
            (BTreeSet::from([port(&inward), port(&open)]), true),
        ] {
            assert_eq!(by_proc(pid).map(|open| !open.is_disjoint(&ports)), Some(expected), "{ports:?}");
            assert_eq!(listens(pid, ports.clone()).await, Some(expected), "{ports:?}");
        }
        assert_eq!(listens(i32::MAX, BTreeSet::from([1])).await, None);
    }
}
