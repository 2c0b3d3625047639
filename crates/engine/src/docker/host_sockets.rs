//! Sockets as the kernel lists them in `/proc/…/net/{tcp,tcp6,udp,udp6}`. Parsing only.

use evenkeel_model::Protocol;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A socket that waits for others: TCP in state LISTEN, or UDP without a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    /// Its own address.
    pub(super) ip: IpAddr,
    /// Its own port.
    pub(super) port: u16,
    /// The protocol of the list it was in.
    pub(super) protocol: Protocol,
    /// What `/proc/PID/fd` calls it.
    pub(super) inode: u64,
}

/// Reads one of the lists. Lines that are not understood are left out.
pub(super) fn waiting(list: &str, protocol: Protocol) -> impl Iterator<Item = Waiting> + '_ {
    // TCP_LISTEN; for UDP, TCP_CLOSE is what the kernel shows for a socket without a peer.
    let wanted = if protocol == Protocol::Tcp { "0A" } else { "07" };
    list.lines().skip(1).filter_map(move |line| {
        let mut fields = line.split_whitespace();
        let local = fields.nth(1)?;
        let state = fields.nth(1)?;
        let inode = fields.nth(5)?.parse().ok()?;
        let (ip, port) = local.split_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        (state == wanted).then_some(Waiting { ip: address(ip)?, port, protocol, inode })
    })
}

/// An address in hexadecimal, as 32-bit words in the host's byte order.
pub(super) fn address(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(hex.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let mut bytes = [0; 16];
            for index in 0..4 {
                bytes[index * 4..index * 4 + 4].copy_from_slice(&word(index * 8)?);
            }
            Some(IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn sockets_that_wait() {
        let tcp = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 33 1 0 100 0 0 10 0\n   \
            1: 0100007F:1F91 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 34 1 0 100 0 0 10 0\n   \
            2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 35 1 0 100 0 0 10 0\n\
            garbage\n";
        let found: Vec<_> = waiting(tcp, Protocol::Tcp).map(|w| (w.ip.to_string(), w.port, w.inode)).collect();
        assert_eq!(found, [("127.0.0.1".to_owned(), 8080, 33), ("0.0.0.0".to_owned(), 22, 35)]);
        let udp = "head\n   0: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 9 2\n";
        let found: Vec<_> = waiting(udp, Protocol::Udp).map(|w| (w.ip.to_string(), w.port, w.inode)).collect();
        assert_eq!(found, [("::1".to_owned(), 53, 9)]);
    }
}
