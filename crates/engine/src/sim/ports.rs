//! Published ports of the simulated host: taken while a container runs, refused when somebody has them.

use super::life::conflict;
use super::world::World;
use crate::Error;
use evenkeel_model::{ContainerName, NetworkMode, Port, Protocol, PublishedPort};
use std::net::{IpAddr, Ipv4Addr};

/// Where Docker looks for a port when the file leaves it open.
const OPEN_RANGE: std::ops::RangeInclusive<u16> = 32_768..=60_999;

impl World {
    /// Publishes the ports of a container that starts.
    pub(super) fn take_ports(&mut self, name: &ContainerName) -> Result<(), Error> {
        let Some(container) = self.containers.get(name) else { return Ok(()) };
        if !matches!(
            container.new.spec.network_mode,
            NetworkMode::Networks | NetworkMode::Bridge | NetworkMode::Named(_)
        ) {
            return Ok(());
        }
        let mut taken: Vec<PublishedPort> = Vec::new();
        for port in &container.new.spec.ports {
            let host_ip = port.host_ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
            let candidate =
                |published| PublishedPort { target: port.target, protocol: port.protocol, host_ip, published };
            let mut holder = None;
            let free = range(port).map(candidate).find(|wanted| {
                holder = self.holder(name, wanted, &taken);
                holder.is_none()
            });
            let Some(free) = free else {
                let asked = port.published.as_deref().unwrap_or("any");
                let by = holder.unwrap_or("another container");
                return Err(conflict(name, &format!("port {host_ip}:{asked} of the host is already taken by {by}")));
            };
            taken.push(free);
        }
        if let Some(container) = self.containers.get_mut(name) {
            taken.sort();
            container.ports = taken;
        }
        Ok(())
    }

    /// A container that does not run holds neither ports nor addresses.
    pub(super) fn let_go(&mut self, name: &ContainerName) {
        let Some(container) = self.containers.get_mut(name) else { return };
        container.ports.clear();
        for attached in container.attachments.values_mut() {
            attached.address = None;
        }
    }

    fn holder(&self, name: &ContainerName, wanted: &PublishedPort, taken: &[PublishedPort]) -> Option<&'static str> {
        let clashes = |protocol: Protocol, ip: IpAddr, port: u16| {
            let same_address = ip == wanted.host_ip || ip.is_unspecified() || wanted.host_ip.is_unspecified();
            protocol == wanted.protocol && port == wanted.published && same_address
        };
        let others = self.containers.values().filter(|other| other.new.name != *name).flat_map(|other| &other.ports);
        if others.chain(taken).any(|port| clashes(port.protocol, port.host_ip, port.published)) {
            return Some("another container");
        }
        let host = self.host_ports.iter().any(|port| clashes(port.protocol, port.ip, port.port));
        host.then_some("another process")
    }
}

/// The host's ports that will do.
fn range(port: &Port) -> std::ops::RangeInclusive<u16> {
    let Some(text) = port.published.as_deref().filter(|text| !text.is_empty() && *text != "0") else {
        return OPEN_RANGE;
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) => first..=last,
        // Nothing is free in what is no range, and the refusal quotes it.
        #[expect(clippy::reversed_empty_ranges)]
        _ => 1..=0,
    }
}
