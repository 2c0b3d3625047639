//! The network namespace of another process: entering it, and which TCP ports are listened on in it, asked of the kernel by netlink (sock_diag): a
//! thirtieth of a millisecond a look, where reading `/proc/PID/net/tcp` costs seven.

use evenkeel_probe::Listening;
use nix::sched::{CloneFlags, setns};
use nix::sys::socket::{AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

/// Does something within the network namespace of a process, on a thread that ends with it: no other work is ever done in there.
/// Blocks until it is done.
///
/// # Errors
/// The process is gone, or this one may not enter its namespace (that takes CAP_SYS_ADMIN).
pub(crate) fn within<T: Send + 'static>(pid: u32, act: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let namespace = File::open(format!("/proc/{pid}/ns/net"))?;
    let thread = std::thread::Builder::new().name("enter-netns".to_owned()).spawn(move || {
        setns(namespace, CloneFlags::CLONE_NEWNET)?;
        io::Result::Ok(act())
    })?;
    thread.join().map_err(|_| io::Error::other("the thread that entered the namespace panicked"))?
}

/// A socket into one network namespace, which it keeps alive.
pub(crate) struct NetworkNamespace {
    socket: OwnedFd,
}

impl NetworkNamespace {
    /// Enters the namespace of a process, just long enough to open a socket in it.
    ///
    /// # Errors
    /// The process is gone, or this one may not enter its namespace (that takes CAP_SYS_ADMIN).
    pub fn of_process(pid: u32) -> io::Result<Self> {
        let open = || {
            let flags = SockFlag::SOCK_CLOEXEC;
            socket(AddressFamily::Netlink, SockType::Datagram, flags, SockProtocol::NetlinkSockDiag)
        };
        let socket = within(pid, open)??;
        Ok(Self { socket })
    }

    /// The ports of all TCP sockets in LISTEN.
    ///
    /// # Errors
    /// The kernel's.
    pub fn listening(&self) -> io::Result<Listening> {
        let mut ports = Listening::default();
        for family in [family::INET, family::INET6] {
            self.dump(family, &mut ports)?;
        }
        Ok(ports)
    }

    fn dump(&self, family: u8, ports: &mut Listening) -> io::Result<()> {
        sendto(self.socket.as_raw_fd(), &request(family), &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
        let mut buffer = vec![0_u8; 32 * 1024];
        loop {
            let length = recv(self.socket.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
            if read_answer(&buffer[..length], ports)? {
                return Ok(());
            }
        }
    }
}

/// Address families, as the kernel numbers them.
mod family {
    pub const INET: u8 = 2;
    pub const INET6: u8 = 10;
}

const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST_DUMP: u16 = 0x1 | 0x300;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const TCP: u8 = 6;
const TCP_LISTEN: u32 = 10;
/// The lengths of `nlmsghdr`, of `inet_diag_req_v2`, and of `inet_diag_msg` up to the end of its source address.
const HEADER: usize = 16;
const REQUEST: usize = 56;
const SOURCE_END: usize = 24;

/// A request for all TCP sockets in LISTEN: `nlmsghdr`, then `inet_diag_req_v2` (linux/inet_diag.h).
fn request(family: u8) -> Vec<u8> {
    let length = HEADER + REQUEST;
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(u32::try_from(length).unwrap_or_default().to_ne_bytes());
    bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes.extend(NLM_F_REQUEST_DUMP.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend([family, TCP, 0, 0]);
    bytes.extend((1_u32 << TCP_LISTEN).to_ne_bytes());
    bytes.resize(length, 0);
    bytes
}

/// Reads one datagram of the answer; `true` when it was the last.
fn read_answer(mut bytes: &[u8], ports: &mut Listening) -> io::Result<bool> {
    while bytes.len() >= HEADER {
        let length = usize::try_from(u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).unwrap_or_default();
        let kind = u16::from_ne_bytes([bytes[4], bytes[5]]);
        if length < HEADER || length > bytes.len() {
            return Err(io::Error::other("a netlink message of an impossible length"));
        }
        let body = &bytes[HEADER..length];
        match kind {
            NLMSG_DONE => return Ok(true),
            NLMSG_ERROR => {
                let code = body.get(..4).map_or(0, |code| i32::from_ne_bytes([code[0], code[1], code[2], code[3]]));
                return Err(io::Error::from_raw_os_error(-code));
            }
            _ => read_socket(body, ports),
        }
        // Messages are aligned to four bytes.
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

/// The source address of an `inet_diag_msg`.
fn read_socket(message: &[u8], ports: &mut Listening) {
    let Some(message) = message.get(..SOURCE_END) else { return };
    let port = u16::from_be_bytes([message[4], message[5]]);
    let address = &message[8..24];
    let loopback = match message[0] {
        family::INET => address[0] == 127,
        _ => address[..15].iter().all(|byte| *byte == 0) && address[15] == 1,
    };
    if port != 0 {
        if loopback { &mut ports.loopback } else { &mut ports.outside }.insert(port);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::net::TcpListener;

    /// This process's own namespace needs no right to enter, but entering is what is tested, so this wants root.
    #[test]
    fn listeners_on_outside_addresses_are_seen_and_others_are_not() {
        let outside = TcpListener::bind("0.0.0.0:0").unwrap();
        let loopback = TcpListener::bind("127.0.0.1:0").unwrap();
        let outside_v6 = TcpListener::bind("[::]:0").ok();
        let namespace = NetworkNamespace::of_process(std::process::id()).unwrap();
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        for _ in 0..2 {
            let ports = namespace.listening().unwrap();
            assert!(ports.outside.contains(&port(&outside)));
            assert!(!ports.outside.contains(&port(&loopback)));
            assert!(ports.loopback.contains(&port(&loopback)));
            assert!(outside_v6.as_ref().is_none_or(|listener| ports.outside.contains(&port(listener))));
        }
        let closed = port(&outside);
        drop(outside);
        assert!(!namespace.listening().unwrap().outside.contains(&closed));
    }

    #[test]
    fn a_process_that_is_gone_is_an_error() {
        assert!(NetworkNamespace::of_process(u32::MAX).is_err());
    }
}
