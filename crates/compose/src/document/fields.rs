//! Which fields each object of the document has, in the order in which they are printed.

/// How a field is read and printed.
pub(super) enum Kind {
    /// Left out where empty.
    Text,
    /// Left out where false.
    Bool,
    /// Printed whenever it is there.
    SetBool,
    /// Left out where zero.
    Int,
    /// Printed whenever it is there.
    SetInt,
    /// Printed whenever it is there; never negative.
    SetCount,
    /// Left out where zero; never negative.
    Count,
    /// A 32-bit decimal, left out where zero.
    Float,
    /// A size in bytes as text, left out where zero.
    Bytes,
    /// Printed whenever it is there.
    SetDuration,
    /// Left out where zero.
    Duration,
    /// A list of words; null where nothing is said.
    Command,
    /// A list of text, left out where empty.
    Texts,
    /// A list of anything, as text; left out where empty.
    Printed,
    /// A mapping of text, left out where empty.
    Mapping,
    /// The same, where a value must be text or a whole number.
    Strings,
    /// A mapping of text or null, left out where empty.
    Environment,
    /// Env files that were not read: each a path, or a mapping where it need not be there.
    EnvFiles,
    /// Mode bits, as octal text.
    Mode,
    /// `all`, or how many.
    DeviceCount,
    /// A number, or soft and hard.
    Ulimits,
    /// SSH keys: a name, or name and path.
    Ssh,
    /// Options that may repeat: each is a list.
    MultiOptions,
    /// A mapping with known fields.
    Object(&'static [Field]),
    /// The same, printed even where nothing is said.
    AlwaysObject(&'static [Field]),
    /// A list of mappings.
    List(&'static [Field]),
    /// The same, whose mappings keep no extensions.
    ClosedList(&'static [Field]),
    /// A mapping of names to mappings.
    Named(&'static [Field]),
    /// A mapping of names to mappings or null.
    NamedOrNull(&'static [Field]),
    /// Always printed, with a type's zero.
    RawText,
    RawCount,
    RawInt,
    RawBytes,
    RawBool,
}

/// A field: its key in the file, its key in the document, its kind.
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) printed: &'static str,
    pub(super) kind: Kind,
}

const fn f(key: &'static str, kind: Kind) -> Field {
    Field { key, printed: key, kind }
}

pub(super) static SERVICES: Kind = Kind::Named(SERVICE);
pub(super) static NETWORKS: Kind = Kind::Named(&[
    f("name", Kind::Text),
    f("driver", Kind::Text),
    f("driver_opts", Kind::Mapping),
    f("ipam", Kind::AlwaysObject(IPAM)),
    f("external", Kind::Bool),
    f("internal", Kind::Bool),
    f("attachable", Kind::Bool),
    f("labels", Kind::Mapping),
    f("enable_ipv4", Kind::SetBool),
    f("enable_ipv6", Kind::SetBool),
]);
pub(super) static VOLUMES: Kind = Kind::Named(&[
    f("name", Kind::Text),
    f("driver", Kind::Text),
    f("driver_opts", Kind::Mapping),
    f("external", Kind::Bool),
    f("labels", Kind::Mapping),
]);
pub(super) static SECRETS: Kind = Kind::Named(FILE_OBJECT);
pub(super) static CONFIGS: Kind = Kind::Named(FILE_OBJECT);
pub(super) static MODELS: Kind = Kind::Named(&[
    f("name", Kind::Text),
    f("model", Kind::Text),
    f("context_size", Kind::Int),
    f("runtime_flags", Kind::Texts),
]);

const FILE_OBJECT: &[Field] = &[
    f("name", Kind::Text),
    f("file", Kind::Text),
    f("environment", Kind::Text),
    f("content", Kind::Text),
    f("external", Kind::Bool),
    f("labels", Kind::Mapping),
    f("driver", Kind::Text),
    f("driver_opts", Kind::Strings),
    f("template_driver", Kind::Text),
];

const IPAM: &[Field] = &[
    f("driver", Kind::Text),
    f(
        "config",
        Kind::ClosedList(&[
            f("subnet", Kind::Text),
            f("gateway", Kind::Text),
            f("ip_range", Kind::Text),
            f("aux_addresses", Kind::Mapping),
        ]),
    ),
];

const SERVICE: &[Field] = &[
    f("profiles", Kind::Texts),
    f("annotations", Kind::Mapping),
    f("attach", Kind::SetBool),
    f("build", Kind::Object(BUILD)),
    f("develop", Kind::Object(DEVELOP)),
    f("blkio_config", Kind::Object(BLKIO)),
    f("cap_add", Kind::Texts),
    f("cap_drop", Kind::Texts),
    f("cgroup_parent", Kind::Text),
    f("cgroup", Kind::Text),
    f("cpu_count", Kind::Int),
    f("cpu_percent", Kind::Float),
    f("cpu_period", Kind::Int),
    f("cpu_quota", Kind::Int),
    f("cpu_rt_period", Kind::Int),
    f("cpu_rt_runtime", Kind::Int),
    f("cpus", Kind::Float),
    f("cpuset", Kind::Text),
    f("cpu_shares", Kind::Int),
    f("command", Kind::Command),
    f("configs", Kind::List(FILE_MOUNT)),
    f("container_name", Kind::Text),
    f("credential_spec", Kind::Object(&[f("config", Kind::Text), f("file", Kind::Text), f("registry", Kind::Text)])),
    f("depends_on", Kind::Named(&[f("condition", Kind::Text), f("restart", Kind::Bool), f("required", Kind::RawBool)])),
    f("deploy", Kind::Object(DEPLOY)),
    f("device_cgroup_rules", Kind::Texts),
    f("devices", Kind::List(&[f("source", Kind::Text), f("target", Kind::Text), f("permissions", Kind::Text)])),
    f("dns", Kind::Texts),
    f("dns_opt", Kind::Texts),
    f("dns_search", Kind::Texts),
    f("domainname", Kind::Text),
    f("entrypoint", Kind::Command),
    f("provider", Kind::Object(&[f("type", Kind::Text), f("options", Kind::MultiOptions)])),
    f("environment", Kind::Environment),
    f("env_file", Kind::EnvFiles),
    f("expose", Kind::Printed),
    f("external_links", Kind::Texts),
    f("extra_hosts", Kind::Texts),
    f("group_add", Kind::Texts),
    f("gpus", Kind::List(DEVICE_REQUEST)),
    f("hostname", Kind::Text),
    f("healthcheck", Kind::Object(HEALTHCHECK)),
    f("image", Kind::Text),
    f("init", Kind::SetBool),
    f("ipc", Kind::Text),
    f("isolation", Kind::Text),
    f("labels", Kind::Mapping),
    f("links", Kind::Texts),
    f("logging", Kind::Object(&[f("driver", Kind::Text), f("options", Kind::Mapping)])),
    f("mem_limit", Kind::Bytes),
    f("mem_reservation", Kind::Bytes),
    f("memswap_limit", Kind::Bytes),
    f("mem_swappiness", Kind::Bytes),
    f("mac_address", Kind::Text),
    f("models", Kind::NamedOrNull(&[f("endpoint_var", Kind::Text), f("model_var", Kind::Text)])),
    f("network_mode", Kind::Text),
    f("networks", Kind::NamedOrNull(ATTACHMENT)),
    f("oom_kill_disable", Kind::Bool),
    f("oom_score_adj", Kind::Int),
    f("pid", Kind::Text),
    f("pids_limit", Kind::Int),
    f("platform", Kind::Text),
    f("ports", Kind::List(PORT)),
    f("privileged", Kind::Bool),
    f("pull_policy", Kind::Text),
    f("read_only", Kind::Bool),
    f("restart", Kind::Text),
    f("runtime", Kind::Text),
    f("scale", Kind::SetInt),
    f("secrets", Kind::List(FILE_MOUNT)),
    f("security_opt", Kind::Texts),
    f("shm_size", Kind::Bytes),
    f("stdin_open", Kind::Bool),
    f("stop_grace_period", Kind::SetDuration),
    f("stop_signal", Kind::Text),
    f("storage_opt", Kind::Strings),
    f("sysctls", Kind::Mapping),
    f("tmpfs", Kind::Texts),
    f("tty", Kind::Bool),
    f("ulimits", Kind::Ulimits),
    f("use_api_socket", Kind::Bool),
    f("user", Kind::Text),
    f("userns_mode", Kind::Text),
    f("uts", Kind::Text),
    f("volumes", Kind::List(VOLUME)),
    f("volumes_from", Kind::Texts),
    f("working_dir", Kind::Text),
    f("post_start", Kind::List(HOOK)),
    f("pre_stop", Kind::List(HOOK)),
];

const BUILD: &[Field] = &[
    f("context", Kind::Text),
    f("dockerfile", Kind::Text),
    f("dockerfile_inline", Kind::Text),
    f("entitlements", Kind::Texts),
    f("args", Kind::Environment),
    f("provenance", Kind::Text),
    f("sbom", Kind::Text),
    f("ssh", Kind::Ssh),
    f("labels", Kind::Mapping),
    f("cache_from", Kind::Texts),
    f("cache_to", Kind::Texts),
    f("no_cache", Kind::Bool),
    f("additional_contexts", Kind::Mapping),
    f("pull", Kind::Bool),
    f("extra_hosts", Kind::Texts),
    f("isolation", Kind::Text),
    f("network", Kind::Text),
    f("target", Kind::Text),
    f("secrets", Kind::List(FILE_MOUNT)),
    f("shm_size", Kind::Bytes),
    f("tags", Kind::Texts),
    f("ulimits", Kind::Ulimits),
    f("platforms", Kind::Texts),
    f("privileged", Kind::Bool),
];

const DEVELOP: &[Field] = &[f(
    "watch",
    Kind::List(&[
        f("path", Kind::RawText),
        f("action", Kind::RawText),
        f("target", Kind::Text),
        f("exec", Kind::AlwaysObject(HOOK)),
        f("include", Kind::Texts),
        f("ignore", Kind::Texts),
        f("initial_sync", Kind::Bool),
    ]),
)];

const BLKIO: &[Field] = &[
    f("weight", Kind::Count),
    f(
        "weight_device",
        Kind::List(&[
            Field { key: "path", printed: "Path", kind: Kind::RawText },
            Field { key: "weight", printed: "Weight", kind: Kind::RawCount },
        ]),
    ),
    f("device_read_bps", Kind::List(BLKIO_RATE)),
    f("device_read_iops", Kind::List(BLKIO_RATE)),
    f("device_write_bps", Kind::List(BLKIO_RATE)),
    f("device_write_iops", Kind::List(BLKIO_RATE)),
];

const BLKIO_RATE: &[Field] = &[
    Field { key: "path", printed: "Path", kind: Kind::RawText },
    Field { key: "rate", printed: "Rate", kind: Kind::RawBytes },
];

const FILE_MOUNT: &[Field] = &[
    f("source", Kind::Text),
    f("target", Kind::Text),
    f("uid", Kind::Text),
    f("gid", Kind::Text),
    f("mode", Kind::Mode),
];

const DEVICE_REQUEST: &[Field] = &[
    f("capabilities", Kind::Texts),
    f("driver", Kind::Text),
    f("count", Kind::DeviceCount),
    f("device_ids", Kind::Texts),
    f("options", Kind::Mapping),
];

const DEPLOY: &[Field] = &[
    f("mode", Kind::Text),
    f("replicas", Kind::SetInt),
    f("labels", Kind::Mapping),
    f("update_config", Kind::Object(UPDATE)),
    f("rollback_config", Kind::Object(UPDATE)),
    f(
        "resources",
        Kind::AlwaysObject(&[f("limits", Kind::Object(RESOURCE)), f("reservations", Kind::Object(RESOURCE))]),
    ),
    f(
        "restart_policy",
        Kind::Object(&[
            f("condition", Kind::Text),
            f("delay", Kind::SetDuration),
            f("max_attempts", Kind::SetCount),
            f("window", Kind::SetDuration),
        ]),
    ),
    f(
        "placement",
        Kind::AlwaysObject(&[
            f("constraints", Kind::Texts),
            f("preferences", Kind::List(&[f("spread", Kind::Text)])),
            f("max_replicas_per_node", Kind::Count),
        ]),
    ),
    f("endpoint_mode", Kind::Text),
];

const UPDATE: &[Field] = &[
    f("parallelism", Kind::SetCount),
    f("delay", Kind::Duration),
    f("failure_action", Kind::Text),
    f("monitor", Kind::Duration),
    f("max_failure_ratio", Kind::Float),
    f("order", Kind::Text),
];

const RESOURCE: &[Field] = &[
    f("cpus", Kind::Float),
    f("memory", Kind::Bytes),
    f("pids", Kind::Int),
    f("devices", Kind::List(DEVICE_REQUEST)),
    f(
        "generic_resources",
        Kind::List(&[f("discrete_resource_spec", Kind::Object(&[f("kind", Kind::RawText), f("value", Kind::RawInt)]))]),
    ),
];

const HEALTHCHECK: &[Field] = &[
    f("test", Kind::Texts),
    f("timeout", Kind::SetDuration),
    f("interval", Kind::SetDuration),
    f("retries", Kind::SetCount),
    f("start_period", Kind::SetDuration),
    f("start_interval", Kind::SetDuration),
    f("disable", Kind::Bool),
];

const ATTACHMENT: &[Field] = &[
    f("aliases", Kind::Texts),
    f("driver_opts", Kind::Mapping),
    f("gw_priority", Kind::Int),
    f("interface_name", Kind::Text),
    f("ipv4_address", Kind::Text),
    f("ipv6_address", Kind::Text),
    f("link_local_ips", Kind::Texts),
    f("mac_address", Kind::Text),
    f("priority", Kind::Int),
];

const PORT: &[Field] = &[
    f("name", Kind::Text),
    f("mode", Kind::Text),
    f("host_ip", Kind::Text),
    f("target", Kind::Count),
    f("published", Kind::Text),
    f("protocol", Kind::Text),
    f("app_protocol", Kind::Text),
];

const VOLUME: &[Field] = &[
    f("type", Kind::Text),
    f("source", Kind::Text),
    f("target", Kind::Text),
    f("read_only", Kind::Bool),
    f("consistency", Kind::Text),
    f(
        "bind",
        Kind::Object(&[
            f("selinux", Kind::Text),
            f("propagation", Kind::Text),
            f("create_host_path", Kind::Bool),
            f("recursive", Kind::Text),
        ]),
    ),
    f("volume", Kind::Object(&[f("labels", Kind::Mapping), f("nocopy", Kind::Bool), f("subpath", Kind::Text)])),
    f("tmpfs", Kind::Object(&[f("size", Kind::Bytes), f("mode", Kind::Count)])),
    f("image", Kind::Object(&[f("subpath", Kind::Text)])),
];

const HOOK: &[Field] = &[
    f("command", Kind::Command),
    f("user", Kind::Text),
    f("privileged", Kind::Bool),
    f("working_dir", Kind::Text),
    f("environment", Kind::Environment),
];
