//! How a container joins networks: `model::Attachment` → the engine's endpoint settings.

use super::convert_create::Needs;
use super::convert_network::map;
use crate::Error;
use bollard::models::{EndpointIpamConfig, EndpointSettings, NetworkingConfig};
use evenkeel_model::{Attachment, NetworkMode, NewContainer};

/// The driver option that names an interface.
const INTERFACE_NAME: &str = "com.docker.network.endpoint.ifname";

/// `HostConfig.NetworkMode`.
pub(super) fn network_mode(new: &NewContainer, needs: &Needs<'_>) -> Result<String, Error> {
    Ok(match &new.spec.network_mode {
        NetworkMode::Networks => match new.endpoints.first() {
            Some((network, _)) => network.to_string(),
            None => "none".to_owned(),
        },
        NetworkMode::None => "none".to_owned(),
        NetworkMode::Host => "host".to_owned(),
        NetworkMode::Bridge => "bridge".to_owned(),
        NetworkMode::Container(name) => format!("container:{name}"),
        NetworkMode::Named(name) => name.clone(),
        NetworkMode::Service(service) => {
            return Err(needs.refuse(&format!("its network is that of the service {service}, which has no container")));
        }
    })
}

/// The networks that are joined at creation: all of them, or the first where the engine takes only one.
pub(super) fn networking(
    new: &NewContainer,
    links: &[String],
    needs: &Needs<'_>,
) -> Result<Option<NetworkingConfig>, Error> {
    let all = needs.engine.api_at_least(1, 44);
    let mut endpoints = std::collections::HashMap::new();
    for (index, (network, attachment)) in new.endpoints.iter().enumerate() {
        // Checked for all, so that what cannot be joined later is refused before anything is created.
        let mut settings = endpoint(attachment, links, needs)?;
        if index == 0 && all && settings.mac_address.is_none() {
            settings.mac_address.clone_from(&new.spec.mac_address);
        }
        if index == 0 || all {
            endpoints.insert(network.to_string(), settings);
        }
    }
    let elsewhere = matches!(new.spec.network_mode, NetworkMode::Bridge | NetworkMode::Named(_));
    if let Some(mac) = new.spec.mac_address.as_ref().filter(|_| all && elsewhere) {
        // Newer engines take it for an endpoint alone, also on a network that is not the stack's.
        let settings = EndpointSettings { mac_address: Some(mac.clone()), ..EndpointSettings::default() };
        endpoints.insert(network_mode(new, needs)?, settings);
    }
    Ok((!endpoints.is_empty()).then_some(NetworkingConfig { endpoints_config: Some(endpoints) }))
}

/// One network's endpoint.
pub(super) fn endpoint(
    attachment: &Attachment,
    links: &[String],
    needs: &Needs<'_>,
) -> Result<EndpointSettings, Error> {
    if attachment.mac_address.is_some() {
        needs.api(44, "a MAC address on a network")?;
    }
    if attachment.gw_priority.is_some_and(|priority| priority != 0) {
        needs.api(48, "gw_priority")?;
    }
    if attachment.interface_name.is_some() {
        needs.api(49, "interface_name")?;
    }
    Ok(settings(attachment, links))
}

/// The settings themselves, whatever the engine.
pub(super) fn settings(attachment: &Attachment, links: &[String]) -> EndpointSettings {
    let mut options = map(&attachment.driver_opts);
    if let Some(name) = &attachment.interface_name {
        options.insert(INTERFACE_NAME.to_owned(), name.clone());
    }
    let ipam = EndpointIpamConfig {
        ipv4_address: attachment.ipv4_address.map(|address| address.to_string()),
        ipv6_address: attachment.ipv6_address.map(|address| address.to_string()),
        link_local_ips: Some(attachment.link_local_ips.iter().map(ToString::to_string).collect())
            .filter(|list: &Vec<String>| !list.is_empty()),
    };
    EndpointSettings {
        ipam_config: (ipam != EndpointIpamConfig::default()).then_some(ipam),
        links: (!links.is_empty()).then(|| links.to_vec()),
        mac_address: attachment.mac_address.clone(),
        aliases: (!attachment.aliases.is_empty()).then(|| attachment.aliases.clone()),
        driver_opts: (!options.is_empty()).then_some(options),
        gw_priority: attachment.gw_priority,
        ..EndpointSettings::default()
    }
}
