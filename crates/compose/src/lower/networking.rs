//! Ports, networks, hosts.

use super::{Project, read::Read};
use crate::codes;
use crate::diagnostic::Report;
use crate::tree::{Map, Node};
use evenkeel_model::{Attachment, ContainerName, IpamPool, NetworkMode, NetworkName, Port, Protocol, ServiceName};
use std::collections::BTreeMap;
use std::net::IpAddr;

pub(super) fn pool(path: &str, map: &Map, report: &Report) -> IpamPool {
    let path = format!("{path}.config");
    let read = Read { map, path: &path, report };
    let addresses = map.map("aux_addresses").into_iter().flat_map(Map::iter);
    let aux_addresses = addresses.filter_map(|(name, entry)| {
        let address = entry.node.as_text()?.parse::<IpAddr>().ok();
        if address.is_none() {
            read.refuse(&entry.node, "aux_addresses", "this is not an IP address");
        }
        Some((name.clone(), address?))
    });
    IpamPool {
        subnet: read.parse("subnet", "a subnet such as 172.22.0.0/16"),
        ip_range: read.parse("ip_range", "a subnet such as 172.22.5.0/24"),
        gateway: read.parse("gateway", "an IP address"),
        aux_addresses: aux_addresses.collect(),
    }
}

impl Project<'_> {
    pub(super) fn attachments(&self, service: &Read<'_>) -> BTreeMap<NetworkName, Attachment> {
        let empty = Map::default();
        let entries = service.map.map("networks").into_iter().flat_map(Map::iter);
        entries
            .map(|(key, entry)| {
                let path = format!("{}.networks.{key}", service.path);
                let map = entry.node.as_map().unwrap_or(&empty);
                let read = Read { map, path: &path, report: service.report };
                let link_local_ips = map.list("link_local_ips").unwrap_or_default().iter().filter_map(|node| {
                    let ip = node.as_text()?.parse().ok();
                    if ip.is_none() {
                        read.refuse(node, "link_local_ips", "this is not an IP address");
                    }
                    ip
                });
                let attachment = Attachment {
                    aliases: read.texts("aliases"),
                    ipv4_address: read.parse("ipv4_address", "an IPv4 address"),
                    ipv6_address: read.parse("ipv6_address", "an IPv6 address"),
                    link_local_ips: link_local_ips.collect(),
                    mac_address: read.text("mac_address"),
                    driver_opts: read.texts_by_name("driver_opts"),
                    priority: read.int("priority"),
                    gw_priority: read.int("gw_priority"),
                    interface_name: read.text("interface_name"),
                };
                (NetworkName::new(self.engine_name("networks", key)), attachment)
            })
            .collect()
    }
}

pub(super) fn network_mode(service: &Read<'_>) -> NetworkMode {
    let Some(text) = service.text("network_mode") else { return NetworkMode::Networks };
    match (text.strip_prefix("service:"), text.strip_prefix("container:")) {
        (Some(name), _) => NetworkMode::Service(ServiceName::new(name)),
        (_, Some(name)) => NetworkMode::Container(ContainerName::new(name)),
        _ => match text.as_str() {
            "none" => NetworkMode::None,
            "host" => NetworkMode::Host,
            "bridge" => NetworkMode::Bridge,
            _ => NetworkMode::Named(text),
        },
    }
}

pub(super) fn ports(service: &Read<'_>) -> Vec<Port> {
    let path = format!("{}.ports", service.path);
    let items = service.map.list("ports").unwrap_or_default();
    items
        .iter()
        .filter_map(|item| {
            let map = item.as_map()?;
            let read = Read { map, path: &path, report: service.report };
            let Some(node) = map.get("target") else {
                read.report.error(item.place, codes::MISSING_KEY, format!("{path}: a port needs a `target`"));
                return None;
            };
            Some(Port {
                target: read.parse("target", "a port from 1 to 65535").filter(|target| {
                    if *target == 0 {
                        read.refuse(node, "target", "0 is not a port of a container");
                    }
                    *target != 0
                })?,
                published: published(&read),
                host_ip: read.parse("host_ip", "an IP address"),
                protocol: protocol(&read, "protocol"),
            })
        })
        .collect()
}

/// A port or range of the host; zero lets the engine choose.
fn published(read: &Read<'_>) -> Option<String> {
    let text = read.text("published")?;
    let (first, last) = text.split_once('-').unwrap_or((&text, &text));
    match (first.parse::<u16>(), last.parse::<u16>()) {
        (Ok(0), Ok(0)) => None,
        (Ok(first), Ok(last)) if first <= last => Some(text),
        _ => {
            if let Some(node) = read.map.get("published") {
                read.refuse(node, "published", &format!("`{text}` is not a port or a range of ports"));
            }
            None
        }
    }
}

fn protocol(read: &Read<'_>, key: &str) -> Protocol {
    match read.text(key).unwrap_or_default().to_lowercase().as_str() {
        "" | "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        other => {
            if let Some(node) = read.map.get(key) {
                read.refuse(node, key, &format!("`{other}` is not a protocol; there are tcp, udp and sctp"));
            }
            Protocol::Tcp
        }
    }
}

/// Ports that one service may expose to its peers.
const MOST_EXPOSED: usize = 65_535;

/// `expose`: ports and ranges, with or without a protocol.
pub(super) fn expose(service: &Read<'_>) -> Vec<(u16, Protocol)> {
    let mut exposed = Vec::new();
    for node in service.map.list("expose").unwrap_or_default() {
        match expose_item(node) {
            Some(ports) if exposed.len() + ports.len() > MOST_EXPOSED => {
                let message = format!("{}.expose: more than {MOST_EXPOSED} ports", service.path);
                service.report.error(node.place, codes::TOO_LARGE, message);
                return Vec::new();
            }
            Some(ports) => exposed.extend(ports),
            None => {
                let text = node.value.to_text().unwrap_or_default();
                service.refuse(node, "expose", &format!("`{text}` is not a port or a range of ports"));
            }
        }
    }
    exposed
}

fn expose_item(node: &Node) -> Option<Vec<(u16, Protocol)>> {
    let text = node.value.to_text()?;
    let (ports, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
    let protocol = match protocol.to_lowercase().as_str() {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        _ => return None,
    };
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let (first, last): (u16, u16) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then(|| (first..=last).map(|port| (port, protocol)).collect())
}

/// Lines of `name=address`.
pub(super) fn hosts(lines: &[String]) -> Vec<(String, String)> {
    lines
        .iter()
        .filter_map(|line| line.split_once('='))
        .map(|(name, address)| (name.to_owned(), address.to_owned()))
        .collect()
}
