//! Short forms become long forms, so that later stages know one form of everything.
//!
//! Values of a wrong kind are left as they are: the shapes have been checked, or will be once a base is merged.

pub(crate) mod ports;
pub(crate) mod volumes;

use crate::codes;
use crate::diagnostic::Report;
use crate::merge;
use crate::tree::{Entry, Map, Mark, Node, Value};
use std::cell::Cell;

/// Brings a whole tree into its long form. Where variables are left as they stand, a short form that does not read
/// stays as it is.
pub(crate) fn canonical(tree: &mut Map, with_variables: bool, ports_left: &Cell<usize>, report: &Report) {
    for (name, service) in tree.map_mut("services").into_iter().flat_map(Map::maps_mut) {
        ulimits(service, &format!("services.{name}"), report);
        if let Some(build) = service.map_mut("build") {
            ulimits(build, &format!("services.{name}.build"), report);
        }
        for key in ["expose", "ports"] {
            whole_numbers(service, key, &format!("services.{name}.{key}"), report);
        }
        for key in ["ports", "devices", "volumes"] {
            targeted(service, key, &format!("services.{name}.{key}"), report);
        }
        if let Some(build) = service.map_mut("build").filter(|_| !with_variables) {
            build_assignments(build, &format!("services.{name}.build"), report);
        }
    }
    let report = if with_variables { &Report::default() } else { report };
    if let Some(services) = tree.map_mut("services") {
        for (name, service) in services.maps_mut() {
            canonical_service(name, service, with_variables, ports_left, report);
        }
    }
    for kind in ["volumes", "networks", "secrets", "configs"] {
        let Some(resources) = tree.map_mut(kind) else { continue };
        for (name, resource) in resources.maps_mut() {
            external(&format!("{kind}.{name}"), resource, report);
        }
    }
}

fn canonical_service(name: &str, service: &mut Map, with_variables: bool, ports_left: &Cell<usize>, report: &Report) {
    let keys: Vec<String> = service.keys().cloned().collect();
    for key in keys {
        let Some(node) = service.get_mut(&key) else { continue };
        let path = format!("services.{name}.{key}");
        let before = with_variables.then(|| node.clone());
        match key.as_str() {
            "build" => build(node),
            "configs" | "secrets" => each(node, sourced),
            "depends_on" => depends_on(node),
            "develop" => develop(node),
            "devices" => each(node, |item| device(item, &path, report)),
            "dns" => dns(node),
            "env_file" => env_files(node),
            "extends" => text_as(node, "service"),
            "gpus" => gpus(node),
            "label_file" => list_of_one(node),
            "models" | "networks" => names_to_null(node),
            "ports" => ports::expand(node, &path, ports_left, report),
            "volumes" => each(node, |item| volumes::expand(item, &path, report)),
            _ => {}
        }
        if let Some(before) = before {
            restore(node, &before, key == "ports");
        }
    }
}

/// Puts back what could not be read: a whole list of ports, whose ranges are not known, or single items.
fn restore(node: &mut Node, before: &Node, is_whole: bool) {
    let (Some(items), Some(old)) = (node.as_list_mut(), before.as_list()) else { return };
    let broken = |item: &Node| matches!(item.value, Value::Broken);
    if is_whole || items.len() != old.len() {
        if items.iter().any(broken) {
            node.value = before.value.clone();
        }
        return;
    }
    for (item, old) in items.iter_mut().zip(old) {
        if broken(item) {
            *item = old.clone();
        }
    }
}

fn each(node: &mut Node, change: impl Fn(&mut Node)) {
    if let Some(items) = node.as_list_mut() {
        items.iter_mut().for_each(change);
    }
}

/// Text as a mapping with one key.
fn text_as(node: &mut Node, key: &str) {
    if let Value::Text(text) = &node.value {
        let mut map = Map::default();
        map.set(key, node.with(Value::Text(text.clone())));
        node.value = Value::Map(map);
    }
}

fn sourced(item: &mut Node) {
    text_as(item, "source");
}

fn list_of_one(node: &mut Node) {
    if let Value::Text(text) = &node.value {
        node.value = Value::List(vec![node.with(Value::Text(text.clone()))]);
    }
}

fn dns(node: &mut Node) {
    list_of_one(node);
    if let Some(items) = node.as_list_mut() {
        items.retain(|item| !item.is_null() && item.as_text() != Some(""));
    }
}

fn build(node: &mut Node) {
    text_as(node, "context");
    let Some(build) = node.as_map_mut() else { return };
    if let Some(secrets) = build.get_mut("secrets") {
        each(secrets, sourced);
    }
    for key in ["provenance", "sbom"] {
        if let Some(node) = build.get_mut(key)
            && let Some(text) = node.value.to_text()
        {
            node.value = Value::Text(text);
        }
    }
    for key in ["additional_contexts", "ssh"] {
        if let Some(node) = build.get_mut(key) {
            assignments(node);
        }
    }
}

/// A list of `key=value` as a mapping.
pub(crate) fn assignments(node: &mut Node) {
    let Value::List(items) = &node.value else { return };
    let mut map = Map::default();
    for item in items {
        let Some(text) = item.as_text() else { continue };
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Value::Text(value.to_owned())),
            None => (text, Value::Null),
        };
        let mut node = item.with(value);
        node.mark = Some(Mark::Listed);
        map.insert(key.to_owned(), Entry { key_place: item.place, node });
    }
    node.value = Value::Map(map);
}

fn names_to_null(node: &mut Node) {
    let Value::List(items) = &node.value else { return };
    let mut map = Map::default();
    for item in items {
        let Some(name) = item.as_text() else { continue };
        map.insert(name.to_owned(), Entry { key_place: item.place, node: item.with(Value::Null) });
    }
    node.value = Value::Map(map);
}

