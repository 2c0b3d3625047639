//! From a name to addresses, as a process of the container would: its hosts file first, then the name server of its resolv.conf.

use crate::{Failure, Question, dns};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// What a container's files say about names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// `/etc/hosts`.
    pub hosts: String,
    /// `/etc/resolv.conf`.
    pub resolv_conf: String,
}

impl Files {
    /// Those under a root directory; what cannot be read is empty.
    pub fn under(root: &str) -> Self {
        let read = |name: &str| std::fs::read_to_string(format!("{root}/etc/{name}")).unwrap_or_default();
        Self { hosts: read("hosts"), resolv_conf: read("resolv.conf") }
    }
}

/// Docker's resolver inside a network namespace, where nothing else is known.
const EMBEDDED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 11));
const DNS_PORT: u16 = 53;

pub(crate) fn resolve(question: &Question, files: &Files) -> Result<Vec<IpAddr>, Failure> {
    let host = question.host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = host.parse() {
        return Ok(vec![address]);
    }
    let known = in_hosts(&files.hosts, host);
    if !known.is_empty() {
        return Ok(known);
    }
    let server = name_server(&files.resolv_conf).unwrap_or(EMBEDDED);
    dns::addresses(SocketAddr::new(server, DNS_PORT), host, question.timeout)
        .map_err(|why| Failure::no_such_name(host, &why))
}

fn in_hosts(hosts: &str, host: &str) -> Vec<IpAddr> {
    let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or_default());
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let address = words.next()?.parse().ok()?;
            words.any(|name| name.eq_ignore_ascii_case(host)).then_some(address)
        })
        .collect()
}

fn name_server(resolv_conf: &str) -> Option<IpAddr> {
    resolv_conf.lines().find_map(|line| line.trim().strip_prefix("nameserver")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_the_containers_files() {
        let hosts = "127.0.0.1 localhost\n# 10.0.0.9 db\n10.0.0.5\tdb database # the primary\nfe80::1 db\n";
        let check = |host: &str, wanted: &[&str]| {
            let found: Vec<String> = in_hosts(hosts, host).iter().map(ToString::to_string).collect();
            assert_eq!(found, wanted, "{host}");
        };
        check("db", &["10.0.0.5", "fe80::1"]);
        check("DATABASE", &["10.0.0.5"]);
        check("primary", &[]);
        assert_eq!(name_server("search x\nnameserver 127.0.0.11\noptions ndots:0\n"), Some(EMBEDDED));
        assert_eq!(name_server("# nothing\n"), None);
    }
}
