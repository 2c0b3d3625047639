//! `model::NewContainer` → the engine's request to create it. Every field of the specification is here, in
//! [`super::convert_mounts`], or in [`super::convert_endpoint`].

use super::convert_endpoint::{endpoint, network_mode, networking};
use super::convert_mounts::{Mounts, mounts};
use super::convert_network::map;
use crate::Error;
use bollard::models::{
    ContainerCreateBody, DeviceMapping, DeviceRequest as BollardDeviceRequest, HealthConfig, HostConfig,
    HostConfigCgroupnsModeEnum, HostConfigIsolationEnum, HostConfigLogConfig, PortBinding, PortMap,
    ResourcesBlkioWeightDevice, ResourcesUlimits, RestartPolicy as BollardRestartPolicy, RestartPolicyNameEnum,
    ThrottleDevice,
};
use bollard::query_parameters::CreateContainerOptions;
use evenkeel_model::{
    BlkioRate, BlkioWeight, Capabilities, ContainerSpec, Device, DeviceRequest, HealthTest, Healthcheck, NamespaceMode,
    NewContainer, Object, Port, RestartPolicy,
};

/// What it takes to create a container.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CreateRequest {
    /// Its name and platform.
    pub(super) options: CreateContainerOptions,
    /// Everything else.
    pub(super) body: ContainerCreateBody,
    /// Fields that bollard's models no longer have, for engines below API 1.44.
    pub(super) further: serde_json::Map<String, serde_json::Value>,
}

/// The request for a container, as far as this engine can do it.
///
/// # Errors
/// [`Error::Rejected`] where the specification needs what the engine lacks, or names a service that was not resolved.
pub(super) fn create_request(new: &NewContainer, engine: &Capabilities) -> Result<CreateRequest, Error> {
    let needs = Needs { new, engine };
    let spec = &new.spec;
    if !spec.annotations.is_empty() && !engine.api_at_least(1, 43) {
        // They are notes for runtimes and tools; older engines drop them, also when Compose hands them over.
        let (container, engine) = (&new.name, &engine.engine);
        tracing::warn!(%container, %engine, "annotations need an engine with API 1.43: the container has none");
    }
    let image = spec.image.as_ref().ok_or_else(|| needs.refuse("it has no image"))?;
    let Mounts { binds, mounts, tmpfs, volumes_from } = mounts(spec, &needs)?;
    let mut further = serde_json::Map::new();
    if let Some(mac) = spec.mac_address.as_ref().filter(|_| !engine.api_at_least(1, 44)) {
        further.insert("MacAddress".to_owned(), mac.as_str().into());
    }
    let (exposed_ports, port_bindings) = ports(spec);
    let links = links(new);
    let host_config = HostConfig {
        binds: some(binds),
        mounts: some(mounts),
        tmpfs: Some(tmpfs).filter(|tmpfs| !tmpfs.is_empty()),
        volumes_from: some(volumes_from),
        port_bindings: Some(port_bindings).filter(|bindings| !bindings.is_empty()),
        // On networks of one's own, links belong to the endpoint.
        links: some(links.clone()).filter(|_| new.endpoints.is_empty()),
        network_mode: Some(network_mode(new, &needs)?),
        extra_hosts: some(spec.extra_hosts.iter().map(|(name, address)| format!("{name}:{address}")).collect()),
        dns: some(spec.dns.clone()),
        dns_options: some(spec.dns_opt.clone()),
        dns_search: some(spec.dns_search.clone()),
        auto_remove: spec.auto_remove.then_some(true),
        restart_policy: spec.restart.map(restart_policy),
        pid_mode: namespace(spec.pid.as_ref(), "pid", &needs)?,
        ipc_mode: namespace(spec.ipc.as_ref(), "ipc", &needs)?,
        uts_mode: namespace(spec.uts.as_ref(), "uts", &needs)?,
        cgroupns_mode: cgroup_namespace(spec, &needs)?,
        isolation: isolation(spec, &needs)?,
        ..resources(spec, engine)
    };
    let body = ContainerCreateBody {
        hostname: spec.hostname.clone(),
        domainname: spec.domainname.clone(),
        user: spec.user.clone(),
        exposed_ports: some(exposed_ports),
        tty: Some(spec.tty),
        open_stdin: Some(spec.stdin_open),
        attach_stdin: spec.stdin_once.then_some(true),
        // As Compose and Docker's command say of a container that somebody may attach to.
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        stdin_once: spec.stdin_once.then_some(true),
        env: some(spec.environment.iter().map(|(name, value)| environment(name, value.as_deref())).collect()),
        cmd: spec.command.clone(),
        healthcheck: spec.healthcheck.as_ref().map(|check| healthcheck(check, engine)),
        image: Some(image.to_string()),
        working_dir: spec.working_dir.clone(),
        entrypoint: spec.entrypoint.clone(),
        labels: Some(map(&new.labels)).filter(|labels| !labels.is_empty()),
        stop_signal: spec.stop_signal.clone(),
        stop_timeout: spec.stop_grace_s.map(i64::from),
        host_config: Some(host_config),
        networking_config: networking(new, &links, &needs)?,
        ..ContainerCreateBody::default()
    };
    let options = CreateContainerOptions {
        name: Some(new.name.to_string()),
        platform: spec.platform.clone().unwrap_or_default(),
    };
    Ok(CreateRequest { options, body, further })
}

