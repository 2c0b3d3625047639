//! Networks of the simulated world: subnets that must not overlap, and addresses of running containers.

use super::container::{Attached, SimContainer};
use super::life::{conflict, refused};
use super::owner;
use super::shelf::Belongs;
use super::world::World;
use crate::Error;
use evenkeel_model::{Attachment, ContainerName, NetworkMode, NetworkName, NewNetwork, Object, Owner, labels};
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use tokio::time::Instant;

/// A network.
#[derive(Debug, Clone)]
pub(super) struct SimNetwork {
    pub(super) id: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) subnets: Vec<IpNet>,
    /// The file gave the subnets: only then may it give addresses.
    pub(super) configured: bool,
}

impl Belongs for SimNetwork {
    fn project(&self) -> Option<&str> {
        self.labels.get(labels::PROJECT).map(String::as_str)
    }
}

impl World {
    /// Docker's own networks.
    pub(super) fn add_builtin_networks(&mut self) {
        for (name, subnets) in
            [("bridge", self.free_subnet().into_iter().collect()), ("host", vec![]), ("none", vec![])]
        {
            let network = SimNetwork { id: self.random.id(), labels: BTreeMap::new(), subnets, configured: false };
            self.networks.insert(name.into(), network);
        }
    }

    /// Makes a network. One that is there as asked is success.
    pub(super) fn create_network(&mut self, new: &NewNetwork, now: Instant) -> Result<(), Error> {
        let (name, object) = (&new.network.name, Object::Network(new.network.name.clone()));
        if let Some(existing) = self.networks.get(name) {
            return owner::as_asked(object, &existing.labels, &new.labels);
        }
        let pools = new.network.ipam.iter().flat_map(|ipam| &ipam.pools);
        let asked: Vec<IpNet> = pools.filter_map(|pool| pool.subnet).collect();
        for subnet in &asked {
            if let Some(other) = self.network_overlapping(subnet) {
                let message = format!("its subnet {subnet} overlaps that of the network {other} of the engine");
                return Err(Error::Conflict { object, message });
            }
        }
        let configured = !asked.is_empty();
        let subnets = match configured {
            true => asked,
            false => vec![self.free_subnet().ok_or_else(|| Error::Conflict {
                object,
                message: "the engine has no free subnet left for it".to_owned(),
            })?],
        };
        self.insert_network(name, new.labels.clone(), subnets, configured, now);
        Ok(())
    }

    pub(super) fn insert_network(
        &mut self,
        name: &NetworkName,
        labels: BTreeMap<String, String>,
        subnets: Vec<IpNet>,
        configured: bool,
        now: Instant,
    ) {
        let whose = owner::of(&labels);
        let network = SimNetwork { id: self.random.id(), labels, subnets, configured };
        self.networks.insert(name.clone(), network);
        self.changed(&whose, now, &format!("{name} create"));
    }

    /// Removes a network of ours; containers that do not run are detached first.
    pub(super) fn remove_network(&mut self, name: &NetworkName, now: Instant) -> Result<(), Error> {
        let object = Object::Network(name.clone());
        let Some(network) = self.networks.get(name) else { return Ok(()) };
        owner::ours(object.clone(), &network.labels, self.claims.has_network(&network.id))?;
        let attached = |container: &&SimContainer| container.attachments.contains_key(name);
        if let Some(active) = self.containers.values().filter(attached).find(|container| container.is_running()) {
            let message = format!("it is in use by running containers: {}", active.new.name);
            return Err(Error::Conflict { object, message });
        }
        self.detach(name, |world, container| {
            let is_ours = matches!(owner::of(&container.new.labels), Owner::Evenkeel(_));
            is_ours || world.claims.has_container(&container.id)
        });
        self.drop_network(name, now);
        Ok(())
    }

    /// Takes such of the attached containers out of a network.
    pub(super) fn detach(&mut self, network: &NetworkName, which: impl Fn(&Self, &SimContainer) -> bool) {
        let attached =
            |container: &&SimContainer| container.attachments.contains_key(network) && which(self, container);
        let attached = self.containers.values().filter(attached).map(|container| container.new.name.clone());
        for name in attached.collect::<Vec<_>>() {
            if let Some(container) = self.containers.get_mut(&name) {
                container.attachments.remove(network);
            }
        }
    }

    /// Removes a network whoever uses it. Containers keep the memory of it, as Docker's do.
    pub(super) fn drop_network(&mut self, name: &NetworkName, now: Instant) {
        if let Some(network) = self.networks.remove(name) {
            self.changed(&owner::of(&network.labels), now, &format!("{name} remove"));
        }
    }

