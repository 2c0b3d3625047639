//! Sockets as the kernel lists them in `/proc/…/net/{tcp,tcp6,udp,udp6}`. Parsing only.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A socket that waits for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Its own address.
    pub ip: IpAddr,
    /// Its own port.
    pub port: u16,
    /// What `/proc/PID/fd` calls it.
    pub inode: u64,
}

/// The state of a TCP socket that listens.
pub const LISTEN: &str = "0A";
/// The state that the kernel shows for a UDP socket without a peer (`TCP_CLOSE`).
pub const WITHOUT_PEER: &str = "07";

/// The sockets of one of the lists that are in a state. Lines that are not understood are left out.
pub fn waiting<'a>(list: &'a str, wanted: &'a str) -> impl Iterator<Item = Waiting> + 'a {
    list.lines().skip(1).filter_map(move |line| {
        let mut fields = line.split_whitespace();
        let local = fields.nth(1)?;
        let state = fields.nth(1)?;
        let inode = fields.nth(5)?.parse().ok()?;
        let (ip, port) = local.split_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        (state == wanted).then_some(Waiting { ip: address(ip)?, port, inode })
    })
}

/// An address in hexadecimal, as 32-bit words in the host's byte order.
pub fn address(hex: &str) -> Option<IpAddr> {
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
        let found: Vec<_> = waiting(tcp, LISTEN).map(|w| (w.ip.to_string(), w.port, w.inode)).collect();
        assert_eq!(found, [("127.0.0.1".to_owned(), 8080, 33), ("0.0.0.0".to_owned(), 22, 35)]);
        let udp = "head\n   0: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 9 2\n";
        let found: Vec<_> = waiting(udp, WITHOUT_PEER).map(|w| (w.ip.to_string(), w.port, w.inode)).collect();
        assert_eq!(found, [("::1".to_owned(), 53, 9)]);
    }
}