/// The networks that a creation itself joins: all of them, or the first where the engine takes only one.
pub(super) fn joined_at_creation<'a>(new: &'a NewContainer, engine: &Capabilities) -> Vec<&'a str> {
    let joined = if engine.api_at_least(1, 44) { usize::MAX } else { 1 };
    new.endpoints.iter().take(joined).map(|(network, _)| network.as_str()).collect()
}

/// The networks that remain to be joined by a container that has joined these, whichever engine it was created by.
pub(super) fn later_endpoints<'a>(
    new: &'a NewContainer,
    joined: &[&str],
    engine: &Capabilities,
) -> Vec<(&'a str, Result<bollard::models::EndpointSettings, Error>)> {
    let needs = Needs { new, engine };
    let links = links(new);
    let missing = new.endpoints.iter().filter(|(network, _)| !joined.contains(&network.as_str()));
    missing.map(|(network, attachment)| (network.as_str(), endpoint(attachment, &links, &needs))).collect()
}

/// What a container's specification asks of an engine.
pub(super) struct Needs<'a> {
    pub(super) new: &'a NewContainer,
    pub(super) engine: &'a Capabilities,
}

impl Needs<'_> {
    /// An error unless the engine has at least API 1.`minor`.
    pub(super) fn api(&self, minor: u32, what: &str) -> Result<(), Error> {
        if self.engine.api_at_least(1, minor) {
            return Ok(());
        }
        let Capabilities { engine, api: (major, has), .. } = self.engine;
        Err(self.refuse(&format!("{what} needs an engine with API 1.{minor} or newer, and {engine} has {major}.{has}")))
    }

    /// An error about this container.
    pub(super) fn refuse(&self, why: &str) -> Error {
        Error::Rejected { message: format!("{}: {why}; nothing was created", Object::Container(self.new.name.clone())) }
    }
}

/// A namespace of another container, or a mode.
pub(super) fn namespace(mode: Option<&NamespaceMode>, which: &str, needs: &Needs<'_>) -> Result<Option<String>, Error> {
    match mode {
        None => Ok(None),
        Some(NamespaceMode::Container(name)) => Ok(Some(format!("container:{name}"))),
        Some(NamespaceMode::Mode(mode)) => Ok(Some(mode.clone())),
        Some(NamespaceMode::Service(service)) => {
            Err(needs
                .refuse(&format!("its {which} namespace is that of the service {service}, which has no container")))
        }
    }
}

/// `None` for an empty list, so that the engine's own default holds.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// Links of the stack and external ones, as `container:alias`.
fn links(new: &NewContainer) -> Vec<String> {
    let mut links = new.links.clone();
    for (container, alias) in &new.spec.external_links {
        let link = format!("{container}:{alias}");
        if !links.contains(&link) {
            links.push(link);
        }
    }
    links
}

/// A name without `=` removes the variable that the image sets.
fn environment(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("{name}={value}"),
        None => name.to_owned(),
    }
}

fn ports(spec: &ContainerSpec) -> (Vec<String>, PortMap) {
    let mut exposed: Vec<String> =
        spec.expose.iter().map(|(port, protocol)| format!("{port}/{}", protocol.as_str())).collect();
    let mut bindings = PortMap::new();
    for Port { target, published, host_ip, protocol } in &spec.ports {
        let key = format!("{target}/{}", protocol.as_str());
        let binding = PortBinding {
            host_ip: host_ip.map(|ip| ip.to_string()),
            host_port: Some(published.clone().unwrap_or_default()),
        };
        bindings.entry(key.clone()).or_insert_with(|| Some(Vec::new())).get_or_insert_default().push(binding);
        exposed.push(key);
    }
    exposed.sort();
    exposed.dedup();
    (exposed, bindings)
}

