//! Ports of the host that its processes hold, and which processes these are.

use evenkeel_model::{PortInUse, Protocol};
use evenkeel_probe::proc_net::{LISTEN, WITHOUT_PEER, Waiting, waiting};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;

/// The engine's own helper, one for each published port: the container is what holds the port.
const PROXY: &str = "docker-proxy";

/// Those of the wanted ports on which something waits in a network namespace, by its `/proc/PID/net`. Reading the kernel's lists costs
/// milliseconds, and so does going through all processes: neither is done for nothing.
pub(super) fn ports(net: &Path, wanted: &BTreeSet<(u16, Protocol)>) -> Vec<PortInUse> {
    let lists = [("tcp", Protocol::Tcp), ("tcp6", Protocol::Tcp), ("udp", Protocol::Udp), ("udp6", Protocol::Udp)];
    let sockets: Vec<(Protocol, Waiting)> = lists
        .into_iter()
        .filter(|(_, protocol)| wanted.iter().any(|(_, wanted)| wanted == protocol))
        .flat_map(|(list, protocol)| {
            let text = fs::read_to_string(net.join(list)).unwrap_or_default();
            let state = if protocol == Protocol::Tcp { LISTEN } else { WITHOUT_PEER };
            let sockets = waiting(&text, state).filter(|socket| wanted.contains(&(socket.port, protocol)));
            sockets.map(|socket| (protocol, socket)).collect::<Vec<_>>()
        })
        .collect();
    if sockets.is_empty() {
        return Vec::new();
    }
    let owners = processes(&sockets.iter().map(|(_, socket)| socket.inode).collect());
    sockets
        .into_iter()
        .filter_map(|(protocol, socket)| {
            let by = match owners.get(&socket.inode) {
                Some((_, name)) if name == PROXY => return None,
                Some((pid, name)) => format!("process {name} ({pid})"),
                None => "a process of the host".to_owned(),
            };
            Some(PortInUse { port: socket.port, protocol, ip: socket.ip, container: None, by })
        })
        .collect()
}

/// Which process has which socket open. Those of others cannot be seen without root.
fn processes(sockets: &HashSet<u64>) -> HashMap<u64, (u32, String)> {
    let mut owners = HashMap::new();
    let Ok(entries) = fs::read_dir("/proc") else { return owners };
    for pid in entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { continue };
        let open = files.flatten().filter_map(|file| socket(&fs::read_link(file.path()).ok()?.to_string_lossy()));
        for inode in open.filter(|inode| sockets.contains(inode)) {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            owners.entry(inode).or_insert_with(|| (pid, name.trim().to_owned()));
        }
    }
    owners
}

/// `socket:[123]`.
fn socket(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, UdpSocket};

    #[test]
    fn this_process_is_found_by_its_ports() {
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let other = TcpListener::bind("127.0.0.1:0").expect("a port");
        let wanted = [
            (tcp.local_addr().expect("an address").port(), Protocol::Tcp),
            (udp.local_addr().expect("an address").port(), Protocol::Udp),
        ];
        let found = ports(Path::new("/proc/self/net"), &wanted.into());
        let other = other.local_addr().expect("an address").port();
        assert!(found.iter().all(|found| found.port != other), "nobody asked for {other}: {found:?}");
        for (port, protocol) in wanted {
            let found = found.iter().find(|found| found.port == port && found.protocol == protocol).expect("the port");
            assert!(found.by.ends_with(&format!("({})", std::process::id())), "{}", found.by);
            assert_eq!(found.container, None);
        }
    }

    #[test]
    fn links_of_sockets() {
        for (link, inode) in [("socket:[123]", Some(123)), ("pipe:[123]", None), ("/dev/null", None)] {
            assert_eq!(socket(link), inode);
        }
    }
}
