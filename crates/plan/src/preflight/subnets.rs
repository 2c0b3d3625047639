//! Fixed subnets that overlap: what a network on the engine has, a route of the host, or what another network of the stack wants.

use super::{error, wanted};
use crate::finding::FindingCode as Code;
use crate::view::View;
use crate::{Finding, networks};
use evenkeel_model::{Network, Object, ServiceName, Survey};
use ipnet::IpNet;
use std::collections::BTreeMap;

/// A subnet that the file fixes.
struct Fixed<'a> {
    network: &'a Network,
    service: &'a ServiceName,
    subnet: IpNet,
}

/// Adds what is wrong with the subnets of the networks that the wanted services use.
pub(super) fn check(view: &View<'_>, survey: &Survey, findings: &mut Vec<Finding>) {
    let fixed = fixed(view);
    for (index, one) in fixed.iter().enumerate() {
        let object = Object::Network(one.network.name.clone()).to_string();
        let mut refuse = |message: String, help: &str| {
            findings.push(error(Code::SubnetOverlap, Some(one.service), object.clone(), message, help));
        };
        let used = survey.subnets.iter().filter(|used| used.network.as_deref() != Some(one.network.name.as_str()));
        if let (true, Some(used)) = (is_to_be_made(view, one.network), first(used, |used| used.subnet, one.subnet)) {
            let message = format!("its subnet {} overlaps {}, which {} has", one.subnet, used.subnet, used.by);
            refuse(message, "choose another subnet, or remove what has it");
        }
        if let Some(other) = first(&fixed[..index], |other| other.subnet, one.subnet) {
            let (subnet, whose) = (other.subnet, &other.network.name);
            let message =
                format!("its subnet {} overlaps {subnet}, which network {whose} of this stack wants", one.subnet);
            refuse(message, "choose another subnet for one of them");
        }
    }
}

/// The first of them whose subnet has an address that this one has too.
fn first<T>(of: impl IntoIterator<Item = T>, subnet: impl Fn(&T) -> IpNet, wanted: IpNet) -> Option<T> {
    of.into_iter().find(|one| overlap(subnet(one), wanted))
}

/// Whether two subnets have an address in common: then one holds the other.
pub fn overlap(one: IpNet, other: IpNet) -> bool {
    one.contains(&other) || other.contains(&one)
}

/// By network, in the order of their names.
fn fixed<'a>(view: &View<'a>) -> Vec<Fixed<'a>> {
    let networks = &view.input.desired.stack.networks;
    let users = wanted(view).flat_map(|it| it.service.container.networks.keys().map(|name| (name, it.name)));
    let users: BTreeMap<_, _> = users.collect();
    let own = users.into_iter().filter_map(|(name, service)| Some((networks.get(name)?, service)));
    own.filter(|(network, _)| !network.external)
        .flat_map(|(network, service)| {
            let pools = network.ipam.iter().flat_map(|ipam| &ipam.pools);
            pools.filter_map(|pool| pool.subnet).map(move |subnet| Fixed { network, service, subnet })
        })
        .collect()
}

/// One that is there and stays has its subnets already.
fn is_to_be_made(view: &View<'_>, network: &Network) -> bool {
    !view.input.observed.networks.contains_key(&network.name) || networks::must_be_replaced(view, &network.name)
}
