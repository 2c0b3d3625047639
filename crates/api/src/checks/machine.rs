//! Looks at the engine's machine as preflight does, whatever stack may come: memory, subnets, ports, and whether it can be looked at.

use super::{check, room};
use crate::state::ApiState;
use evenkeel_model::{Capabilities, Protocol, Stack, SubnetInUse, Survey, SurveyRequest};
use evenkeel_plan::overlap;
use evenkeel_wire::{Check, CheckState};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// All of them. A look that fails is a check that has failed.
pub async fn look(state: &ApiState, capabilities: &Capabilities) -> Vec<Check> {
    let views = state.control().views();
    let stacks: Vec<&Stack> = views.iter().map(|view| &view.desired.stack).collect();
    let wanted = wanted_ports(&stacks);
    let request = SurveyRequest { memory: true, ports: wanted.keys().copied().collect(), ..SurveyRequest::default() };
    let mut found = vec![reach(capabilities)];
    match state.control().engine().survey(&request).await {
        Ok(survey) => {
            found.extend(survey.data_dir.as_deref().map(|dir| room(Path::new(dir), "images and volumes")));
            found.extend(memory(&survey, &stacks));
            found.push(subnets(&survey.subnets));
            found.push(ports(&survey, &wanted));
        }
        Err(error) => found.push(check("machine", CheckState::Failed, error.to_string(), None)),
    }
    found
}

/// What the daemon may look at beyond the engine's own answers.
fn reach(capabilities: &Capabilities) -> Check {
    let name = "permissions";
    if !capabilities.local {
        let detail = "the engine is elsewhere: its paths, its processes' ports and its routes are not looked at";
        return check(name, CheckState::Ok, detail.to_owned(), None);
    }
    if nix::unistd::Uid::effective().is_root() {
        return check(name, CheckState::Ok, "root on the engine's host".to_owned(), None);
    }
    let detail = "not root: containers' networks are not entered, and others' processes have no names".to_owned();
    check(name, CheckState::Ok, detail, Some("run the daemon as root for early probes and `connections --check`"))
}

fn memory(survey: &Survey, stacks: &[&Stack]) -> Option<Check> {
    let machine = survey.memory_bytes?;
    let services = stacks.iter().flat_map(|stack| stack.services.values());
    let reserved = services.filter_map(|service| {
        let each = u64::try_from(service.container.memory_reservation_bytes?).ok()?;
        Some(each.saturating_mul(u64::from(service.scale)))
    });
    let reserved = reserved.fold(0, u64::saturating_add);
    let gib = |bytes: u64| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30));
    let detail = format!("{}; the stacks that are kept reserve {}", gib(machine), gib(reserved));
    let too_little = reserved > machine;
    let state = if too_little { CheckState::Warning } else { CheckState::Ok };
    let help = "they cannot all be up at once: lower the reservations, or keep fewer stacks";
    Some(check("memory", state, detail, too_little.then_some(help)))
}

/// A network of the engine and a route of the host that overlap: which of them is meant depends on who asks.
fn subnets(used: &[SubnetInUse]) -> Check {
    let (networks, routes): (Vec<_>, Vec<_>) = used.iter().partition(|subnet| subnet.network.is_some());
    let clashes = networks.iter().flat_map(|network| {
        let clash = routes.iter().filter(|route| overlap(network.subnet, route.subnet));
        clash.map(move |route| {
            format!("{} has {}, which overlaps {}: {}", network.by, network.subnet, route.subnet, route.by)
        })
    });
    let clashes: Vec<String> = clashes.collect();
    if clashes.is_empty() {
        let detail = format!("{} of networks, {} of routes, and none overlaps another's", networks.len(), routes.len());
        return check("subnets", CheckState::Ok, detail, None);
    }
    let help = "remove the network, or keep the engine's pools clear of the host's routes: `default-address-pools` in daemon.json";
    check("subnets", CheckState::Warning, clashes.join("; "), Some(help))
}

/// The stacks that publish each fixed port.
fn wanted_ports<'a>(stacks: &[&'a Stack]) -> BTreeMap<(u16, Protocol), BTreeSet<&'a str>> {
    let mut wanted: BTreeMap<(u16, Protocol), BTreeSet<&str>> = BTreeMap::new();
    for stack in stacks {
        for port in stack.services.values().flat_map(|service| &service.container.ports) {
            if let Some(number) = port.published.as_deref().and_then(|text| text.parse().ok()) {
                wanted.entry((number, port.protocol)).or_default().insert(stack.name.as_str());
            }
        }
    }
    wanted
}

/// Ports that stacks want, by whom somebody else has them, and those that several stacks want.
fn ports(survey: &Survey, wanted: &BTreeMap<(u16, Protocol), BTreeSet<&str>>) -> Check {
    let mut trouble = Vec::new();
    for ((number, protocol), stacks) in wanted {
        let port = format!("{number}/{}", protocol.as_str());
        let names: Vec<&str> = stacks.iter().copied().collect();
        let has = survey.ports.iter().find(|used| {
            let is_theirs = used.container.as_ref().is_some_and(
                |(_, owner)| matches!(owner, evenkeel_model::Owner::Evenkeel(stack) if stacks.contains(stack.as_str())),
            );
            (used.port, used.protocol) == (*number, *protocol) && !is_theirs
        });
        if let Some(used) = has {
            trouble.push(format!("{port}, of {}, is {}'s", names.join(" and "), used.by));
        }
        if names.len() > 1 {
            trouble.push(format!("{port} is wanted by {}", names.join(" and ")));
        }
    }
    if trouble.is_empty() {
        let detail = format!("{} that stacks publish, and nobody else has or wants one of them", wanted.len());
        return check("ports", CheckState::Ok, detail, None);
    }
    let help = "publish other ports, or bring up only one of them at a time";
    check("ports", CheckState::Warning, trouble.join("; "), Some(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_that_hide_what_the_host_reaches_are_told() {
        let used = |subnet: &str, network: Option<&str>| SubnetInUse {
            subnet: subnet.parse().expect("a subnet"),
            network: network.map(str::to_owned),
            by: network.map_or("the host's route via tun0".to_owned(), |name| format!("network {name}")),
        };
        let (bridge, tunnel) = (used("172.17.0.0/16", Some("bridge")), used("10.0.0.0/8", None));
        let fine = subnets(&[bridge.clone(), tunnel.clone()]);
        assert_eq!((fine.state, fine.help), (CheckState::Ok, None));
        let bad = subnets(&[bridge, tunnel, used("10.1.0.0/16", Some("shop_default"))]);
        assert_eq!(bad.state, CheckState::Warning);
        assert_eq!(
            bad.detail,
            "network shop_default has 10.1.0.0/16, which overlaps 10.0.0.0/8: the host's route via tun0"
        );
    }
}
