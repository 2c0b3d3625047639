//! Which TCP ports are listened on.

use crate::proc_net::{LISTEN, waiting};
use std::collections::BTreeSet;

/// Ports that are listened on in a network namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listening {
    /// Those that can be reached from outside the container.
    pub outside: BTreeSet<u16>,
    /// Those on a loopback address.
    pub loopback: BTreeSet<u16>,
}

impl Listening {
    /// As the kernel lists them for a process. `None` where its list cannot be read.
    pub fn of_process(pid: &str) -> Option<Self> {
        let read = |list: &str| std::fs::read_to_string(format!("/proc/{pid}/net/{list}"));
        let lists = [read("tcp").ok()?, read("tcp6").unwrap_or_default()];
        let mut all = Self::default();
        for socket in lists.iter().flat_map(|list| waiting(list, LISTEN)) {
            let ports = if socket.ip.is_loopback() { &mut all.loopback } else { &mut all.outside };
            ports.insert(socket.port);
        }
        Some(all)
    }
}
