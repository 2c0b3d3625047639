//! What would fail half way, found before the first mutation: all findings at once, with what the machine gives reason to advise.

mod memory;
mod subnets;
mod writable;

pub use subnets::overlap;

use crate::finding::FindingCode as Code;
use crate::view::{ServiceView, View, shared_services};
use crate::{Finding, Input, Severity, volume_differs};
use evenkeel_model::{
    Availability, Container, ContainerName, ImageRef, MountSource, Object, Owner, Port, Protocol, PullPolicy,
    ServiceName, Survey, SurveyRequest, Target,
};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What must be looked at to judge a stack: only for the services that would be made or started.
pub fn survey_request(input: Input<'_>) -> SurveyRequest {
    let view = View::new(input);
    let mut request = SurveyRequest::default();
    for service in wanted(&view) {
        let spec = &service.service.container;
        if let Some(image) = &spec.image
            && !is_built(&view, image)
            && !input.observed.images.contains_key(image)
        {
            request.absent.insert(image.clone());
            if service.service.pull_policy != PullPolicy::Never {
                request.images.insert(image.clone());
            }
        }
        for mount in &spec.mounts {
            if let MountSource::Bind { path, create_host_path: false, .. } = &mount.source {
                request.bind_sources.insert(path.clone());
            }
        }
        request.externals.extend(unseen_externals(&view, service));
        request.memory |= memory::matters(service);
        writable::ask(&view, service, &mut request);
        if will_start(&view, service) {
            request.ports.extend(fixed_ports(service).map(|(port, number)| (number, port.protocol)));
        }
    }
    request
}

/// The external networks and volumes of a service that have not been observed.
fn unseen_externals(view: &View<'_>, service: &ServiceView<'_>) -> Vec<Object> {
    let (stack, observed) = (&view.input.desired.stack, view.input.observed);
    let spec = &service.service.container;
    let networks = spec.networks.keys().filter(|name| {
        stack.networks.get(*name).is_some_and(|network| network.external) && !observed.networks.contains_key(*name)
    });
    let volumes = spec.mounts.iter().filter_map(|mount| match &mount.source {
        MountSource::Volume { name, .. } => Some(name),
        _ => None,
    });
    let volumes = volumes.filter(|name| {
        stack.volumes.get(*name).is_some_and(|volume| volume.external) && !observed.volumes.contains_key(*name)
    });
    networks.cloned().map(Object::Network).chain(volumes.cloned().map(Object::Volume)).collect()
}

/// Everything that stands in the way, and what a person should know beside it.
pub fn preflight(input: Input<'_>, survey: &Survey) -> Vec<Finding> {
    let view = View::new(input);
    let mut findings = Vec::new();
    for service in wanted(&view) {
        images(&view, service, survey, &mut findings);
        binds(service, survey, &mut findings);
        names(&view, service, &mut findings);
        ports(&view, service, survey, &mut findings);
        features(&view, service, &mut findings);
        shared(&view, service, &mut findings);
    }
    names_twice(&view, &mut findings);
    ports_twice(&view, &mut findings);
    used_networks(&view, survey, &mut findings);
    subnets::check(&view, survey, &mut findings);
    used_volumes(&view, survey, &mut findings);
    memory::check(&view, survey, &mut findings);
    writable::check(&view, survey, &mut findings);
    findings
}

/// Whether a service that is asked for builds this image, for itself or for others.
fn is_built(view: &View<'_>, image: &ImageRef) -> bool {
    wanted(view).any(|other| other.service.build.is_some() && other.service.container.image.as_ref() == Some(image))
}

fn wanted<'v, 'a>(view: &'v View<'a>) -> impl Iterator<Item = &'v ServiceView<'a>> {
    view.services
        .values()
        .filter(|service| view.target(service.name).is_some_and(Target::is_made) && !service.slots.is_empty())
}

