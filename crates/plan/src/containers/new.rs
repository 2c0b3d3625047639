//! The full description of a container to be made: names resolved, labels and endpoints complete.

use super::succession::ancestor;
use crate::view::{ServiceView, Slot, View};
use evenkeel_model::{
    Attachment, ContainerName, ContainerSpec, NamespaceMode, NetworkMode, NetworkName, NewContainer, ServiceName,
    Target, labels,
};
use std::collections::BTreeMap;

pub(super) fn new_container(view: &View<'_>, service: &ServiceView<'_>, slot: &Slot<'_>) -> NewContainer {
    let spec = &service.service.container;
    let mut endpoints: Vec<_> = endpoints(service, &slot.name).collect();
    // Compose's order: the highest priority first, then by name.
    endpoints.sort_by_key(|(_, attachment)| std::cmp::Reverse(attachment.priority.unwrap_or(0)));
    NewContainer {
        name: slot.name.clone(),
        spec: resolved(view, spec),
        labels: all_labels(view, service, slot),
        endpoints,
        links: links(view, spec),
        inherits: ancestor(view, service, slot),
    }
}

/// How a container joins its networks: under its own name, its service's, and the file's aliases.
pub(super) fn endpoints(
    service: &ServiceView<'_>,
    container: &ContainerName,
) -> impl Iterator<Item = (NetworkName, Attachment)> {
    service.service.container.networks.iter().map(move |(network, attachment)| {
        let mut aliases = vec![container.to_string(), service.name.to_string()];
        for alias in &attachment.aliases {
            if !aliases.contains(alias) {
                aliases.push(alias.clone());
            }
        }
        (network.clone(), Attachment { aliases, ..attachment.clone() })
    })
}

/// References to services become references to containers.
pub(crate) fn resolved(view: &View<'_>, spec: &ContainerSpec) -> ContainerSpec {
    let mut spec = spec.clone();
    let first = |name: &ServiceName| view.first_slot(name);
    if let NetworkMode::Service(name) = &spec.network_mode
        && let Some(container) = first(name)
    {
        spec.network_mode = NetworkMode::Container(container);
    }
    let modes = [&mut spec.pid, &mut spec.ipc, &mut spec.uts].into_iter().flatten();
    for mode in modes.chain(spec.volumes_from.iter_mut().map(|from| &mut from.from)) {
        if let NamespaceMode::Service(name) = mode
            && let Some(container) = first(name)
        {
            *mode = NamespaceMode::Container(container);
        }
    }
    spec
}

/// Links to containers that are there or will be. The engine refuses one to a container that is not, and `--no-deps` means to do
/// without.
pub(crate) fn links(view: &View<'_>, spec: &ContainerSpec) -> Vec<String> {
    let mut links = Vec::new();
    for (name, alias) in &spec.links {
        let Some(service) = view.services.get(name) else { continue };
        let made = view.target(name).is_some_and(Target::is_made);
        let slots = service.slots.iter().filter(|slot| made || slot.container.is_some());
        for slot in slots {
            // Compose's three names for each.
            let stack = &view.input.desired.stack.name;
            let names = [alias.clone(), format!("{name}-{}", slot.number), format!("{stack}-{name}-{}", slot.number)];
            links.extend(names.iter().map(|known| format!("{}:{known}", slot.name)));
        }
    }
    links.extend(spec.external_links.iter().map(|(container, alias)| format!("{container}:{alias}")));
    links
}

/// The file's labels, Compose's, so that its commands see our containers, and ours.
fn all_labels(view: &View<'_>, service: &ServiceView<'_>, slot: &Slot<'_>) -> BTreeMap<String, String> {
    let mut all = labels(view, service, &service.service.container);
    let parents = view.parents(service.service);
    let shared: Vec<&str> =
        parents.iter().filter_map(|parent| Some(&*view.input.observed.containers.get(parent)?.id)).collect();
    if !shared.is_empty() {
        all.insert(labels::SHARES.to_owned(), shared.join(","));
    }
    all.insert(labels::NUMBER.to_owned(), slot.number.to_string());
    if ancestor(view, service, slot).is_some() {
        all.insert(labels::REPLACE.to_owned(), format!("{}-{}", service.name, slot.number));
    }
    all
}

/// The labels of every container of a service that is made from this.
pub(crate) fn labels(view: &View<'_>, service: &ServiceView<'_>, spec: &ContainerSpec) -> BTreeMap<String, String> {
    let desired = view.input.desired;
    let stack = &desired.stack;
    let mut all = spec.labels.clone();
    let image = spec.image.as_ref().and_then(|image| view.input.observed.images.get(image));
    let depends_on: Vec<String> = (service.service.depends_on.iter())
        .map(|(name, dependency)| format!("{name}:{}:{}", dependency.condition.as_str(), dependency.restart))
        .collect();
    let compose = [
        (labels::PROJECT, stack.name.to_string()),
        (labels::SERVICE, service.name.to_string()),
        (labels::ONE_OFF, "False".to_owned()),
        (labels::CONFIG_HASH, config_hash(service)),
        (labels::DEPENDS_ON, depends_on.join(",")),
        (labels::WORKING_DIR, stack.working_dir.clone()),
        (labels::CONFIG_FILES, stack.config_files.join(",")),
        (labels::VERSION, env!("CARGO_PKG_VERSION").to_owned()),
        (labels::IMAGE, image.map(ToString::to_string).unwrap_or_default()),
    ];
    let ours = [
        (labels::STACK, stack.name.to_string()),
        (labels::SPEC_HASH, service.hash.to_string()),
        (labels::EPOCH, desired.intent.epoch.to_string()),
        (labels::GENERATION, desired.generation.to_string()),
    ];
    if !stack.env_files.is_empty() {
        all.insert(labels::ENVIRONMENT_FILE.to_owned(), stack.env_files.join(","));
    }
    let files = spec.files.len();
    if files > 0 {
        all.insert(labels::FILES.to_owned(), files.to_string());
    }
    all.extend(compose.into_iter().chain(ours).map(|(key, value)| (key.to_owned(), value)));
    all
}

/// Compose's own hash, so that `docker compose` sees that nothing has changed; ours for what an older loader has read.
fn config_hash(service: &ServiceView<'_>) -> String {
    match service.service.config_hash.as_str() {
        "" => service.hash.to_string(),
        hash => hash.to_owned(),
    }
}