    /// Attaches a container to a network, in place of an attachment of that name that is lost or lacks an alias.
    pub(super) fn connect(
        &mut self,
        name: &ContainerName,
        network: &NetworkName,
        attachment: &Attachment,
        now: Instant,
    ) -> Result<(), Error> {
        let running = self.container(name)?.is_running();
        let Some(found) = self.networks.get(network) else {
            return Err(Error::NotFound { object: Object::Network(network.clone()) });
        };
        let id = found.id.clone();
        let container = self.container(name)?;
        if container.attachments.get(network).is_some_and(|old| {
            let has = |alias: &String| old.attachment.aliases.contains(alias);
            old.network_id.as_ref() == Some(&id) && attachment.lost_alias(name.as_str(), has).is_none()
        }) {
            return Ok(());
        }
        let attached = Attached { attachment: attachment.clone(), network_id: Some(id), address: None };
        container.attachments.insert(network.clone(), attached);
        if running {
            self.take_addresses(name)?;
        }
        self.container_changed(name, now, &format!("connect {network}"));
        Ok(())
    }

    /// Gives a container an address in each of its networks. Docker resolves them by name at the first start and by id later.
    pub(super) fn take_addresses(&mut self, name: &ContainerName) -> Result<(), Error> {
        let Some(container) = self.containers.get(name) else { return Ok(()) };
        if let NetworkMode::Named(network) = &container.new.spec.network_mode
            && !self.networks.contains_key(network.as_str())
        {
            return Err(refused(name, &format!("network {network} not found")));
        }
        let wanted: Vec<_> = container.attachments.iter().filter(|(_, attached)| attached.address.is_none()).collect();
        let mut found = Vec::new();
        for (network, attached) in wanted {
            let there = self.networks.get(network);
            let there = there.filter(|there| attached.network_id.as_ref().is_none_or(|id| *id == there.id));
            let Some(there) = there else { return Err(refused(name, &format!("network {network} not found"))) };
            let address = self.address(name, network, there, &attached.attachment)?;
            found.push((network.clone(), there.id.clone(), address));
        }
        if let Some(container) = self.containers.get_mut(name) {
            for (network, id, address) in found {
                if let Some(attached) = container.attachments.get_mut(&network) {
                    (attached.network_id, attached.address) = (Some(id), address);
                }
            }
        }
        Ok(())
    }

    fn address(
        &self,
        name: &ContainerName,
        network: &NetworkName,
        there: &SimNetwork,
        attachment: &Attachment,
    ) -> Result<Option<IpAddr>, Error> {
        let fixed = attachment.ipv4_address.map(IpAddr::V4).or(attachment.ipv6_address.map(IpAddr::V6));
        if there.subnets.is_empty() && fixed.is_none() {
            return Ok(None);
        }
        let in_use = self.containers.values().filter_map(|other| other.attachments.get(network)?.address);
        let taken: BTreeSet<IpAddr> = in_use.collect();
        let Some(fixed) = fixed else {
            // The first address is the gateway's.
            let mut free = there.subnets.first().into_iter().flat_map(|subnet| subnet.hosts().skip(1));
            return Ok(free.find(|address| !taken.contains(address)));
        };
        if !there.configured || !there.subnets.iter().any(|subnet| subnet.contains(&fixed)) {
            return Err(refused(name, &format!("address {fixed} is in no configured subnet of network {network}")));
        }
        if taken.contains(&fixed) {
            return Err(conflict(name, &format!("address {fixed} is already in use in network {network}")));
        }
        Ok(Some(fixed))
    }

    fn network_overlapping(&self, subnet: &IpNet) -> Option<&NetworkName> {
        let overlaps = |network: &SimNetwork| network.subnets.iter().any(|other| overlap(other, subnet));
        self.networks.iter().find(|(_, network)| overlaps(network)).map(|(name, _)| name)
    }

    /// The first of Docker's default pools that neither a network nor a route of the host uses.
    fn free_subnet(&self) -> Option<IpNet> {
        let large = (17..=31).map(|second| (Ipv4Addr::new(172, second, 0, 0), 16));
        let small = (0..16).map(|third| (Ipv4Addr::new(192, 168, third * 16, 0), 20));
        let pools = large.chain(small).filter_map(|(address, prefix)| IpNet::new(address.into(), prefix).ok());
        let free = |pool: &IpNet| {
            self.network_overlapping(pool).is_none()
                && !self.host_routes.iter().any(|route| overlap(&route.subnet, pool))
        };
        pools.into_iter().find(free)
    }
}

fn overlap(a: &IpNet, b: &IpNet) -> bool {
    a.contains(&b.network()) || b.contains(&a.network())
}
