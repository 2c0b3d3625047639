//! What follows from a file without standing in it: the default network, names of resources, dependencies through links
//! and shared namespaces; and one form for lists and mappings that mean the same.

use crate::canonical::assignments;
use crate::codes;
use crate::diagnostic::Report;
use crate::paths;
use crate::shellwords;
use crate::tree::{Map, Mark, Node, Value};
use crate::variables::Variables;

/// Adds to a whole tree what follows from it.
pub(crate) fn normalise(tree: &mut Map, project: &str) {
    default_network(tree);
    for (_, service) in tree.map_mut("services").into_iter().flat_map(Map::maps_mut) {
        dependencies(service);
        if let Some(node) = service.get_mut("build") {
            dockerfile(node);
        }
        if service.text("pull_policy") == Some("if_not_present")
            && let Some(node) = service.get_mut("pull_policy")
        {
            node.value = Value::Text("missing".to_owned());
        }
        for volume in service.get_mut("volumes").and_then(Node::as_list_mut).into_iter().flatten() {
            if let Some(target) = volume.as_map_mut().and_then(|map| map.get_mut("target"))
                && let Some(text) = target.as_text()
            {
                target.value = Value::Text(paths::clean(text));
            }
        }
    }
    for kind in ["networks", "volumes", "secrets", "configs"] {
        name_resources(tree, kind, project);
    }
}

/// Brings values into the one form that later stages read: mappings of text, lists of words. Build arguments take the values of
/// variables, and go without one, only where the project is made whole.
pub(crate) fn values(tree: &mut Map, variables: &Variables<'_>, is_whole: bool, report: &Report) {
    for (name, service) in tree.map_mut("services").into_iter().flat_map(Map::maps_mut) {
        let path = format!("services.{name}");
        texts(service, &path, variables, is_whole, report);
        extensions(service, &path, report);
        required_files(service, &path, report);
        commands(service, &path, report);
        hooks(service, &path, report);
    }
    for kind in ["networks", "volumes", "secrets", "configs"] {
        for (_, resource) in tree.map_mut(kind).into_iter().flat_map(Map::maps_mut) {
            text_values(resource, "labels");
            if matches!(kind, "networks" | "volumes") {
                text_values(resource, "driver_opts");
            }
        }
    }
}

/// Drops build arguments without a value, for a document in which no variable has one.
pub(crate) fn drop_open_arguments(tree: &mut Map) {
    for (_, service) in tree.map_mut("services").into_iter().flat_map(Map::maps_mut) {
        let args = service.map_mut("build").and_then(|build| build.get_mut("args"));
        match args.map(|args| &mut args.value) {
            Some(Value::List(items)) => items.retain(|item| item.as_text().is_some_and(|text| text.contains('='))),
            Some(Value::Map(map)) => map.retain(|_, entry| !entry.node.is_null()),
            _ => {}
        }
    }
}

fn dockerfile(node: &mut Node) {
    let place = node.place;
    if let Some(build) = node.as_map_mut()
        && !build.contains("dockerfile")
        && !build.contains("dockerfile_inline")
    {
        build.set("dockerfile", Node::text("Dockerfile", place));
    }
}

fn default_network(tree: &mut Map) {
    let mut place = None;
    for (_, entry) in tree.map_mut("services").into_iter().flat_map(Map::iter_mut) {
        let at = entry.node.place;
        let Some(service) = entry.node.as_map_mut() else { continue };
        if service.contains("provider") || service.contains("network_mode") {
            continue;
        }
        match service.map("networks") {
            Some(networks) if !networks.is_empty() => {
                if networks.contains("default") {
                    place = Some(at);
                }
            }
            _ => {
                let mut networks = Map::default();
                networks.set("default", Node::new(Value::Null, at));
                service.set("networks", Node::map(networks, at));
                place = Some(at);
            }
        }
    }
    let Some(place) = place else { return };
    if !tree.contains("networks") {
        tree.set("networks", Node::map(Map::default(), place));
    }
    if let Some(networks) = tree.map_mut("networks")
        && !networks.contains("default")
    {
        networks.set("default", Node::new(Value::Null, place));
    }
}

/// Adds the dependencies that follow from links, shared namespaces and `volumes_from`.
fn dependencies(service: &mut Map) {
    let mut implied: Vec<(Node, String, bool)> = Vec::new();
    for link in service.list("links").into_iter().flatten() {
        if let Some(text) = link.as_text() {
            // With more than one colon nothing is an alias.
            let name = match text.split_once(':') {
                Some((name, alias)) if !alias.contains(':') => name,
                _ => text,
            };
            implied.push((link.clone(), name.to_owned(), true));
        }
    }
    for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        let Some(node) = service.get(key) else { continue };
        if let Some(name) = node.as_text().and_then(|text| text.strip_prefix("service:")) {
            implied.push((node.clone(), name.to_owned(), true));
        }
    }
    for from in service.list("volumes_from").into_iter().flatten() {
        if let Some(text) = from.as_text().filter(|text| !text.starts_with("container:")) {
            let name = text.split_once(':').map_or(text, |(name, _)| name);
            implied.push((from.clone(), name.to_owned(), false));
        }
    }
    if implied.is_empty() {
        return;
    }
    if !service.contains("depends_on") {
        service.set("depends_on", Node::map(Map::default(), implied[0].0.place));
    }
    let Some(depends_on) = service.map_mut("depends_on") else { return };
    for (node, name, restart) in implied {
        if depends_on.contains(&name) {
            continue;
        }
        let mut dependency = Map::default();
        dependency.set("condition", Node::text("service_started", node.place));
        dependency.set("restart", Node::new(Value::Bool(restart), node.place));
        dependency.set("required", Node::new(Value::Bool(true), node.place));
        depends_on.set(name, Node::map(dependency, node.place));
    }
}