fn depends_on(node: &mut Node) {
    match &mut node.value {
        Value::List(items) => {
            let mut map = Map::default();
            for item in items.iter() {
                let Some(name) = item.as_text() else { continue };
                map.insert(name.to_owned(), Entry { key_place: item.place, node: merge::started(item) });
            }
            node.value = Value::Map(map);
        }
        Value::Map(map) => {
            for (_, entry) in map.iter_mut() {
                let place = entry.node.place;
                let Some(dependency) = entry.node.as_map_mut() else { continue };
                if !dependency.contains("condition") {
                    dependency.set("condition", Node::text("service_started", place));
                }
                if !dependency.contains("required") {
                    dependency.set("required", Node::new(Value::Bool(true), place));
                }
            }
        }
        _ => {}
    }
}

fn develop(node: &mut Node) {
    let watches = node.as_map_mut().and_then(|develop| develop.get_mut("watch"));
    let Some(watches) = watches.and_then(Node::as_list_mut) else { return };
    for watch in watches.iter_mut().filter_map(Node::as_map_mut) {
        for key in ["ignore", "include"] {
            if let Some(node) = watch.get_mut(key) {
                list_of_one(node);
            }
        }
    }
}

fn device(item: &mut Node, path: &str, report: &Report) {
    let Some(text) = item.as_text() else { return };
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, permissions) = match parts.as_slice() {
        [source] => (*source, "", "rwm"),
        [source, target] => (*source, *target, "rwm"),
        [source, target, permissions] => (*source, *target, *permissions),
        _ => {
            let message = format!("{path}: `{text}` has too many colons");
            report.value_error(item, codes::INVALID_VALUE, message, Some("use source, target and permissions as keys"));
            item.break_it();
            return;
        }
    };
    let target = if target.is_empty() { source } else { target };
    let mut map = Map::default();
    for (key, value) in [("source", source), ("target", target), ("permissions", permissions)] {
        map.set(key, item.with(Value::Text(value.to_owned())));
    }
    item.value = Value::Map(map);
}

fn env_files(node: &mut Node) {
    list_of_one(node);
    each(node, |item| {
        text_as(item, "path");
        let place = item.place;
        if let Some(map) = item.as_map_mut()
            && !map.contains("required")
        {
            map.set("required", Node::new(Value::Bool(true), place));
        }
    });
}

fn gpus(node: &mut Node) {
    if matches!(node.value, Value::Text(_)) {
        let mut all = Map::default();
        all.set("count", node.with(Value::Text("all".to_owned())));
        node.value = Value::List(vec![node.with(Value::Map(all))]);
    }
}

/// The long form of these needs a target, by which the items of a list are told from each other.
fn targeted(service: &mut Map, key: &str, path: &str, report: &Report) {
    for item in service.get_mut(key).and_then(Node::as_list_mut).into_iter().flatten() {
        let Some(map) = item.as_map() else { continue };
        if map.contains("target") || map.iter().any(|(_, entry)| matches!(entry.node.value, Value::Broken)) {
            continue;
        }
        let message = format!("{path}: the long form needs the key `target`");
        report.error_help(item.place, codes::MISSING_KEY, message, "add `target:`");
        item.break_it();
    }
}

/// Lists of `key=value` in which the value may not be left out.
fn build_assignments(build: &mut Map, path: &str, report: &Report) {
    for key in ["additional_contexts", "ssh"] {
        for item in build.get_mut(key).and_then(Node::as_list_mut).into_iter().flatten() {
            let is_open = item.as_text().is_some_and(|text| !text.contains('='));
            if is_open && (key != "ssh" || item.as_text() != Some("default")) {
                let message = format!("{path}.{key}: this names no value");
                report.value_error(item, codes::INVALID_VALUE, message, Some("write name=value"));
                item.break_it();
            }
        }
    }
}

/// A decimal number is no port.
fn whole_numbers(service: &mut Map, key: &str, path: &str, report: &Report) {
    for item in service.get_mut(key).and_then(Node::as_list_mut).into_iter().flatten() {
        if matches!(item.value, Value::Float(_)) {
            report.value_error(item, codes::WRONG_TYPE, format!("{path}: a port is a whole number"), None);
            item.break_it();
        }
    }
}

/// A limit must be a number by now: text has been read as one where it may stand for one.
fn ulimits(owner: &mut Map, path: &str, report: &Report) {
    for (name, entry) in owner.map_mut("ulimits").into_iter().flat_map(Map::iter_mut) {
        if matches!(entry.node.value, Value::Text(_) | Value::Float(_)) {
            let message = format!("{path}.ulimits.{name}: this is not a whole number");
            report.value_error(&entry.node, codes::INVALID_VALUE, message, None);
            entry.node.break_it();
        }
    }
}

/// `external: {name: x}`, as it was written long ago.
fn external(path: &str, resource: &mut Map, report: &Report) {
    let Some(node) = resource.get("external") else { return };
    let Some(old) = node.as_map() else { return };
    let old_name = old.get("name").cloned();
    let mut external = node.with(Value::Bool(true));
    external.place = node.place;
    if let Some(old_name) = old_name {
        let message = format!("{path}: a name under `external` is out of date");
        report.warning(node.place, codes::DEPRECATED, message, Some("write `external: true` and `name:` beside it"));
        match resource.get("name") {
            Some(name) if !name.same(&old_name) => {
                let message = format!("{path}: `name` and `external.name` differ");
                report.error_help(old_name.place, codes::CONFLICTING_VALUES, message, "keep `name` alone");
            }
            Some(_) => {}
            None => resource.set("name", old_name),
        }
    }
    resource.set("external", external);
}