fn healthcheck(check: &Healthcheck, engine: &Capabilities) -> HealthConfig {
    HealthConfig {
        test: check.test.as_ref().map(|test| match test {
            HealthTest::Disabled => vec!["NONE".to_owned()],
            HealthTest::Command(command) => std::iter::once("CMD".to_owned()).chain(command.iter().cloned()).collect(),
            HealthTest::Shell(line) => vec!["CMD-SHELL".to_owned(), line.clone()],
        }),
        interval: check.interval_ns,
        timeout: check.timeout_ns,
        retries: check.retries.map(i64::from),
        start_period: check.start_period_ns,
        // Not an error on older engines: early probes do what it is for.
        start_interval: check.start_interval_ns.filter(|_| engine.api_at_least(1, 44)),
    }
}

fn restart_policy(policy: RestartPolicy) -> BollardRestartPolicy {
    let (name, retries) = match policy {
        RestartPolicy::No => (RestartPolicyNameEnum::NO, None),
        RestartPolicy::Always => (RestartPolicyNameEnum::ALWAYS, None),
        RestartPolicy::UnlessStopped => (RestartPolicyNameEnum::UNLESS_STOPPED, None),
        RestartPolicy::OnFailure(retries) => (RestartPolicyNameEnum::ON_FAILURE, retries.map(i64::from)),
    };
    BollardRestartPolicy { name: Some(name), maximum_retry_count: retries }
}

fn cgroup_namespace(spec: &ContainerSpec, needs: &Needs<'_>) -> Result<Option<HostConfigCgroupnsModeEnum>, Error> {
    match spec.cgroup.as_deref() {
        None | Some("") => Ok(None),
        Some("host") => Ok(Some(HostConfigCgroupnsModeEnum::HOST)),
        Some("private") => Ok(Some(HostConfigCgroupnsModeEnum::PRIVATE)),
        Some(other) => Err(needs.refuse(&format!("cgroup `{other}` is neither `host` nor `private`"))),
    }
}

fn isolation(spec: &ContainerSpec, needs: &Needs<'_>) -> Result<Option<HostConfigIsolationEnum>, Error> {
    match spec.isolation.as_deref() {
        None | Some("") => Ok(None),
        Some("default") => Ok(Some(HostConfigIsolationEnum::DEFAULT)),
        Some("process") => Ok(Some(HostConfigIsolationEnum::PROCESS)),
        Some("hyperv") => Ok(Some(HostConfigIsolationEnum::HYPERV)),
        Some(other) => Err(needs.refuse(&format!("isolation `{other}` is not one of `default`, `process`, `hyperv`"))),
    }
}

/// By their full names, as Docker's own command sends them: `CAP_NET_ADMIN` for `net_admin`; `ALL` is no name.
fn capabilities(names: &[String]) -> Vec<String> {
    let full = names
        .iter()
        .map(|name| name.trim().to_ascii_uppercase())
        .map(|name| if name == "ALL" || name.starts_with("CAP_") { name } else { format!("CAP_{name}") });
    full.collect()
}

