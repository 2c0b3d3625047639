//! Networks and volumes, both ways: `model` → the engine's requests, the engine's answers → `model`.

use super::convert_labels::{ours, owner, spec_hash};
use crate::Error;
use bollard::models::{
    Ipam as BollardIpam, IpamConfig, Network as BollardNetwork, NetworkCreateRequest, NetworkInspect,
    Volume as BollardVolume, VolumeCreateRequest,
};
use evenkeel_model::{
    Capabilities, Ipam, IpamPool, NetworkName, NewNetwork, NewVolume, Object, ObservedNetwork, ObservedVolume,
    VolumeName, labels,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

/// The request that makes a network.
pub(super) fn network_request(new: &NewNetwork, engine: &Capabilities) -> Result<NetworkCreateRequest, Error> {
    let network = &new.network;
    if network.enable_ipv4 == Some(false) && !engine.api_at_least(1, 48) {
        return Err(Error::Rejected {
            message: format!(
                "{}: `enable_ipv4: false` needs API 1.48, and {} has {}.{}",
                Object::Network(network.name.clone()),
                engine.engine,
                engine.api.0,
                engine.api.1
            ),
        });
    }
    Ok(NetworkCreateRequest {
        name: network.name.to_string(),
        driver: network.driver.clone(),
        internal: Some(network.internal),
        attachable: Some(network.attachable),
        ipam: network.ipam.as_ref().map(ipam),
        // Where IPv4 is on anyway it is not said: older engines do not know the field.
        enable_ipv4: network.enable_ipv4.filter(|_| engine.api_at_least(1, 48)),
        enable_ipv6: network.enable_ipv6,
        options: Some(map(&network.driver_opts)).filter(|options| !options.is_empty()),
        labels: Some(map(&new.labels)),
        ..NetworkCreateRequest::default()
    })
}

/// The request that makes a volume.
pub(super) fn volume_request(new: &NewVolume) -> VolumeCreateRequest {
    VolumeCreateRequest {
        name: Some(new.volume.name.to_string()),
        driver: new.volume.driver.clone(),
        driver_opts: Some(map(&new.volume.driver_opts)).filter(|options| !options.is_empty()),
        labels: Some(map(&new.labels)),
        cluster_volume_spec: None,
    }
}

/// A network of the list, by id.
pub(super) fn listed_network(network: BollardNetwork) -> Option<(String, NetworkName, ObservedNetwork)> {
    observed_network(network.id, network.name, network.labels, network.ipam)
}

/// An inspected network, by id.
pub(super) fn inspected_network(network: NetworkInspect) -> Option<(String, NetworkName, ObservedNetwork)> {
    observed_network(network.id, network.name, network.labels, network.ipam)
}

/// A volume, by name.
pub(super) fn observed_volume(volume: BollardVolume) -> (VolumeName, ObservedVolume) {
    let observed = ObservedVolume {
        owner: owner(&volume.labels),
        spec_hash: spec_hash(&volume.labels),
        epoch: ours(&volume.labels, labels::EPOCH),
    };
    (VolumeName::new(volume.name), observed)
}

fn observed_network(
    id: Option<String>,
    name: Option<String>,
    labels: Option<HashMap<String, String>>,
    ipam: Option<BollardIpam>,
) -> Option<(String, NetworkName, ObservedNetwork)> {
    let id = id?;
    let labels = labels.unwrap_or_default();
    let pools = ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    let subnets = pools.into_iter().filter_map(|pool| pool.subnet?.parse().ok()).collect();
    let observed = ObservedNetwork {
        id: id.clone(),
        owner: owner(&labels),
        spec_hash: spec_hash(&labels),
        subnets,
        guests: BTreeSet::new(),
    };
    Some((id, NetworkName::new(name?), observed))
}

fn ipam(ipam: &Ipam) -> BollardIpam {
    BollardIpam {
        // The engine does not fill in its default here, as it does for the network's driver.
        driver: Some(ipam.driver.clone().unwrap_or_else(|| "default".to_owned())),
        config: Some(ipam.pools.iter().map(pool).collect()),
        options: Some(map(&ipam.options)).filter(|options| !options.is_empty()),
    }
}

fn pool(pool: &IpamPool) -> IpamConfig {
    IpamConfig {
        subnet: pool.subnet.map(|subnet| subnet.to_string()),
        ip_range: pool.ip_range.map(|range| range.to_string()),
        gateway: pool.gateway.map(|gateway| gateway.to_string()),
        auxiliary_addresses: Some(
            pool.aux_addresses.iter().map(|(name, address)| (name.clone(), address.to_string())).collect(),
        )
        .filter(|addresses: &HashMap<_, _>| !addresses.is_empty()),
    }
}

/// The same map as bollard wants it.
pub(super) fn map<K: Clone + Eq + Hash, V: Clone>(map: &BTreeMap<K, V>) -> HashMap<K, V> {
    map.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_model::{Network, Owner, SpecHash, Volume};
    use serde_json::json;

    fn engine(minor: u32) -> Capabilities {
        Capabilities { engine: "Docker 20.10".into(), api: (1, minor), local: false }
    }

    fn network() -> Network {
        serde_json::from_value(json!({
            "key": "net", "name": "shop_net", "driver": "bridge", "driver_opts": {"mtu": "1400"}, "internal": true,
            "attachable": true, "enable_ipv6": false, "ipam": {"options": {"a": "b"}, "pools": [{"subnet": "172.30.0.0/16",
                "ip_range": "172.30.1.0/24", "gateway": "172.30.0.1", "aux_addresses": {"router": "172.30.0.9"}}]},
        }))
        .expect("a network")
    }

    #[test]
    fn every_field_of_a_network_reaches_the_engine() {
        let labels = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        let new = NewNetwork { network: network(), labels, spec_hash: SpecHash::from("h") };
        let request = serde_json::to_value(network_request(&new, &engine(41)).expect("a request")).expect("JSON");
        assert_eq!(
            request,
            json!({"Name": "shop_net", "Driver": "bridge", "Internal": true, "Attachable": true, "EnableIPv6": false,
                "Options": {"mtu": "1400"}, "Labels": {"a": "b"}, "IPAM": {"Driver": "default", "Options": {"a": "b"},
                "Config": [{"Subnet": "172.30.0.0/16", "IPRange": "172.30.1.0/24", "Gateway": "172.30.0.1",
                    "AuxiliaryAddresses": {"router": "172.30.0.9"}}]}})
        );
    }

    #[test]
    fn no_ipv4_needs_a_newer_engine() {
        let network = Network { enable_ipv4: Some(false), ..network() };
        let new = NewNetwork { network, labels: BTreeMap::new(), spec_hash: SpecHash::from("h") };
        assert!(network_request(&new, &engine(41)).is_err());
        assert_eq!(network_request(&new, &engine(48)).ok().and_then(|request| request.enable_ipv4), Some(false));
    }

    #[test]
    fn every_field_of_a_volume_reaches_the_engine() {
        let volume: Volume = serde_json::from_value(
            json!({"key": "data", "name": "shop_data", "driver": "local", "driver_opts": {"type": "tmpfs"}}),
        )
        .expect("a volume");
        let labels = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        let request = volume_request(&NewVolume { volume, labels, spec_hash: SpecHash::from("h") });
        assert_eq!(
            serde_json::to_value(request).expect("JSON"),
            json!({"Name": "shop_data", "Driver": "local", "DriverOpts": {"type": "tmpfs"}, "Labels": {"a": "b"}})
        );
    }

    #[test]
    fn networks_and_volumes_as_the_engine_tells_them() {
        let network = json!({"Id": "n1", "Name": "shop_net", "Labels": {"dev.evenkeel.stack": "shop",
            "dev.evenkeel.spec-hash": "h"}, "IPAM": {"Config": [{"Subnet": "172.30.0.0/16"}, {"Subnet": "fd00::/64"}]}});
        let listed = listed_network(serde_json::from_value(network.clone()).expect("a network")).expect("a network");
        let inspected = inspected_network(serde_json::from_value(network).expect("a network")).expect("a network");
        assert_eq!(listed, inspected);
        assert_eq!(listed.2.owner, Owner::Evenkeel("shop".into()));
        assert_eq!(listed.2.subnets.len(), 2);
        let volume = json!({"Name": "shop_data", "Driver": "local", "Mountpoint": "/v", "Labels": {"dev.evenkeel.stack":
            "shop", "dev.evenkeel.epoch": "2"}, "Options": null, "Scope": "local"});
        let (name, volume) = observed_volume(serde_json::from_value(volume).expect("a volume"));
        assert_eq!((name.as_str(), volume.epoch), ("shop_data", 2));
    }
}