/// Whether a container of the service is to be started: where one that fits runs already, its ports are its own.
fn will_start(view: &View<'_>, service: &ServiceView<'_>) -> bool {
    let stays = |container: &Container| container.is_running() && view.misfit(service, container).is_none();
    !service.slots.iter().all(|slot| slot.container.is_some_and(stays))
}

fn error(
    code: Code,
    service: Option<&ServiceName>,
    object: String,
    message: String,
    help: impl Into<String>,
) -> Finding {
    Finding { severity: Severity::Error, code, service: service.cloned(), object, message, help: help.into() }
}

fn images(view: &View<'_>, service: &ServiceView<'_>, survey: &Survey, findings: &mut Vec<Finding>) {
    let Some(image) = &service.service.container.image else { return };
    if view.input.observed.images.contains_key(image) || is_built(view, image) {
        return;
    }
    let why = match survey.images.get(image) {
        Some(Availability::Unavailable(why)) => why.clone(),
        None if service.service.pull_policy == PullPolicy::Never => "pull_policy is `never`".to_owned(),
        Some(Availability::Present | Availability::Pullable) | None => return,
    };
    let message = format!("service {} needs it, it is not on the engine and cannot be pulled: {why}", service.name);
    let help = "pull or build it under this name by hand, name an image that is there, or bring the registry in reach";
    findings.push(error(Code::ImageUnavailable, Some(service.name), format!("image {image}"), message, help));
}

fn binds(service: &ServiceView<'_>, survey: &Survey, findings: &mut Vec<Finding>) {
    for mount in &service.service.container.mounts {
        let MountSource::Bind { path, create_host_path: false, .. } = &mount.source else { continue };
        if survey.missing_paths.contains(path) {
            let message = format!("service {} mounts it on {}, and it does not exist", service.name, mount.target);
            let help = "create it, or set `bind.create_host_path: true`";
            findings.push(error(Code::BindMissing, Some(service.name), format!("path {path}"), message, help));
        }
    }
}

fn names(view: &View<'_>, service: &ServiceView<'_>, findings: &mut Vec<Finding>) {
    for container in service.slots.iter().filter_map(|slot| slot.container).filter(|container| !view.is_ours(container))
    {
        let message = format!("service {} needs this name, and {} has it", service.name, owner(&container.owner));
        let help = match &container.owner {
            Owner::Compose(project) => format!("take that project down first: `docker compose -p {project} down`"),
            Owner::Evenkeel(_) | Owner::Nobody => {
                "remove or rename that container, or choose another `container_name`".to_owned()
            }
        };
        let object = Object::Container(container.name.clone()).to_string();
        findings.push(error(Code::NameTaken, Some(service.name), object, message, help));
    }
}

/// Fixed names, among the services that are asked for: two that take turns may share one.
fn names_twice(view: &View<'_>, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<&ContainerName, &ServiceName> = BTreeMap::new();
    for service in wanted(view) {
        if let (Some(fixed), true) = (&service.service.container_name, service.slots.len() > 1) {
            let object = Object::Container(fixed.clone()).to_string();
            let message = format!("service {} has this one name for {} containers", service.name, service.slots.len());
            let help = "take `container_name` out of the file, or scale to one";
            findings.push(error(Code::ScaleConflict, Some(service.name), object, message, help));
        }
        for slot in &service.slots {
            if let Some(other) = seen.insert(&slot.name, service.name) {
                let object = Object::Container(slot.name.clone()).to_string();
                let message = format!("services {other} and {} both have this name for their container", service.name);
                let help = "change one `container_name`, or bring up only one of them";
                findings.push(error(Code::NameTwice, Some(service.name), object, message, help));
            }
        }
    }
}

/// With `--no-deps` the container whose namespace or mounts a service shares must be there already.
fn shared(view: &View<'_>, service: &ServiceView<'_>, findings: &mut Vec<Finding>) {
    let missing = |name: &&&ServiceName| {
        let other = view.services.get(*name).filter(|_| !view.target(name).is_some_and(Target::is_made));
        other.is_some_and(|other| other.slots.first().is_none_or(|slot| slot.container.is_none()))
    };
    for name in shared_services(service.service).iter().filter(missing) {
        let message = format!("service {} shares its namespace or volumes, and its container is missing", service.name);
        let help = format!("bring it up too: `evenkeel up {name}`, or leave `--no-deps` out");
        findings.push(error(Code::SharedMissing, Some(service.name), format!("service {name}"), message, help));
    }
}

