//! Published ports, and the address to open for each.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use utoipa::ToSchema;

/// A port of a service that can be reached from the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub struct Port {
    /// The host's address; `0.0.0.0` and `::` are all of them.
    #[schema(value_type = String, example = "127.0.0.1")]
    pub host_ip: IpAddr,
    /// On the host.
    pub published: u16,
    /// Within the container.
    pub target: u16,
    /// The protocol.
    pub protocol: Protocol,
}

/// A transport protocol.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// Target ports whose services do not speak HTTP: an address with `http://` would not open.
const NOT_HTTP: [u16; 24] = [
    21, 22, 25, 53, 389, 1433, 1521, 1883, 2181, 2888, 3306, 3888, 4222, 5432, 5672, 6379, 7077, 9000, 9042, 9092,
    9093, 11211, 27017, 29092,
];

impl Port {
    /// The address to open: `http://localhost:8080` where the service probably speaks HTTP, else `localhost:5432`.
    ///
    /// The guess goes by the port within the container, because only that one is the service's own.
    pub fn address(&self) -> String {
        let host = match self.host_ip {
            ip if ip.is_unspecified() || ip.is_loopback() => "localhost".to_owned(),
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let published = self.published;
        match (self.protocol, self.target) {
            (Protocol::Udp, _) => format!("{host}:{published}/udp"),
            (Protocol::Sctp, _) => format!("{host}:{published}/sctp"),
            (Protocol::Tcp, 443 | 8443 | 9443) => format!("https://{host}:{published}"),
            (Protocol::Tcp, target) if NOT_HTTP.contains(&target) => format!("{host}:{published}"),
            (Protocol::Tcp, _) => format!("http://{host}:{published}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    #[test]
    fn addresses_to_open() {
        let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        for (host_ip, published, target, protocol, address) in [
            (any, 8081, 8080, Protocol::Tcp, "http://localhost:8081"),
            (IpAddr::V6(Ipv6Addr::UNSPECIFIED), 80, 80, Protocol::Tcp, "http://localhost:80"),
            (any, 15432, 5432, Protocol::Tcp, "localhost:15432"),
            (any, 8443, 443, Protocol::Tcp, "https://localhost:8443"),
            (any, 53, 53, Protocol::Udp, "localhost:53/udp"),
            (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7)), 80, 80, Protocol::Tcp, "http://10.0.0.7:80"),
            (IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1)), 80, 80, Protocol::Tcp, "http://[fd00::1]:80"),
        ] {
            assert_eq!(Port { host_ip, published, target, protocol }.address(), address);
        }
    }
}
