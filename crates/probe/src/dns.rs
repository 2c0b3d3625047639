//! One question to a name server: the IPv4 addresses of a name, and where it has none the IPv6 ones (RFC 1035, 3596).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

const A: u16 = 1;
const AAAA: u16 = 28;
const INTERNET: u16 = 1;
/// Of this process only; answers come from one connected socket.
const QUERY_ID: u16 = 0x4b4c;

/// All addresses of a name. The error says why there are none. Docker's resolver asks the host's servers about what it does not
/// know itself; when those cannot be reached there is no answer at all, which comes to the same: it is no name of Docker's.
pub(crate) fn addresses(server: SocketAddr, name: &str, timeout: Duration) -> Result<Vec<IpAddr>, String> {
    let mut why = String::new();
    for kind in [A, AAAA] {
        match ask(server, name, kind, timeout) {
            Ok(found) if !found.is_empty() => return Ok(found),
            Ok(_) => {
                "it has no address".clone_into(&mut why);
            }
            Err(words) => return Err(words),
        }
    }
    Err(why)
}

fn ask(server: SocketAddr, name: &str, kind: u16, timeout: Duration) -> Result<Vec<IpAddr>, String> {
    let query = query(name, kind).ok_or("it is not a name that DNS can have")?;
    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let exchange = || {
        let socket = UdpSocket::bind((any, 0))?;
        socket.connect(server)?;
        socket.set_read_timeout(Some(timeout))?;
        socket.send(&query)?;
        let mut buffer = vec![0_u8; 4096];
        let length = socket.recv(&mut buffer)?;
        buffer.truncate(length);
        std::io::Result::Ok(buffer)
    };
    let answer = exchange().map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => {
            "the name server does not know it, and whom it asked does not answer".to_owned()
        }
        _ => format!("the name server {server} cannot be asked: {error}"),
    })?;
    read(&answer)
}

fn query(name: &str, kind: u16) -> Option<Vec<u8>> {
    const RECURSION_DESIRED: u16 = 0x0100;
    let mut bytes = Vec::with_capacity(32 + name.len());
    for word in [QUERY_ID, RECURSION_DESIRED, 1, 0, 0, 0] {
        bytes.extend(word.to_be_bytes());
    }
    for label in name.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
        bytes.push(length);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes.extend(kind.to_be_bytes());
    bytes.extend(INTERNET.to_be_bytes());
    Some(bytes)
}

/// The addresses of an answer.
fn read(answer: &[u8]) -> Result<Vec<IpAddr>, String> {
    const HEADER: usize = 12;
    let word = |at: usize| answer.get(at..at + 2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let short = || "the name server's answer is cut off".to_owned();
    match word(2).ok_or_else(short)? & 0xf {
        0 => {}
        3 => return Err("the name server does not know it".to_owned()),
        2 => return Err("the name server does not know it, and whom it asked does not answer".to_owned()),
        code => return Err(format!("the name server refuses with code {code}")),
    }
    let (questions, answers) = (word(4).ok_or_else(short)?, word(6).ok_or_else(short)?);
    let mut at = HEADER;
    for _ in 0..questions {
        at = after_name(answer, at).ok_or_else(short)? + 4;
    }
    let mut found = Vec::new();
    for _ in 0..answers {
        let fields = after_name(answer, at).ok_or_else(short)?;
        let (kind, length) = (word(fields).ok_or_else(short)?, usize::from(word(fields + 8).ok_or_else(short)?));
        let data = answer.get(fields + 10..fields + 10 + length).ok_or_else(short)?;
        match (kind, data.len()) {
            (A, 4) => found.extend(<[u8; 4]>::try_from(data).map(|it| IpAddr::V4(it.into()))),
            (AAAA, 16) => found.extend(<[u8; 16]>::try_from(data).map(|it| IpAddr::V6(it.into()))),
            _ => {}
        }
        at = fields + 10 + length;
    }
    Ok(found)
}

/// Where a name ends: after its last label, or after a pointer to an earlier one.
fn after_name(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *bytes.get(at)? {
            0 => return Some(at + 1),
            pointer if pointer & 0xc0 == 0xc0 => return Some(at + 2),
            length => at += usize::from(length) + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;

    /// An answer to [`query`]: the question, then records that point at its name.
    fn answer(code: u8, records: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = query("db.example", A).unwrap_or_default();
        bytes[3] |= code;
        bytes[7] = u8::try_from(records.len()).unwrap_or_default();
        for (kind, data) in records {
            bytes.extend([0xc0, 12]);
            bytes.extend(kind.to_be_bytes());
            bytes.extend(INTERNET.to_be_bytes());
            bytes.extend([0, 0, 2, 88]);
            bytes.extend(u16::try_from(data.len()).unwrap_or_default().to_be_bytes());
            bytes.extend(*data);
        }
        bytes
    }

    #[test]
    fn answers_are_read() {
        let check = |bytes: &[u8], wanted: Result<&[&str], &str>| {
            let found = read(bytes).map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
            match (found, wanted) {
                (Ok(found), Ok(wanted)) => assert_eq!(found, wanted),
                (Err(found), Err(wanted)) => assert!(found.contains(wanted), "{found}"),
                (found, wanted) => panic!("{found:?} is not {wanted:?}"),
            }
        };
        check(&answer(0, &[(A, &[10, 0, 0, 5])]), Ok(&["10.0.0.5"]));
        // A CNAME stands before the address that it leads to.
        check(&answer(0, &[(5, &[1, b'x', 0]), (A, &[10, 0, 0, 6])]), Ok(&["10.0.0.6"]));
        check(&answer(0, &[]), Ok(&[]));
        check(&answer(3, &[]), Err("does not know it"));
        check(&answer(5, &[]), Err("code 5"));
        let whole = answer(0, &[(A, &[10, 0, 0, 5])]);
        for length in 0..whole.len() {
            check(&whole[..length], Err("cut off"));
        }
    }

    #[test]
    fn names_that_cannot_be_asked() {
        assert!(query("a..b", A).is_none());
        assert!(query(&"x".repeat(64), A).is_none());
        assert!(query("", A).is_none());
    }
}
