//! What works and could be better: told beside a definition that is accepted, and never in its way. Only what the files say is
//! looked at; what depends on the machine is preflight's.

use crate::codes;
use crate::diagnostic::Report;
use crate::tree::{Entry, Map, Node};
use evenkeel_model::is_secret_name;
use std::collections::BTreeMap;

/// Where the engine's socket is on the hosts of common systems.
const ENGINE_SOCKETS: [&str; 2] = ["/var/run/docker.sock", "/run/docker.sock"];

/// Looks at an accepted tree, in its long form.
pub(crate) fn give(tree: &Map, report: &Report) {
    let Some(services) = tree.map("services") else { return };
    let dependants = dependants(services);
    for (name, entry) in services.iter() {
        let Some(service) = entry.node.as_map() else { continue };
        let waiting = dependants.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
        let about = Service { name, entry, map: service, report };
        about.healthcheck(waiting);
        about.restart_policy(waiting);
        about.image();
        about.privileged();
        about.ports();
        about.engine_socket();
        about.literal_dollars();
    }
}

/// A service that waits for another, and for what.
struct Dependant<'a> {
    name: &'a str,
    condition: &'a str,
}

/// By the service that is waited for.
fn dependants(services: &Map) -> BTreeMap<&str, Vec<Dependant<'_>>> {
    let mut found: BTreeMap<&str, Vec<Dependant<'_>>> = BTreeMap::new();
    for (name, service) in services.maps() {
        for (on, dependency) in service.map("depends_on").into_iter().flat_map(Map::maps) {
            let condition = dependency.text("condition").unwrap_or_default();
            found.entry(on.as_str()).or_default().push(Dependant { name, condition });
        }
    }
    found
}

/// A service under its name in the file.
struct Service<'a> {
    name: &'a str,
    entry: &'a Entry,
    map: &'a Map,
    report: &'a Report,
}

impl Service<'_> {
    fn healthcheck(&self, waiting: &[Dependant<'_>]) {
        if let Some(check) = self.map.map("healthcheck")
            && check.contains("test")
            && check.get("disable").and_then(Node::as_bool) != Some(true)
        {
            return;
        }
        let waiting = waiting.iter().filter(|one| one.condition != "service_completed_successfully");
        let waiting: Vec<&str> = waiting.map(|one| one.name).collect();
        if waiting.is_empty() {
            return;
        }
        let (name, waiting) = (self.name, waiting.join(", "));
        let message = format!(
            "services.{name} has no healthcheck here, and others wait for it ({waiting}): they are told that it runs, and not \
             that it answers"
        );
        let help = "give it a `healthcheck`, and wait with `condition: service_healthy`";
        self.report.advice(self.entry.key_place, codes::NO_HEALTHCHECK, message, help);
    }

    fn restart_policy(&self, waiting: &[Dependant<'_>]) {
        let is_job = waiting.iter().any(|one| one.condition == "service_completed_successfully");
        let by_deploy = self.map.map("deploy").is_some_and(|deploy| deploy.contains("restart_policy"));
        if is_job || by_deploy || self.map.contains("restart") {
            return;
        }
        let message = format!(
            "services.{} has no restart policy: while the daemon is away, nobody starts it again after a crash",
            self.name
        );
        let help = "set `restart: unless-stopped`, or `restart: \"no\"` where it is to end";
        self.report.advice(self.entry.key_place, codes::NO_RESTART_POLICY, message, help);
    }

    fn image(&self) {
        let Some(node) = self.map.get("image").filter(|_| !self.map.contains("build")) else { return };
        let Some(image) = node.as_text().filter(|image| !image.contains('@')) else { return };
        let last = image.rsplit('/').next().unwrap_or(image);
        let message = match last.split_once(':') {
            Some((_, "latest")) => format!("services.{}.image: `latest` is another image tomorrow", self.name),
            None => format!("services.{}.image has no tag, which is `latest`: another image tomorrow", self.name),
            Some(_) => return,
        };
        self.report.advice(node.place, codes::MOVING_TAG, message, "name a version, or a digest");
    }

    fn privileged(&self) {
        if let Some(node) = self.map.get("privileged").filter(|node| node.as_bool() == Some(true)) {
            let message = format!("services.{} is privileged: it may do anything on the machine", self.name);
            let help = "give it the capabilities (`cap_add`) or `devices` that it needs, and no more";
            self.report.advice(node.place, codes::PRIVILEGED, message, help);
        }
    }

    fn ports(&self) {
        for node in self.map.list("ports").unwrap_or_default() {
            let Some(port) = node.as_map() else { continue };
            let is_open = port.text("host_ip").is_none_or(|ip| matches!(ip, "" | "0.0.0.0" | "::"));
            if !is_open {
                continue;
            }
            let number = |key| port.get(key).and_then(|node| node.value.to_text()).filter(|text| !text.is_empty());
            let target = number("target").unwrap_or_default();
            let published = number("published").unwrap_or_default();
            let message = format!(
                "services.{}.ports: port {target} is published on all interfaces, also past a firewall's rules for the host",
                self.name
            );
            let help = format!("write \"127.0.0.1:{published}:{target}\" where it is for this machine alone");
            self.report.advice(node.place, codes::OPEN_PORT, message, help);
        }
    }

    fn engine_socket(&self) {
        for node in self.map.list("volumes").unwrap_or_default() {
            let source = node.as_map().and_then(|volume| volume.text("source"));
            if source.is_some_and(|source| ENGINE_SOCKETS.contains(&source)) {
                let message = format!(
                    "services.{} mounts the engine's socket: whoever may use it may do anything on the machine",
                    self.name
                );
                let help = "mount it into as few services as possible, behind a proxy that lets only the needed requests through";
                self.report.advice(node.place, codes::ENGINE_SOCKET, message, help);
            }
        }
    }

    /// Of values that nothing in the container expands. A secret may well hold a dollar sign.
    fn literal_dollars(&self) {
        for (variable, entry) in self.map.map("environment").into_iter().flat_map(Map::iter) {
            let looks_like_a_reference = entry.node.as_text().is_some_and(holds_reference);
            if !looks_like_a_reference || is_secret_name(variable) {
                continue;
            }
            let message = format!(
                "services.{}.environment.{variable} holds a literal `$`: the container gets it as it stands, and nothing fills it in",
                self.name
            );
            let help = "write one `$` for a variable of the project; two are right only where a program in the container expands it";
            self.report.advice(entry.node.place, codes::LITERAL_DOLLAR, message, help);
        }
    }
}

/// Whether a value holds `$NAME` or `${NAME`.
fn holds_reference(value: &str) -> bool {
    value.split('$').skip(1).any(|rest| {
        let name = rest.strip_prefix('{').unwrap_or(rest);
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
    })
}
