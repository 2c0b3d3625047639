//! A service's container, field by field.

use super::{Project, health, networking, read::Read, resources};
use crate::codes;
use crate::tree::{Map, Node};
use evenkeel_model::{
    ContainerName, ContainerSpec, Device, DeviceRequest, ImageRef, Logging, NamespaceMode, RestartPolicy, ServiceName,
    VolumesFrom,
};

impl Project<'_> {
    pub(super) fn container(&self, read: &Read<'_>) -> ContainerSpec {
        let deploy = read.map.map("deploy");
        let mut spec = ContainerSpec {
            image: read.text("image").map(ImageRef::new),
            platform: read.text("platform"),
            command: read.words("command"),
            entrypoint: read.words("entrypoint"),
            environment: read.optional_texts_by_name("environment"),
            working_dir: read.text("working_dir"),
            user: read.text("user"),
            group_add: read.texts("group_add"),
            hostname: read.text("hostname"),
            domainname: read.text("domainname"),
            labels: read.texts_by_name("labels"),
            annotations: read.texts_by_name("annotations"),
            ports: networking::ports(read),
            expose: networking::expose(read),
            mounts: self.mounts(read),
            volumes_from: read.texts("volumes_from").iter().map(|text| volumes_from(text)).collect(),
            files: Vec::new(),
            network_mode: networking::network_mode(read),
            networks: self.attachments(read),
            links: read.texts("links").iter().map(|text| link(text)).map(|(a, b)| (ServiceName::new(a), b)).collect(),
            external_links: read.texts("external_links").iter().map(|text| link(text)).collect(),
            extra_hosts: networking::hosts(&read.texts("extra_hosts")),
            dns: read.texts("dns"),
            dns_opt: read.texts("dns_opt"),
            dns_search: read.texts("dns_search"),
            mac_address: read.text("mac_address"),
            healthcheck: health::healthcheck(read),
            restart: restart(read, deploy),
            stop_signal: read.text("stop_signal"),
            stop_grace_s: read.ns("stop_grace_period").and_then(|ns| u32::try_from(ns / 1_000_000_000).ok()),
            init: read.set_bool("init"),
            tty: read.bool("tty"),
            stdin_open: read.bool("stdin_open"),
            privileged: read.bool("privileged"),
            read_only: read.bool("read_only"),
            cap_add: read.texts("cap_add"),
            cap_drop: read.texts("cap_drop"),
            security_opt: self.security_opt(read),
            sysctls: read.texts_by_name("sysctls"),
            devices: devices(read).into_iter().filter(|device| !is_qualified(device)).collect(),
            device_requests: by_qualified_name(devices(read)),
            device_cgroup_rules: read.texts("device_cgroup_rules"),
            logging: logging(read),
            pid: namespace(read, "pid"),
            ipc: namespace(read, "ipc"),
            uts: namespace(read, "uts"),
            userns_mode: read.text("userns_mode"),
            cgroup: read.text("cgroup"),
            cgroup_parent: read.text("cgroup_parent"),
            runtime: read.text("runtime"),
            isolation: read.text("isolation"),
            storage_opt: read.texts_by_name("storage_opt"),
            ..ContainerSpec::default()
        };
        resources::fill(&mut spec, read);
        self.files(&mut spec, read);
        spec
    }
}

fn link(text: &str) -> (String, String) {
    let (target, alias) = text.split_once(':').unwrap_or((text, text));
    (target.to_owned(), alias.to_owned())
}

fn volumes_from(text: &str) -> VolumesFrom {
    let (from, rest) = match text.strip_prefix("container:") {
        Some(rest) => {
            let (name, mode) = rest.split_once(':').unwrap_or((rest, ""));
            (NamespaceMode::Container(ContainerName::new(name)), mode)
        }
        None => {
            let (name, mode) = text.split_once(':').unwrap_or((text, ""));
            (NamespaceMode::Service(ServiceName::new(name)), mode)
        }
    };
    VolumesFrom { from, read_only: rest == "ro" }
}

