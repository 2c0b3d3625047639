//! A service and its parts.

use super::deploy::{DEPLOY, GPUS};
use super::shape::{
    BOOL, BOOL_TEXT, COMMAND, LIST_OR_MAP, NULL, NUMBER, NUMBER_TEXT, NUMBER_TEXT_NULL, Names, OPTIONS, Object, Shape,
    TEXT, TEXT_NULL, TEXT_OR_LIST, TEXT_OR_SET, TEXT_SET, TEXTS, Type, WHOLE_TEXT,
};

pub(super) static SERVICE: Shape = Shape::Object(&KEYS);

pub(super) static KEYS: Object = Object::new(&[
    ("annotations", &LIST_OR_MAP),
    ("attach", &BOOL_TEXT),
    ("blkio_config", &Shape::Object(&BLKIO)),
    ("build", &Shape::Either(&[&TEXT, &Shape::Object(&BUILD)])),
    ("cap_add", &TEXT_SET),
    ("cap_drop", &TEXT_SET),
    ("cgroup", &Shape::Words(&["host", "private"])),
    ("cgroup_parent", &TEXT),
    ("command", &COMMAND),
    ("configs", &FILES),
    ("container_name", &Shape::Like(is_container_name, &[], "at least two letters, digits, `_`, `.` or `-`")),
    ("cpu_count", &Shape::Either(&[&TEXT, &Shape::Range(0, i64::MAX)])),
    ("cpu_percent", &Shape::Either(&[&TEXT, &Shape::Range(0, 100)])),
    ("cpu_period", &NUMBER_TEXT),
    ("cpu_quota", &NUMBER_TEXT),
    ("cpu_rt_period", &NUMBER_TEXT),
    ("cpu_rt_runtime", &NUMBER_TEXT),
    ("cpu_shares", &NUMBER_TEXT),
    ("cpus", &NUMBER_TEXT),
    ("cpuset", &TEXT),
    ("credential_spec", &Shape::Object(&Object::new(&[("config", &TEXT), ("file", &TEXT), ("registry", &TEXT)]))),
    ("depends_on", &Shape::Either(&[&TEXT_SET, &Shape::Map(Names::Resource, &DEPENDENCY)])),
    ("deploy", &DEPLOY),
    ("develop", &DEVELOP),
    ("device_cgroup_rules", &TEXT_SET),
    ("devices", &Shape::List(&Shape::Either(&[&TEXT, &Shape::Object(&DEVICE)]))),
    ("dns", &TEXT_OR_SET),
    ("dns_opt", &TEXT_SET),
    ("dns_search", &TEXT_OR_SET),
    ("domainname", &TEXT),
    ("entrypoint", &COMMAND),
    ("env_file", &Shape::Either(&[&TEXT, &Shape::List(&Shape::Either(&[&TEXT, &Shape::Object(&ENV_FILE)]))])),
    ("environment", &LIST_OR_MAP),
    ("expose", &Shape::Set(&NUMBER_TEXT)),
    ("extends", &EXTENDS),
    ("external_links", &TEXT_SET),
    ("extra_hosts", &EXTRA_HOSTS),
    ("gpus", &GPUS),
    ("group_add", &Shape::Set(&NUMBER_TEXT)),
    ("healthcheck", &Shape::Object(&HEALTHCHECK)),
    ("hostname", &TEXT),
    ("image", &TEXT),
    ("init", &BOOL_TEXT),
    ("ipc", &TEXT),
    ("isolation", &TEXT),
    ("label_file", &TEXT_OR_LIST),
    ("labels", &LIST_OR_MAP),
    ("links", &TEXT_SET),
    ("logging", &Shape::Object(&LOGGING)),
    ("mac_address", &TEXT),
    ("mem_limit", &NUMBER_TEXT),
    ("mem_reservation", &WHOLE_TEXT),
    ("mem_swappiness", &WHOLE_TEXT),
    ("memswap_limit", &NUMBER_TEXT),
    ("models", &Shape::Either(&[&TEXT_SET, &Shape::Map(Names::Any, &Shape::Either(&[&NULL, &MODEL]))])),
    ("network_mode", &TEXT),
    ("networks", &Shape::Either(&[&TEXT_SET, &Shape::Map(Names::Resource, &Shape::Either(&[&NULL, &NETWORK]))])),
    ("oom_kill_disable", &BOOL_TEXT),
    ("oom_score_adj", &Shape::Either(&[&TEXT, &Shape::Range(-1000, 1000)])),
    ("pid", &TEXT_NULL),
    ("pids_limit", &NUMBER_TEXT),
    ("platform", &TEXT),
    ("ports", &Shape::Set(&Shape::Either(&[&NUMBER_TEXT, &Shape::Object(&PORT)]))),
    ("post_start", &Shape::List(&Shape::Object(&HOOK))),
    ("pre_stop", &Shape::List(&Shape::Object(&HOOK))),
    ("privileged", &BOOL_TEXT),
    ("profiles", &TEXT_SET),
    ("provider", &Shape::Object(&PROVIDER)),
    (
        "pull_policy",
        &Shape::Like(is_pull_policy, PULL_POLICIES, "always, missing, never, build, daily, weekly or every_<duration>"),
    ),
    ("pull_refresh_after", &TEXT),
    ("read_only", &BOOL_TEXT),
    ("restart", &TEXT),
    ("runtime", &TEXT),
    ("scale", &WHOLE_TEXT),
    ("secrets", &FILES),
    ("security_opt", &TEXT_SET),
    ("shm_size", &NUMBER_TEXT),
    ("stdin_open", &BOOL_TEXT),
    ("stop_grace_period", &TEXT),
    ("stop_signal", &TEXT),
    ("storage_opt", &Shape::Object(&Object::new(&[]).open())),
    ("sysctls", &LIST_OR_MAP),
    ("tmpfs", &TEXT_OR_SET),
    ("tty", &BOOL_TEXT),
    ("ulimits", &ULIMITS),
    ("use_api_socket", &BOOL),
    ("user", &TEXT),
    ("userns_mode", &TEXT),
    ("uts", &TEXT),
    ("volumes", &Shape::Set(&Shape::Either(&[&TEXT, &Shape::Object(&VOLUME)]))),
    ("volumes_from", &TEXT_SET),
    ("working_dir", &TEXT),
]);

