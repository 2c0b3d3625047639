//! A service: everything about it that is not its container.

use super::{Project, read::Read, wishes};
use crate::codes;
use crate::tree::{Map, Node, Place};
use evenkeel_model::{Condition, ContainerName, Dependency, Hook, Hooks, PullPolicy, Service, ServiceName};
use std::collections::BTreeMap;

impl Project<'_> {
    pub(super) fn service(&self, name: &str, map: &Map, place: Place) -> Service {
        let path = format!("services.{name}");
        let read = Read { map, path: &path, report: self.report };
        self.tell_what_is_left_out(&read);
        let container = self.container(&read);
        let build = map.map("build").map(|build| self.build(&path, build, &read));
        Service {
            container,
            build,
            pull_policy: pull_policy(&read),
            pull_policy_given: read.text("pull_policy").is_some_and(|policy| !policy.is_empty()),
            config_hash: String::new(),
            scale: self.scale(&read, place),
            container_name: read.text("container_name").map(ContainerName::new),
            depends_on: self.depends_on(map),
            hooks: Hooks { post_start: hooks(&read, "post_start"), pre_stop: hooks(&read, "pre_stop") },
            wishes: wishes::of_service(&read),
        }
    }

    fn scale(&self, read: &Read<'_>, place: Place) -> u32 {
        let deploy = read.map.map("deploy").map(|map| Read { map, ..*read });
        let replicas = deploy.and_then(|deploy| deploy.set_int("replicas"));
        let count = read.set_int("scale").or(replicas).unwrap_or(1);
        match u32::try_from(count) {
            Ok(count) if count <= 1000 => count,
            _ => {
                let message = format!("{}: {count} containers are more than the limit of 1000", read.path);
                self.report.error(place, codes::TOO_LARGE, message);
                1
            }
        }
    }

    /// Dependencies on services that exist: those on a service that a profile switches off are optional and dropped.
    fn depends_on(&self, map: &Map) -> BTreeMap<ServiceName, Dependency> {
        let services = self.tree.map("services");
        let entries = map.map("depends_on").into_iter().flat_map(Map::maps);
        entries
            .filter(|(name, _)| services.is_some_and(|services| services.contains(name)))
            .map(|(name, map)| {
                let read = Read { map, path: "depends_on", report: self.report };
                let condition = match map.text("condition") {
                    Some("service_healthy") => Condition::Healthy,
                    Some("service_completed_successfully") => Condition::Completed,
                    _ => Condition::Started,
                };
                let required = read.set_bool("required").unwrap_or(true);
                (ServiceName::new(name), Dependency { condition, required, restart: read.bool("restart") })
            })
            .collect()
    }

    fn tell_what_is_left_out(&self, read: &Read<'_>) {
        for key in ["provider", "models", "credential_spec", "use_api_socket"] {
            read.unsupported(key);
        }
        read.ignored("develop", "Evenkeel does not watch source files");
        if read.set_bool("attach") == Some(false)
            && let Some(entry) = read.map.entry("attach")
        {
            let message =
                format!("{}.attach has no effect: only the containers that are asked for are followed", read.path);
            self.report.warning(entry.key_place, codes::IGNORED_HERE, message, None::<String>);
        }
        read.ignored("pull_refresh_after", "the policy is read from `pull_policy`");
        let Some(map) = read.map.map("deploy") else { return };
        let path = format!("{}.deploy", read.path);
        let deploy = Read { map, path: &path, report: read.report };
        for key in ["mode", "endpoint_mode", "update_config", "rollback_config", "placement"] {
            deploy.ignored(key, "it is for a cluster, and this is a single engine");
        }
        deploy.ignored("labels", "they are for the service of a cluster; `labels` of the service are for containers");
        if let Some(map) = map.map("restart_policy") {
            let path = format!("{}.deploy.restart_policy", read.path);
            let policy = Read { map, path: &path, report: read.report };
            for key in ["delay", "window"] {
                policy.ignored(key, "the engine has a back-off of its own");
            }
        }
        let reservations = map.map("resources").and_then(|resources| resources.map("reservations"));
        if let Some(map) = reservations {
            let path = format!("{}.deploy.resources.reservations", read.path);
            let reservations = Read { map, path: &path, report: read.report };
            for key in ["cpus", "generic_resources"] {
                reservations.ignored(key, "it is for a cluster, and this is a single engine");
            }
        }
        for port in read.map.list("ports").unwrap_or_default().iter().filter_map(Node::as_map) {
            let path = format!("{}.ports", read.path);
            let port = Read { map: port, path: &path, report: read.report };
            for key in ["name", "app_protocol"] {
                port.ignored(key, "it is a note for people");
            }
            if port.map.text("mode") == Some("host") {
                port.ignored("mode", "on a single engine a port is always that of the host");
            }
        }
    }
}

fn pull_policy(read: &Read<'_>) -> PullPolicy {
    let Some(node) = read.map.get("pull_policy") else { return PullPolicy::Missing };
    let text = node.as_text().unwrap_or_default();
    match text {
        "always" => PullPolicy::Always,
        "never" => PullPolicy::Never,
        "build" => PullPolicy::Build,
        "missing" | "" => PullPolicy::Missing,
        "daily" | "weekly" | "refresh" => aged(read),
        _ if text.starts_with("every_") => aged(read),
        _ => {
            let words = ["always", "never", "build", "missing", "if_not_present"];
            let help =
                crate::suggestion::did_you_mean(text, words).unwrap_or_else(|| format!("one of {}", words.join(", ")));
            let message = format!("{}.pull_policy: `{text}` is not a policy", read.path);
            read.report.value_error(node, codes::INVALID_VALUE, message, Some(&help));
            PullPolicy::Missing
        }
    }
}

/// Policies by an image's age.
fn aged(read: &Read<'_>) -> PullPolicy {
    read.ignored(
        "pull_policy",
        "an image is pulled where it is missing, and not again by its age; `evenkeel pull` does it",
    );
    PullPolicy::Missing
}

fn hooks(service: &Read<'_>, key: &str) -> Vec<Hook> {
    let path = format!("{}.{key}", service.path);
    let items = service.map.list(key).unwrap_or_default().iter().filter_map(Node::as_map);
    items
        .map(|map| {
            let hook = Read { map, path: &path, report: service.report };
            Hook {
                command: hook.texts("command"),
                user: hook.text("user"),
                privileged: hook.bool("privileged"),
                working_dir: hook.text("working_dir"),
                environment: hook.optional_texts_by_name("environment"),
            }
        })
        .collect()
}