fn namespace(read: &Read<'_>, key: &str) -> Option<NamespaceMode> {
    let text = read.text(key)?;
    Some(match (text.strip_prefix("service:"), text.strip_prefix("container:")) {
        (Some(service), _) => NamespaceMode::Service(ServiceName::new(service)),
        (_, Some(container)) => NamespaceMode::Container(ContainerName::new(container)),
        _ => NamespaceMode::Mode(text),
    })
}

/// `deploy.restart_policy` wins over `restart`, as in Compose.
fn restart(read: &Read<'_>, deploy: Option<&Map>) -> Option<RestartPolicy> {
    if let Some(map) = deploy.and_then(|deploy| deploy.map("restart_policy")) {
        let path = format!("{}.deploy.restart_policy", read.path);
        let policy = Read { map, path: &path, report: read.report };
        let most = policy.set_int("max_attempts").and_then(|most| u32::try_from(most).ok()).filter(|most| *most > 0);
        return match map.text("condition").filter(|condition| !condition.is_empty()) {
            // The specification means `any`; Compose hands the engine a policy without a name, which is none.
            None => None,
            Some("on-failure") => Some(RestartPolicy::OnFailure(most)),
            Some(other) => restart_word(other, &policy, "condition", &["any", "none", "on-failure"]),
        };
    }
    let text = read.text("restart")?;
    restart_word(&text, read, "restart", &["no", "always", "unless-stopped", "on-failure"])
}

fn restart_word(text: &str, read: &Read<'_>, key: &str, known: &[&str]) -> Option<RestartPolicy> {
    match text.split_once(':').unwrap_or((text, "")) {
        ("no" | "none", "") => return Some(RestartPolicy::No),
        ("always" | "any", "") => return Some(RestartPolicy::Always),
        ("unless-stopped", "") => return Some(RestartPolicy::UnlessStopped),
        ("on-failure", "") => return Some(RestartPolicy::OnFailure(None)),
        ("on-failure", most) => {
            if let Ok(most) = most.parse::<u32>() {
                return Some(RestartPolicy::OnFailure((most > 0).then_some(most)));
            }
        }
        _ => {}
    }
    if let Some(node) = read.map.get(key) {
        let help = crate::suggestion::did_you_mean(text, known.iter().copied())
            .unwrap_or_else(|| format!("one of {}", known.join(", ")));
        let message = format!("{}.{key}: `{text}` is not a restart policy", read.path);
        read.report.value_error(node, codes::INVALID_VALUE, message, Some(&help));
    }
    None
}

/// Whether a device is named by the Container Device Interface: `vendor.com/class=name`.
fn is_qualified(device: &Device) -> bool {
    let vendor_and_class = device.source.split_once('=').and_then(|(kind, _)| kind.split_once('/'));
    device.source == device.target
        && vendor_and_class.is_some_and(|(vendor, class)| !vendor.is_empty() && !class.is_empty())
}

fn by_qualified_name(devices: Vec<Device>) -> Vec<DeviceRequest> {
    let device_ids: Vec<String> = devices.into_iter().filter(is_qualified).map(|device| device.source).collect();
    if device_ids.is_empty() {
        return Vec::new();
    }
    vec![DeviceRequest { driver: Some("cdi".to_owned()), device_ids, ..DeviceRequest::default() }]
}

fn devices(read: &Read<'_>) -> Vec<Device> {
    let items = read.map.list("devices").unwrap_or_default().iter().filter_map(Node::as_map);
    items
        .map(|map| {
            let source = map.text("source").unwrap_or_default().to_owned();
            let given = |key: &str| map.text(key).filter(|text| !text.is_empty()).map(str::to_owned);
            Device {
                target: given("target").unwrap_or_else(|| source.clone()),
                permissions: given("permissions").unwrap_or_else(|| "rwm".to_owned()),
                source,
            }
        })
        .collect()
}

fn logging(read: &Read<'_>) -> Option<Logging> {
    let path = format!("{}.logging", read.path);
    let logging = Read { map: read.map.map("logging")?, path: &path, report: read.report };
    Some(Logging { driver: logging.text("driver"), options: logging.texts_by_name("options") })
}
