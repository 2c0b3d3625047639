//! Whether the parts of a project fit together: what services refer to exists, and nothing waits for itself.

mod cycles;
mod values;

use crate::codes;
use crate::diagnostic::Report;
use crate::profiles::Disabled;
use crate::suggestion;
use crate::tree::{Map, Node, Place, Value};
use std::collections::BTreeMap;

/// Checks a normalised tree of enabled services.
pub(crate) fn check(tree: &mut Map, disabled: &Disabled, report: &Report) {
    let checker = Checker { tree, disabled, report };
    for (name, entry) in tree.map("services").into_iter().flat_map(Map::iter) {
        // Each look at a name that is not known costs a search for a similar one.
        if let Some(service) = entry.node.as_map().filter(|_| !report.is_full()) {
            checker.service(name, service, entry.key_place);
        }
    }
    checker.secrets();
    cycles::check(tree, report);
    values::equalise_scale(tree);
}

/// Checks that no two services name their container alike. Compose lets that pass where it only lists names.
pub(crate) fn container_names(tree: &Map, report: &Report) {
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    for (service, map) in tree.map("services").into_iter().flat_map(Map::maps) {
        let Some(node) = map.get("container_name").filter(|node| has_value(node)) else { continue };
        let Some(name) = node.as_text() else { continue };
        if let Some(first) = known.insert(name, service) {
            let message = format!("services `{first}` and `{service}` both name their container `{name}`");
            report.value_error(node, codes::DUPLICATE_NAME, message, Some("change one of the two names"));
        }
    }
}

struct Checker<'a> {
    tree: &'a Map,
    disabled: &'a Disabled,
    report: &'a Report,
}