fn owner(owner: &Owner) -> String {
    match owner {
        Owner::Evenkeel(stack) => format!("stack {stack}"),
        Owner::Compose(project) => format!("Compose's project {project}"),
        Owner::Nobody => "a container that Evenkeel did not make".to_owned(),
    }
}

/// Published ports with one fixed number on the host.
fn fixed_ports<'a>(service: &'a ServiceView<'_>) -> impl Iterator<Item = (&'a Port, u16)> {
    let ports = service.service.container.ports.iter();
    ports
        .filter_map(|port| Some((port, port.published.as_deref()?.parse::<u16>().ok()?)))
        .filter(|(_, number)| *number != 0)
}

fn ports(view: &View<'_>, service: &ServiceView<'_>, survey: &Survey, findings: &mut Vec<Finding>) {
    if !will_start(view, service) {
        return;
    }
    for (port, number) in fixed_ports(service) {
        let stack = &view.input.desired.stack.name;
        let taken = survey.ports.iter().find(|used| {
            let own = used.container.as_ref().is_some_and(|(_, owner)| owner.is(stack));
            !own && used.port == number && used.protocol == port.protocol && overlaps(port.host_ip, Some(used.ip))
        });
        if let Some(used) = taken {
            let object = format!("port {number}/{}", port.protocol.as_str());
            let message = format!("service {} publishes it, and {} has it", service.name, used.by);
            findings.push(error(
                Code::PortTaken,
                Some(service.name),
                object,
                message,
                "stop that, or publish another port",
            ));
        }
    }
}

/// Two addresses on which one port cannot be bound twice; none is all of them.
fn overlaps(one: Option<IpAddr>, other: Option<IpAddr>) -> bool {
    let all = |ip: Option<IpAddr>| ip.is_none_or(|ip| ip.is_unspecified());
    all(one) || all(other) || one == other
}

/// The address of the host on which a service publishes a port.
type Publisher<'a> = (Option<IpAddr>, &'a ServiceName);

fn ports_twice(view: &View<'_>, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<(u16, Protocol), Vec<Publisher<'_>>> = BTreeMap::new();
    for service in wanted(view) {
        for (port, number) in fixed_ports(service) {
            let object = format!("port {number}/{}", port.protocol.as_str());
            if service.slots.len() > 1 {
                let message =
                    format!("service {} publishes it and has {} containers", service.name, service.slots.len());
                let help = "publish a range of ports, or only the container's port, or scale to one";
                findings.push(error(Code::ScaleConflict, Some(service.name), object.clone(), message, help));
            }
            let others = seen.entry((number, port.protocol)).or_default();
            if let Some((_, other)) = others.iter().find(|(ip, _)| overlaps(*ip, port.host_ip)) {
                let message = format!("services {other} and {} both publish it", service.name);
                findings.push(error(Code::PortTwice, Some(service.name), object, message, "publish different ports"));
            }
            others.push((port.host_ip, service.name));
        }
    }
}