pub(super) static BUILD: Object = Object::new(&[
    ("additional_contexts", &LIST_OR_MAP),
    ("args", &LIST_OR_MAP),
    ("cache_from", &TEXTS),
    ("cache_to", &TEXTS),
    ("context", &TEXT),
    ("dockerfile", &TEXT),
    ("dockerfile_inline", &TEXT),
    ("entitlements", &TEXTS),
    ("extra_hosts", &EXTRA_HOSTS),
    ("isolation", &TEXT),
    ("labels", &LIST_OR_MAP),
    ("network", &TEXT),
    ("no_cache", &BOOL_TEXT),
    ("platforms", &TEXTS),
    ("privileged", &BOOL_TEXT),
    ("provenance", &BOOL_TEXT),
    ("pull", &BOOL_TEXT),
    ("sbom", &BOOL_TEXT),
    ("secrets", &FILES),
    ("shm_size", &WHOLE_TEXT),
    ("ssh", &LIST_OR_MAP),
    ("tags", &TEXTS),
    ("target", &TEXT),
    ("ulimits", &ULIMITS),
]);

static BLKIO: Object = Object::new(&[
    ("device_read_bps", &BLKIO_LIMITS),
    ("device_read_iops", &BLKIO_LIMITS),
    ("device_write_bps", &BLKIO_LIMITS),
    ("device_write_iops", &BLKIO_LIMITS),
    ("weight", &WHOLE_TEXT),
    (
        "weight_device",
        &Shape::List(&Shape::Object(&Object::new(&[("path", &TEXT), ("weight", &WHOLE_TEXT)]).without_extensions())),
    ),
])
.without_extensions();
static BLKIO_LIMITS: Shape =
    Shape::List(&Shape::Object(&Object::new(&[("path", &TEXT), ("rate", &WHOLE_TEXT)]).without_extensions()));

static DEPENDENCY: Shape = Shape::Object(
    &Object::new(&[
        ("condition", &Shape::Words(&["service_started", "service_healthy", "service_completed_successfully"])),
        ("required", &BOOL),
        ("restart", &BOOL_TEXT),
    ])
    .needs(&["condition"]),
);

static DEVELOP: Shape =
    Shape::Either(&[&NULL, &Shape::Object(&Object::new(&[("watch", &Shape::List(&Shape::Object(&WATCH)))]))]);
