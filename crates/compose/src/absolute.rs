//! Relative paths of a tree become absolute: those that name files of the host.

use crate::paths::Base;
use crate::tree::{Map, Node, Value};

/// Resolves every path of a tree in its long form.
pub(crate) fn resolve(tree: &mut Map, base: &Base<'_>) {
    if let Some(services) = tree.map_mut("services") {
        for (_, service) in services.maps_mut() {
            resolve_service(service, base);
        }
    }
    for kind in ["configs", "secrets"] {
        let Some(objects) = tree.map_mut(kind) else { continue };
        for (_, object) in objects.maps_mut() {
            at_any(object, "file", base);
        }
    }
    if let Some(volumes) = tree.map_mut("volumes") {
        for (_, volume) in volumes.maps_mut() {
            bound_volume(volume, base);
        }
    }
}

/// Resolves the files that services extend.
pub(crate) fn resolve_extended(tree: &mut Map, base: &Base<'_>) {
    for (_, service) in tree.map_mut("services").into_iter().flat_map(Map::maps_mut) {
        if let Some(extends) = service.map_mut("extends") {
            at(extends, "file", base);
        }
    }
}

fn resolve_service(service: &mut Map, base: &Base<'_>) {
    if let Some(build) = service.map_mut("build") {
        if let Some(node) = build.get_mut("context") {
            context(node, base);
        }
        if let Some(contexts) = build.map_mut("additional_contexts") {
            for (_, entry) in contexts.iter_mut() {
                context(&mut entry.node, base);
            }
        }
        if let Some(keys) = build.map_mut("ssh") {
            for (_, entry) in keys.iter_mut() {
                base.resolve_any(&mut entry.node);
            }
        }
    }
    for file in items(service, "env_file").filter_map(Node::as_map_mut) {
        at(file, "path", base);
    }
    for file in items(service, "label_file") {
        base.resolve(file);
    }
    if let Some(develop) = service.map_mut("develop") {
        for watch in items(develop, "watch").filter_map(Node::as_map_mut) {
            at(watch, "path", base);
        }
    }
    for volume in items(service, "volumes").filter_map(Node::as_map_mut) {
        if volume.text("type") == Some("bind") {
            at_any(volume, "source", base);
        }
    }
}

fn items<'a>(map: &'a mut Map, key: &str) -> impl Iterator<Item = &'a mut Node> {
    map.get_mut(key).and_then(Node::as_list_mut).into_iter().flatten()
}

fn at(map: &mut Map, key: &str, base: &Base<'_>) {
    if let Some(node) = map.get_mut(key) {
        base.resolve(node);
    }
}

fn at_any(map: &mut Map, key: &str, base: &Base<'_>) {
    if let Some(node) = map.get_mut(key) {
        base.resolve_any(node);
    }
}

fn context(node: &mut Node, base: &Base<'_>) {
    if let Some(path) = node.as_text() {
        node.value = Value::Text(base.context(path));
    }
}

/// A volume of the local driver with `o: bind` is a directory of the host.
fn bound_volume(volume: &mut Map, base: &Base<'_>) {
    if volume.text("driver") != Some("local") {
        return;
    }
    if let Some(options) = volume.map_mut("driver_opts")
        && options.text("o") == Some("bind")
    {
        at_any(options, "device", base);
    }
}
