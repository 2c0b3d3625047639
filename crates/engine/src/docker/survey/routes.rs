//! Subnets that the host has routes to, other than through the engine's bridges.

use evenkeel_probe::proc_net::address;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::fs;
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

/// A route to a subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    /// Where to.
    pub(super) subnet: IpNet,
    /// By which interface.
    pub(super) interface: String,
}

/// All routes of a network namespace that a new network must not overlap, by its `/proc/PID/net`.
pub(super) fn routes(net: &Path) -> Vec<Route> {
    let read = |list: &str| fs::read_to_string(net.join(list)).unwrap_or_default();
    let (v4, v6) = (read("route"), read("ipv6_route"));
    let mut routes: Vec<Route> = ipv4(&v4).chain(ipv6(&v6)).filter(matters).collect();
    routes.dedup();
    routes
}

/// Neither the default route, nor one within this host or link, nor one of the engine's own bridges.
fn matters(route: &Route) -> bool {
    let own = |interface: &str| {
        interface == "lo"
            || interface.starts_with("docker")
            || interface.strip_prefix("br-").is_some_and(|id| id.len() == 12)
    };
    let inner = match route.subnet {
        IpNet::V4(net) => net.addr().is_loopback() || net.addr().is_multicast() || net.addr().is_link_local(),
        IpNet::V6(net) => {
            net.prefix_len() == 128
                || net.addr().is_loopback()
                || net.addr().is_multicast()
                || net.addr().is_unicast_link_local()
        }
    };
    route.subnet.prefix_len() > 0 && !own(&route.interface) && !inner
}

/// `/proc/net/route`: interface, destination, …, mask in the eighth column, in the host's byte order.
fn ipv4(list: &str) -> impl Iterator<Item = Route> + '_ {
    list.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_whitespace();
        let interface = fields.next()?.to_owned();
        let (IpAddr::V4(to), IpAddr::V4(mask)) = (address(fields.next()?)?, address(fields.nth(5)?)?) else {
            return None;
        };
        Some(Route { subnet: Ipv4Net::with_netmask(to, mask).ok()?.trunc().into(), interface })
    })
}

/// `/proc/net/ipv6_route`: destination and prefix length in network byte order, …, interface last.
fn ipv6(list: &str) -> impl Iterator<Item = Route> + '_ {
    list.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let to = u128::from_str_radix(fields.first()?, 16).ok()?;
        let length = u8::from_str_radix(fields.get(1)?, 16).ok()?;
        let interface = (*fields.get(9)?).to_owned();
        Some(Route { subnet: Ipv6Net::new(Ipv6Addr::from(to), length).ok()?.trunc().into(), interface })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn routes_that_matter() {
        let v4 = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
            eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
            eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n\
            tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n\
            docker0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n\
            br-0123456789ab\t000013AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n\
            br-lan\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        let v6 = "fd000000000000000000000000000000 40 00000000000000000000000000000000 00 \
            00000000000000000000000000000000 00000100 00000001 00000000 00000001 wg0\n\
            fe800000000000000000000000000000 40 00000000000000000000000000000000 00 \
            00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth0\n";
        let found: Vec<String> = ipv4(v4)
            .chain(ipv6(v6))
            .filter(matters)
            .map(|route| format!("{} {}", route.subnet, route.interface))
            .collect();
        assert_eq!(found, ["172.17.0.0/16 eth0", "10.0.0.0/8 tun0", "192.168.0.0/24 br-lan", "fd00::/64 wg0"]);
    }
}