static WATCH: Object = Object::new(&[
    ("action", &Shape::Words(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"])),
    ("exec", &Shape::Object(&HOOK)),
    ("ignore", &TEXT_OR_SET),
    ("include", &TEXT_OR_SET),
    ("initial_sync", &BOOL),
    ("path", &TEXT),
    ("target", &TEXT),
])
.needs(&["path", "action"]);

static DEVICE: Object = Object::new(&[("permissions", &TEXT), ("source", &TEXT), ("target", &TEXT)]).needs(&["source"]);

static ENV_FILE: Object =
    Object::new(&[("format", &TEXT), ("path", &TEXT), ("required", &BOOL_TEXT)]).needs(&["path"]).without_extensions();

static EXTENDS: Shape = Shape::Either(&[
    &TEXT,
    &Shape::Object(&Object::new(&[("file", &TEXT), ("service", &TEXT)]).needs(&["service"]).without_extensions()),
]);

static EXTRA_HOSTS: Shape = Shape::Either(&[&Shape::Map(Names::Some, &Shape::Either(&[&TEXT, &TEXTS])), &TEXT_SET]);

static FILES: Shape = Shape::List(&Shape::Either(&[
    &TEXT,
    &Shape::Object(&Object::new(&[
        ("gid", &TEXT),
        ("mode", &NUMBER_TEXT),
        ("source", &TEXT),
        ("target", &TEXT),
        ("uid", &TEXT),
    ])),
]));

pub(super) static HEALTHCHECK: Object = Object::new(&[
    ("disable", &BOOL_TEXT),
    ("interval", &TEXT),
    ("retries", &NUMBER_TEXT),
    ("start_interval", &TEXT),
    ("start_period", &TEXT),
    ("test", &TEXT_OR_LIST),
    ("timeout", &TEXT),
]);

static HOOK: Object = Object::new(&[
    ("command", &COMMAND),
    ("environment", &LIST_OR_MAP),
    ("privileged", &BOOL_TEXT),
    ("user", &TEXT),
    ("working_dir", &TEXT),
])
.needs(&["command"]);

static LOGGING: Object = Object::new(&[("driver", &TEXT), ("options", &Shape::Map(Names::Any, &NUMBER_TEXT_NULL))]);

static MODEL: Shape = Shape::Object(&Object::new(&[("endpoint_var", &TEXT), ("model_var", &TEXT)]));

static NETWORK: Shape = Shape::Object(&Object::new(&[
    ("aliases", &TEXT_SET),
    ("driver_opts", &OPTIONS),
    ("gw_priority", &NUMBER),
    ("interface_name", &TEXT),
    ("ipv4_address", &TEXT),
    ("ipv6_address", &TEXT),
    ("link_local_ips", &TEXT_SET),
    ("mac_address", &TEXT),
    ("priority", &NUMBER),
]));

static PORT: Object = Object::new(&[
    ("app_protocol", &TEXT),
    ("host_ip", &TEXT),
    ("mode", &TEXT),
    ("name", &TEXT),
    ("protocol", &TEXT),
    ("published", &WHOLE_TEXT),
    ("target", &WHOLE_TEXT),
]);

static PROVIDER: Object = Object::new(&[
    ("options", &Shape::Map(Names::Any, &Shape::Either(&[&PROVIDER_OPTION, &Shape::List(&PROVIDER_OPTION)]))),
    ("type", &TEXT),
])
.needs(&["type"]);
static PROVIDER_OPTION: Shape = Shape::One(&[Type::Text, Type::Number, Type::Bool]);

pub(super) static ULIMITS: Shape = Shape::Map(
    Names::Lowercase,
    &Shape::Either(&[
        &WHOLE_TEXT,
        &Shape::Object(&Object::new(&[("hard", &WHOLE_TEXT), ("soft", &WHOLE_TEXT)]).needs(&["soft", "hard"])),
    ]),
);

static VOLUME: Object = Object::new(&[
    (
        "bind",
        &Shape::Object(&Object::new(&[
            ("create_host_path", &BOOL_TEXT),
            ("propagation", &TEXT),
            ("recursive", &Shape::Words(&["enabled", "disabled", "writable", "readonly"])),
            ("selinux", &Shape::Words(&["z", "Z"])),
        ])),
    ),
    ("consistency", &TEXT),
    ("image", &Shape::Object(&Object::new(&[("subpath", &TEXT)]))),
    ("read_only", &BOOL_TEXT),
    ("source", &TEXT),
    ("target", &TEXT),
    (
        "tmpfs",
        &Shape::Object(&Object::new(&[
            ("mode", &NUMBER_TEXT),
            ("size", &Shape::Either(&[&Shape::Range(0, i64::MAX), &TEXT])),
        ])),
    ),
    ("type", &Shape::Words(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"])),
    ("volume", &Shape::Object(&Object::new(&[("labels", &LIST_OR_MAP), ("nocopy", &BOOL_TEXT), ("subpath", &TEXT)]))),
])
.needs(&["type"]);

/// Whether a container's name stands somewhere in the text: Compose looks no further.
fn is_container_name(text: &str) -> bool {
    let is_first = |c: u8| c.is_ascii_alphanumeric();
    text.as_bytes().windows(2).any(|pair| is_first(pair[0]) && (is_first(pair[1]) || b"_.-".contains(&pair[1])))
}

const PULL_POLICIES: &[&str] = &["always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"];

/// Whether a pull policy stands somewhere in the text.
fn is_pull_policy(text: &str) -> bool {
    let every = |rest: &str| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        digits > 0 && rest[digits..].starts_with(['w', 'd', 'h', 'm', 's'])
    };
    PULL_POLICIES.iter().any(|word| text.contains(word))
        || text.match_indices("every_").any(|(at, word)| every(&text[at + word.len()..]))
}