/// Features by the lowest API version that has them.
fn features(view: &View<'_>, service: &ServiceView<'_>, findings: &mut Vec<Finding>) {
    let spec = &service.service.container;
    let mut needs: Vec<(&str, (u32, u32))> = Vec::new();
    for mount in &spec.mounts {
        match &mount.source {
            MountSource::Image { .. } => needs.push(("a mount of type image", (1, 48))),
            MountSource::Volume { subpath: Some(_), .. } => needs.push(("volume.subpath", (1, 45))),
            _ => {}
        }
    }
    for attachment in spec.networks.values() {
        let gated = [
            (attachment.mac_address.is_some(), "a network's mac_address", (1, 44)),
            (attachment.gw_priority.is_some(), "gw_priority", (1, 48)),
            (attachment.interface_name.is_some(), "interface_name", (1, 49)),
        ];
        needs.extend(gated.into_iter().filter(|(used, _, _)| *used).map(|(_, name, api)| (name, api)));
    }
    let capabilities = &view.input.observed.capabilities;
    for (feature, (major, minor)) in needs.into_iter().filter(|(_, (a, b))| !capabilities.api_at_least(*a, *b)) {
        let (has_major, has_minor) = capabilities.api;
        let message = format!(
            "service {} uses {feature}, which needs API {major}.{minor}; {} has {has_major}.{has_minor}",
            service.name, capabilities.engine
        );
        let help = "upgrade the engine, or leave this out";
        findings.push(error(
            Code::EngineTooOld,
            Some(service.name),
            format!("service {}", service.name),
            message,
            help,
        ));
    }
}

fn used_networks(view: &View<'_>, survey: &Survey, findings: &mut Vec<Finding>) {
    let stack = &view.input.desired.stack;
    let used: BTreeMap<_, _> =
        wanted(view).flat_map(|s| s.service.container.networks.keys().map(|name| (name, s.name))).collect();
    for (name, service) in used {
        let Some(network) = stack.networks.get(name) else { continue };
        let came = survey.came.contains(&Object::Network(name.clone()));
        let object = Object::Network(name.clone()).to_string();
        let there = view.input.observed.networks.get(name);
        if network.external {
            if there.is_none() && !came && !network.create {
                let message = format!("service {service} uses it, it is declared external and does not exist");
                let help = format!(
                    "create it: `docker network create {name}`, or let Evenkeel do so: `x-evenkeel: {{create: true}}`"
                );
                findings.push(error(Code::ExternalMissing, Some(service), object, message, help));
            }
            continue;
        }
        if let Some(there) = there.filter(|there| !there.owner.is(&stack.name)) {
            let message = format!("service {service} needs this name, and {} has it", owner_of_network(&there.owner));
            let help = "declare the network `external: true` to share it, or remove or rename it";
            findings.push(error(Code::NameTaken, Some(service), object, message, help));
        }
    }
}

fn owner_of_network(owner: &Owner) -> String {
    match owner {
        Owner::Evenkeel(stack) => format!("a network of stack {stack}"),
        Owner::Compose(project) => format!("a network of Compose's project {project}"),
        Owner::Nobody => "a network that Evenkeel did not make".to_owned(),
    }
}

fn used_volumes(view: &View<'_>, survey: &Survey, findings: &mut Vec<Finding>) {
    let stack = &view.input.desired.stack;
    for service in wanted(view) {
        for mount in &service.service.container.mounts {
            let MountSource::Volume { name, .. } = &mount.source else { continue };
            let Some(volume) = stack.volumes.get(name) else { continue };
            let object = Object::Volume(name.clone()).to_string();
            match view.input.observed.volumes.get(name) {
                None if volume.external && survey.came.contains(&Object::Volume(name.clone())) => {}
                None if volume.external => {
                    let message =
                        format!("service {} uses it, it is declared external and does not exist", service.name);
                    let help = format!("create it: `docker volume create {name}`");
                    findings.push(error(Code::ExternalMissing, Some(service.name), object, message, help));
                }
                Some(there)
                    if !volume.external
                        && !view.input.desired.intent.stale_volumes.contains(name)
                        && there.owner.is(&stack.name)
                        && volume_differs(there, volume) =>
                {
                    findings.push(Finding {
                        severity: Severity::Warning,
                        code: Code::VolumeChanged,
                        service: Some(service.name.clone()),
                        object,
                        message:
                            "its definition changed; the volume is left as it is, because a new one would be empty"
                                .to_owned(),
                        help: "remove it by hand if its data may go, or go back to the old definition".to_owned(),
                    });
                }
                _ => {}
            }
        }
    }
}