/// Lists of `key=value` become mappings, and their values text.
fn texts(service: &mut Map, path: &str, variables: &Variables<'_>, is_whole: bool, report: &Report) {
    if let Some(node) = service.get_mut("environment") {
        names_without_space(node, &format!("{path}.environment"), report);
        environment(node, variables);
    }
    if let Some(args) = service.map_mut("build").and_then(|build| build.get_mut("args")) {
        names_without_space(args, &format!("{path}.build.args"), report);
        if is_whole {
            environment(args, variables);
            if let Some(args) = args.as_map_mut() {
                args.retain(|_, entry| !entry.node.is_null());
            }
        } else {
            own_values(args);
        }
    }
    for key in ["annotations", "labels", "sysctls"] {
        text_values(service, key);
    }
    if let Some(build) = service.map_mut("build") {
        text_values(build, "labels");
        text_values(build, "additional_contexts");
        hosts(build, path, report);
    }
    if let Some(deploy) = service.map_mut("deploy") {
        text_values(deploy, "labels");
    }
    if let Some(logging) = service.map_mut("logging") {
        text_values(logging, "options");
    }
    for (_, network) in service.map_mut("networks").into_iter().flat_map(Map::maps_mut) {
        text_values(network, "driver_opts");
    }
    hosts(service, path, report);
}

/// Compose takes every `x-` key for an extension, also where names are expected, and then knows no such name.
fn extensions(service: &Map, path: &str, report: &Report) {
    for key in ["networks", "models", "extra_hosts"] {
        for (name, entry) in service.map(key).into_iter().flat_map(Map::iter).filter(|(name, _)| name.starts_with("x-"))
        {
            let message = format!("{path}.{key}: `{name}` is read as an extension, and not as a name");
            report.error_help(entry.key_place, codes::INVALID_NAME, message, "use a name that does not begin with x-");
        }
    }
}

fn required_files(service: &Map, path: &str, report: &Report) {
    for file in service.list("env_file").into_iter().flatten().filter_map(Node::as_map) {
        let Some(node) = file.get("required") else { continue };
        if let Some(text) = node.as_text()
            && crate::interpolation::boolean(node, text, &Report::default()).is_none()
        {
            let message = format!("{path}.env_file.required: `{text}` is not a boolean");
            report.value_error(node, codes::INVALID_VALUE, message, Some("write true or false"));
        }
    }
}

fn names_without_space(node: &Node, path: &str, report: &Report) {
    for item in node.as_list().unwrap_or_default() {
        let name = item.as_text().and_then(|text| text.split_once('=')).map(|(name, _)| name);
        if let Some(name) = name.filter(|name| name.ends_with(char::is_whitespace)) {
            let message = format!("{path}: the variable name `{name}` ends with a space");
            report.value_error(item, codes::INVALID_VALUE, message, Some("write NAME=value without spaces"));
        }
    }
}

/// Variables as a mapping of text; one without a value takes it from outside, and is null where it is not set there.
fn environment(node: &mut Node, variables: &Variables<'_>) {
    assignments(node);
    for (name, entry) in node.as_map_mut().into_iter().flat_map(Map::iter_mut) {
        if entry.node.is_null() {
            if let Some(variable) = variables.get(name) {
                entry.node.value = Value::Text(variable.value);
            }
        } else {
            to_text(&mut entry.node);
        }
    }
}

/// Variables as a mapping of text, where one without a value stays without.
fn own_values(node: &mut Node) {
    assignments(node);
    for (_, entry) in node.as_map_mut().into_iter().flat_map(Map::iter_mut) {
        to_text(&mut entry.node);
    }
}

fn text_values(map: &mut Map, key: &str) {
    let Some(node) = map.get_mut(key) else { return };
    assignments(node);
    for (name, entry) in node.as_map_mut().into_iter().flat_map(Map::iter_mut) {
        if entry.node.is_null() && name.starts_with("x-") {
            continue;
        }
        if entry.node.is_null() {
            entry.node.value = Value::Text(String::new());
        } else {
            to_text(&mut entry.node);
        }
    }
}

fn to_text(node: &mut Node) {
    if let Some(text) = node.value.to_text() {
        node.value = Value::Text(text);
    }
}