impl Checker<'_> {
    fn service(&self, name: &str, service: &Map, place: Place) {
        let has_image = ["build", "image", "provider"].iter().any(|key| service.get(key).is_some_and(has_value));
        if !has_image && !misspelt_image(service) {
            let message = format!("service `{name}` has neither an image nor a build");
            // In a file over others a name without an image is most likely a misspelt one.
            let others = self.tree.map("services").into_iter().flat_map(Map::keys).filter(|other| *other != name);
            let help = match suggestion::nearest(name, others.map(String::as_str)) {
                Some(near) => format!("add `image:` or `build:`; if it is to change `{near}`, give it that name"),
                None => "add `image:` or `build:`".to_owned(),
            };
            self.report.error_help(place, codes::NO_IMAGE, message, help);
        }
        if let (Some(_), Some(networks)) =
            (service.get("network_mode").filter(|n| has_value(n)), service.map("networks"))
            && let Some((_, entry)) = networks.iter().next()
        {
            let message = format!("services.{name}: `network_mode` and `networks` exclude each other");
            self.report.error(entry.key_place, codes::CONFLICTING_KEYS, message);
        }
        let networks = service.map("networks").filter(|_| !service.contains("network_mode"));
        for (network, entry) in networks.into_iter().flat_map(Map::iter) {
            self.defined("networks", network, entry.key_place, &entry.node, name);
        }
        for (model, entry) in service.map("models").into_iter().flat_map(Map::iter) {
            self.defined("models", model, entry.key_place, &entry.node, name);
        }
        self.sources(name, service, "secrets", "secrets");
        self.sources(name, service, "configs", "configs");
        if let Some(build) = service.map("build") {
            self.sources(name, build, "secrets", "secrets");
            self.build(name, service, build);
        }
        for volume in service.list("volumes").into_iter().flatten().filter_map(Node::as_map) {
            if volume.text("type") == Some("volume")
                && let Some(source) = volume.get("source").filter(|source| has_value(source))
            {
                let volume = source.as_text().unwrap_or_default();
                self.defined("volumes", volume, source.place, source, name);
            }
        }
        for (dependency, entry) in service.map("depends_on").into_iter().flat_map(Map::iter) {
            self.dependency(name, dependency, entry.key_place, &entry.node);
        }
        self.healthcheck(name, service);
        values::check(name, service, place, self.report);
    }

    fn sources(&self, service: &str, map: &Map, key: &str, kind: &'static str) {
        for node in map.list(key).into_iter().flatten() {
            let Some(item) = node.as_map() else { continue };
            match item.get("source") {
                Some(source) => self.defined(kind, source.as_text().unwrap_or_default(), source.place, source, service),
                None if self.report.has_errors() => {}
                None => self.defined(kind, "", node.place, node, service),
            }
        }
    }

    fn defined(&self, kind: &'static str, wanted: &str, place: Place, node: &Node, service: &str) {
        let known = self.tree.map(kind);
        if self.tree.get(kind).is_some_and(|all| matches!(all.value, Value::Broken)) {
            return;
        }
        if known.is_some_and(|known| known.contains(wanted)) || matches!(node.value, Value::Broken) {
            return;
        }
        let (code, one) = match kind {
            "networks" => (codes::UNDEFINED_NETWORK, "network"),
            "volumes" => (codes::UNDEFINED_VOLUME, "volume"),
            "secrets" => (codes::UNDEFINED_SECRET, "secret"),
            "configs" => (codes::UNDEFINED_CONFIG, "config"),
            _ => (codes::UNDEFINED_MODEL, "model"),
        };
        let message = format!("service `{service}` uses the {one} `{wanted}`, which is not defined");
        let names = known.into_iter().flat_map(Map::keys).map(String::as_str);
        let help = suggestion::did_you_mean(wanted, names)
            .unwrap_or_else(|| format!("add `{wanted}:` under the top-level key `{kind}`"));
        self.report.value_error_at(place, node, code, message, Some(&help));
    }

    fn dependency(&self, name: &str, wanted: &str, place: Place, node: &Node) {
        if self.tree.map("services").is_some_and(|services| services.contains(wanted)) {
            return;
        }
        let required = node.as_map().and_then(|map| map.get("required")).and_then(Node::as_bool).unwrap_or(true);
        if let Some(profiles) = self.disabled.get(wanted) {
            if required {
                let message = format!("service `{name}` depends on `{wanted}`, which no active profile switches on");
                let help = format!("switch on the profile {}, or write `required: false`", profiles.join(" or "));
                self.report.error_help(place, codes::DEPENDENCY_DISABLED, message, help);
            }
            return;
        }
        let message = format!("service `{name}` depends on `{wanted}`, which does not exist");
        let names = self.tree.map("services").into_iter().flat_map(Map::keys).map(String::as_str);
        let help = suggestion::did_you_mean_or_list(wanted, names, "the services are");
        self.report.error_help(place, codes::UNDEFINED_SERVICE, message, help);
    }

    fn build(&self, name: &str, service: &Map, build: &Map) {
        let given = |key: &str| build.get(key).filter(|node| has_value(node));
        if let (Some(_), Some(file)) = (given("dockerfile_inline"), given("dockerfile")) {
            let message = format!("services.{name}.build: `dockerfile` and `dockerfile_inline` exclude each other");
            self.report.error(file.place, codes::CONFLICTING_KEYS, message);
        }
        for (_, entry) in build.map("additional_contexts").into_iter().flat_map(Map::iter) {
            let Some(wanted) = entry.node.as_text().and_then(|text| text.strip_prefix("service:")) else { continue };
            let target = self.tree.map("services").and_then(|services| services.map(wanted));
            if target.is_none_or(|target| !target.contains("build")) {
                let message = format!("services.{name}.build: `{wanted}` is not a service that is built");
                self.report.value_error(&entry.node, codes::UNDEFINED_SERVICE, message, None);
            }
        }
        if let (Some(platform), Some(platforms)) = (service.text("platform"), build.list("platforms"))
            && !platforms.is_empty()
            && !platforms.iter().any(|known| known.as_text() == Some(platform))
        {
            let message = format!("services.{name}.build.platforms must hold the service's platform `{platform}`");
            self.report.value_error(&platforms[0], codes::CONFLICTING_VALUES, message, None);
        }
    }

    fn healthcheck(&self, name: &str, service: &Map) {
        let Some(check) = service.map("healthcheck") else { return };
        let Some(test) = check.list("test").and_then(<[Node]>::first) else { return };
        if let Some(first) = test.as_text()
            && !matches!(first, "NONE" | "CMD" | "CMD-SHELL")
        {
            let message = format!("services.{name}.healthcheck.test: a list must begin with CMD, CMD-SHELL or NONE");
            let help = format!("write [\"CMD\", \"{first}\", …]");
            self.report.value_error(test, codes::INVALID_VALUE, message, Some(&help));
        }
    }

    fn secrets(&self) {
        for (name, entry) in self.tree.map("secrets").into_iter().flat_map(Map::iter) {
            let Some(secret) = entry.node.as_map() else { continue };
            let external = secret.get("external").and_then(Node::as_bool).unwrap_or(false);
            let sourced = ["file", "environment"].iter().any(|key| secret.get(key).is_some_and(has_value));
            if !external && !sourced {
                let message = format!("secret `{name}` must have `file` or `environment`");
                self.report.error(entry.key_place, codes::MISSING_KEY, message);
            }
        }
    }
}

/// Whether a key was refused that is `image` or `build`, misspelt: it has been told, and is all there is to mend.
fn misspelt_image(service: &Map) -> bool {
    let refused = service.iter().filter(|(_, entry)| matches!(entry.node.value, Value::Broken));
    refused.into_iter().any(|(key, _)| suggestion::nearest(key, ["image", "build"]).is_some())
}

/// Whether a key says something: it is there, and neither null nor empty.
pub(crate) fn has_value(node: &Node) -> bool {
    !node.is_null() && node.as_text() != Some("")
}
