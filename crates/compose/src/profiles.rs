//! Which services are switched on, and which resources those use.

use crate::codes;
use crate::diagnostic::Report;
use crate::suggestion;
use crate::tree::{Map, Node, Place};
use std::collections::{BTreeMap, BTreeSet};

/// The services of a project that profiles switch off, with the profiles that would switch them on.
pub(crate) type Disabled = BTreeMap<String, Vec<String>>;

/// Takes the services out that no profile switches on. A service that is asked for by name brings its own profiles.
/// The services that were taken out follow.
pub(crate) fn select(tree: &mut Map, profiles: &[String], asked: &[String]) -> (Disabled, Map) {
    let mut active: BTreeSet<String> = profiles.iter().cloned().collect();
    let Some(services) = tree.map_mut("services") else { return (Disabled::new(), Map::default()) };
    for name in asked {
        active.extend(services.map(name).map(of).unwrap_or_default());
    }
    let (mut disabled, mut out) = (Disabled::new(), Map::default());
    services.retain(|name, entry| {
        let own = entry.node.as_map().map(of).unwrap_or_default();
        let enabled = own.is_empty() || active.contains("*") || own.iter().any(|profile| active.contains(profile));
        if !enabled {
            disabled.insert(name.clone(), own);
            out.insert(name.clone(), entry.clone());
        }
        enabled
    });
    (disabled, out)
}

/// Warns of profiles that were asked for and that no service has: most likely they are misspelt, and Compose says nothing.
pub(crate) fn warn_of_unknown(tree: &Map, profiles: &[String], report: &Report) {
    let known: BTreeSet<String> =
        tree.map("services").into_iter().flat_map(Map::maps).flat_map(|(_, service)| of(service)).collect();
    for profile in profiles.iter().filter(|profile| *profile != "*" && !known.contains(*profile)) {
        let message = format!("no service has the profile `{profile}`");
        let help = suggestion::did_you_mean_or_list(profile, known.iter().map(String::as_str), "the profiles are");
        report.warning(Place::default(), codes::UNKNOWN_PROFILE, message, Some(help));
    }
}

/// Keeps these services and all that they depend on; nothing named keeps all.
pub(crate) fn keep_only(tree: &mut Map, named: &[String]) {
    if named.is_empty() {
        return;
    }
    let Some(services) = tree.map_mut("services") else { return };
    let mut open: Vec<String> = named.to_vec();
    let mut kept = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(service) = services.map(&name)
            && kept.insert(name.clone())
        {
            open.extend(service.map("depends_on").into_iter().flat_map(Map::keys).cloned());
        }
    }
    services.retain(|name, _| kept.contains(name));
}

fn of(service: &Map) -> Vec<String> {
    service.list("profiles").into_iter().flatten().filter_map(Node::as_text).map(str::to_owned).collect()
}

/// Drops networks, volumes, secrets, configs and models that no service uses, and gives them back.
pub(crate) fn drop_unused(tree: &mut Map) -> Vec<(&'static str, Map)> {
    let mut used: BTreeSet<(&'static str, String)> = BTreeSet::new();
    for (_, service) in tree.map("services").into_iter().flat_map(Map::maps) {
        for key in service.map("networks").into_iter().flat_map(Map::keys) {
            used.insert(("networks", key.clone()));
        }
        for volume in service.list("volumes").into_iter().flatten().filter_map(Node::as_map) {
            if volume.text("type") == Some("volume") {
                used.extend(volume.text("source").map(|source| ("volumes", source.to_owned())));
            }
        }
        let sources = |map: &Map, key: &str| -> Vec<String> {
            let items = map.list(key).into_iter().flatten().filter_map(Node::as_map);
            items.filter_map(|item| item.text("source").map(str::to_owned)).collect()
        };
        used.extend(sources(service, "secrets").into_iter().map(|source| ("secrets", source)));
        used.extend(sources(service, "configs").into_iter().map(|source| ("configs", source)));
        used.extend(service.map("models").into_iter().flat_map(Map::keys).map(|model| ("models", model.clone())));
        if let Some(build) = service.map("build") {
            used.extend(sources(build, "secrets").into_iter().map(|source| ("secrets", source)));
        }
    }
    let mut dropped = Vec::new();
    for kind in ["networks", "volumes", "secrets", "configs", "models"] {
        let mut unused = Map::default();
        if let Some(resources) = tree.map_mut(kind) {
            resources.retain(|key, entry| {
                let keep = used.contains(&(kind, key.clone()));
                if !keep {
                    unused.insert(key.clone(), entry.clone());
                }
                keep
            });
        }
        dropped.push((kind, unused));
    }
    dropped
}