/// The fields that are the same on both sides.
fn resources(spec: &ContainerSpec, engine: &Capabilities) -> HostConfig {
    let (cdi, paths): (Vec<&Device>, Vec<&Device>) = spec.devices.iter().partition(|device| is_cdi(device));
    let mut device_requests: Vec<BollardDeviceRequest> = spec.device_requests.iter().map(device_request).collect();
    if !cdi.is_empty() {
        device_requests.push(BollardDeviceRequest {
            driver: Some("cdi".to_owned()),
            device_ids: Some(cdi.into_iter().map(|device| device.source.clone()).collect()),
            ..BollardDeviceRequest::default()
        });
    }
    // Compose's word for what the API calls lists without a path in them.
    let (paths_shown, security_opt): (Vec<&String>, Vec<&String>) =
        spec.security_opt.iter().partition(|option| *option == "systempaths=unconfined");
    let shown = (!paths_shown.is_empty()).then(Vec::new);
    HostConfig {
        annotations: Some(map(&spec.annotations)).filter(|notes| !notes.is_empty() && engine.api_at_least(1, 43)),
        blkio_weight: spec.blkio_weight,
        blkio_weight_device: some(spec.blkio_devices.weights.iter().map(blkio_weight).collect()),
        blkio_device_read_bps: blkio_rates(&spec.blkio_devices.read_bps),
        blkio_device_read_iops: blkio_rates(&spec.blkio_devices.read_iops),
        blkio_device_write_bps: blkio_rates(&spec.blkio_devices.write_bps),
        blkio_device_write_iops: blkio_rates(&spec.blkio_devices.write_iops),
        cap_add: some(capabilities(&spec.cap_add)),
        cap_drop: some(capabilities(&spec.cap_drop)),
        cgroup_parent: spec.cgroup_parent.clone(),
        cpu_count: spec.cpu_count,
        cpu_percent: spec.cpu_percent,
        cpu_period: spec.cpu_period_us,
        cpu_quota: spec.cpu_quota_us,
        cpu_realtime_period: spec.cpu_rt_period_us,
        cpu_realtime_runtime: spec.cpu_rt_runtime_us,
        cpu_shares: spec.cpu_shares,
        cpuset_cpus: spec.cpuset.clone(),
        device_cgroup_rules: some(spec.device_cgroup_rules.clone()),
        device_requests: some(device_requests),
        devices: some(paths.into_iter().map(device).collect()),
        group_add: some(spec.group_add.clone()),
        init: spec.init,
        log_config: spec.logging.as_ref().map(|logging| HostConfigLogConfig {
            typ: Some(logging.driver.clone().unwrap_or_default()),
            config: Some(map(&logging.options)),
        }),
        memory: spec.memory_bytes,
        memory_reservation: spec.memory_reservation_bytes,
        memory_swap: spec.memory_swap_bytes,
        memory_swappiness: spec.memory_swappiness,
        nano_cpus: spec.nano_cpus,
        oom_kill_disable: spec.oom_kill_disable.then_some(true),
        oom_score_adj: spec.oom_score_adj,
        pids_limit: spec.pids_limit,
        privileged: spec.privileged.then_some(true),
        readonly_rootfs: spec.read_only.then_some(true),
        runtime: spec.runtime.clone(),
        masked_paths: shown.clone(),
        readonly_paths: shown,
        security_opt: some(security_opt.into_iter().cloned().collect()),
        shm_size: spec.shm_size_bytes,
        storage_opt: Some(map(&spec.storage_opt)).filter(|options| !options.is_empty()),
        sysctls: Some(map(&spec.sysctls)).filter(|sysctls| !sysctls.is_empty()),
        ulimits: some(
            spec.ulimits
                .iter()
                .map(|(name, limit)| ResourcesUlimits {
                    name: Some(name.clone()),
                    soft: Some(limit.soft),
                    hard: Some(limit.hard),
                })
                .collect(),
        ),
        userns_mode: spec.userns_mode.clone(),
        ..HostConfig::default()
    }
}

/// A CDI device's name is `vendor/class=name`, and no path.
fn is_cdi(device: &Device) -> bool {
    !device.source.starts_with('/') && device.source.contains('/') && device.source.contains('=')
}

fn device(device: &Device) -> DeviceMapping {
    DeviceMapping {
        path_on_host: Some(device.source.clone()),
        path_in_container: Some(device.target.clone()),
        cgroup_permissions: Some(device.permissions.clone()),
    }
}

fn blkio_weight(device: &BlkioWeight) -> ResourcesBlkioWeightDevice {
    ResourcesBlkioWeightDevice { path: Some(device.path.clone()), weight: Some(device.weight.into()) }
}

fn blkio_rates(devices: &[BlkioRate]) -> Option<Vec<ThrottleDevice>> {
    let rate = |device: &BlkioRate| ThrottleDevice { path: Some(device.path.clone()), rate: Some(device.rate) };
    some(devices.iter().map(rate).collect())
}

fn device_request(request: &DeviceRequest) -> BollardDeviceRequest {
    BollardDeviceRequest {
        driver: request.driver.clone(),
        count: request.count,
        device_ids: some(request.device_ids.clone()),
        // One set: a device must have all of them.
        capabilities: some(request.capabilities.clone()).map(|set| vec![set]),
        options: Some(map(&request.options)).filter(|options| !options.is_empty()),
    }
}

#[cfg(test)]
mod tests;