/// `extra_hosts` as a sorted list of `name=address`.
fn hosts(map: &mut Map, path: &str, report: &Report) {
    let Some(node) = map.get_mut("extra_hosts") else { return };
    let mut pairs: Vec<(String, String, Node)> = Vec::new();
    match &node.value {
        Value::List(items) => {
            for item in items {
                let Some(text) = item.as_text() else { continue };
                match text.split_once('=').or_else(|| text.split_once(':')) {
                    Some((name, addresses)) => {
                        for address in addresses.split(',') {
                            pairs.push((name.to_owned(), address.to_owned(), item.clone()));
                        }
                    }
                    None => {
                        let message = format!("{path}.extra_hosts: `{text}` has no address");
                        report.value_error(item, codes::INVALID_VALUE, message, Some("write name=address"));
                    }
                }
            }
        }
        Value::Map(map) => {
            for (name, entry) in map.iter() {
                for value in entry.node.as_list().unwrap_or(std::slice::from_ref(&entry.node)) {
                    let address = value.value.to_text().unwrap_or_default();
                    pairs.push((name.clone(), address, value.clone()));
                }
            }
        }
        _ => return,
    }
    let mut lines = Vec::new();
    for (name, address, node) in pairs {
        if name.is_empty() || name.contains([':', '=']) {
            let message = format!("{path}.extra_hosts: `{name}` is not a host's name");
            report.value_error(&node, codes::INVALID_VALUE, message, None);
            continue;
        }
        let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&address);
        lines.push(node.with(Value::Text(format!("{name}={bare}"))));
    }
    lines.sort_by(|a, b| a.as_text().cmp(&b.as_text()));
    // Names without any address are printed as an empty list.
    if lines.is_empty() && node.as_map().is_some_and(|map| !map.is_empty()) {
        node.mark = Some(Mark::Listed);
    }
    node.value = Value::List(lines);
}

/// Command lines become lists of words.
fn commands(service: &mut Map, path: &str, report: &Report) {
    for key in ["command", "entrypoint"] {
        if let Some(node) = service.get_mut(key) {
            words(node, &format!("{path}.{key}"), report);
        }
    }
    if let Some(test) = service.map_mut("healthcheck").and_then(|check| check.get_mut("test"))
        && let Value::Text(line) = &test.value
    {
        let parts = ["CMD-SHELL".to_owned(), line.clone()];
        test.value = Value::List(parts.map(|part| test.with(Value::Text(part))).into());
    }
}

/// Commands that run within a container at its start, at its end, or after its sources have changed.
fn hooks(service: &mut Map, path: &str, report: &Report) {
    let one = |hook: &mut Map, path: &str| {
        if let Some(node) = hook.get_mut("command") {
            words(node, &format!("{path}.command"), report);
        }
        if let Some(node) = hook.get_mut("environment") {
            names_without_space(node, &format!("{path}.environment"), report);
            own_values(node);
        }
    };
    for key in ["post_start", "pre_stop"] {
        for hook in service.get_mut(key).and_then(Node::as_list_mut).into_iter().flatten() {
            if let Some(hook) = hook.as_map_mut() {
                one(hook, &format!("{path}.{key}"));
            }
        }
    }
    let watches = service.map_mut("develop").and_then(|develop| develop.get_mut("watch"));
    for watch in watches.and_then(Node::as_list_mut).into_iter().flatten() {
        if let Some(hook) = watch.as_map_mut().and_then(|watch| watch.map_mut("exec")) {
            one(hook, &format!("{path}.develop.watch.exec"));
        }
    }
}

fn words(node: &mut Node, path: &str, report: &Report) {
    let Some(line) = node.as_text() else { return };
    let Some(split) = shellwords::split(line) else {
        let message = format!("{path}: a quote or bracket of this command line is not closed");
        report.value_error(node, codes::INVALID_VALUE, message, Some("write the command as a list"));
        node.break_it();
        return;
    };
    if let Some(dropped) = split.dropped {
        let message = format!("{path}: no shell reads this line, so `{}` is left out", first_line(&dropped));
        let help = "write [\"sh\", \"-c\", \"…\"] for a shell, or put the text in quotes";
        report.warning(node.place, codes::IGNORED_HERE, message, Some(help));
    }
    node.value = Value::List(split.words.into_iter().map(|word| node.with(Value::Text(word))).collect());
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}

fn name_resources(tree: &mut Map, kind: &str, project: &str) {
    for (key, entry) in tree.map_mut(kind).into_iter().flat_map(Map::iter_mut) {
        let place = entry.node.place;
        if entry.node.is_null() {
            entry.node.value = Value::Map(Map::default());
        }
        let Some(resource) = entry.node.as_map_mut() else { continue };
        if resource.get("name").is_none_or(Node::is_null) {
            let external = resource.get("external").is_some_and(|node| match &node.value {
                Value::Bool(external) => *external,
                Value::Text(text) => matches!(text.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True"),
                _ => false,
            });
            let name = if external { key.clone() } else { format!("{project}_{key}") };
            resource.set("name", Node::text(name, place));
        }
    }
}
