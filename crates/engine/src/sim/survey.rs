//! A look at the simulated host before a first mutation.

use super::owner;
use super::world::World;
use evenkeel_model::{Availability, ImageRef, PortInUse, SubnetInUse, Survey, SurveyRequest};

/// The memory of the simulated machine.
const MEMORY_BYTES: u64 = 64 << 30;

impl World {
    /// What stands in the way of what is asked for.
    pub(super) fn survey(&self, request: &SurveyRequest) -> Survey {
        let availability = |image: &ImageRef| match self.images.unpullable.get(image) {
            Some(message) => Availability::Unavailable(message.clone()),
            None => Availability::Pullable,
        };
        let of_containers = self.containers.values().flat_map(|container| {
            let name = &container.new.name;
            container.ports.iter().map(move |port| PortInUse {
                port: port.published,
                protocol: port.protocol,
                ip: port.host_ip,
                container: Some((name.clone(), owner::of(&container.new.labels))),
                by: format!("container {name}"),
            })
        });
        let wanted = |port: &PortInUse| request.ports.contains(&(port.port, port.protocol));
        let of_networks = self.networks.iter().flat_map(|(name, network)| {
            network.subnets.iter().map(move |subnet| SubnetInUse {
                subnet: *subnet,
                network: Some(name.to_string()),
                by: format!("network {name}"),
            })
        });
        Survey {
            images: request.images.iter().map(|image| (image.clone(), availability(image))).collect(),
            missing_paths: request.bind_sources.intersection(&self.missing_paths).cloned().collect(),
            ports: of_containers.chain(self.host_ports.iter().cloned()).filter(wanted).collect(),
            subnets: of_networks.chain(self.host_routes.iter().cloned()).collect(),
            memory_bytes: request.memory.then_some(MEMORY_BYTES),
            ..Survey::default()
        }
    }
}
