//! What a Compose file means as a typed stack: one question to the stack a case.

use evenkeel_compose::load_definition;
use evenkeel_model::{Definition, DefinitionFile};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn definition(text: &str) -> Definition {
    Definition {
        files: vec![
            DefinitionFile { path: "compose.yaml".to_owned(), content: text.to_owned() },
            DefinitionFile { path: "a.env".to_owned(), content: "FROM_FILE=1\nBOTH=file\n".to_owned() },
            DefinitionFile { path: "calls.json".to_owned(), content: "{ \"defaultAction\":\n \"A\" }\n".to_owned() },
        ],
        compose_files: vec!["compose.yaml".to_owned()],
        environment: BTreeMap::from([("OUTSIDE".to_owned(), "out".to_owned())]),
        profiles: Vec::new(),
        working_dir: "/srv/shop".to_owned(),
        env_files: Vec::new(),
        project_name: None,
    }
}

fn check(text: &str, pointer: &str, expected: Value) {
    let loaded = load_definition(&definition(text), None);
    match loaded {
        Ok(loaded) => {
            let stack = serde_json::to_value(&loaded.stack).unwrap_or_default();
            let found = stack.pointer(pointer).cloned().unwrap_or(Value::Null);
            assert_eq!(found, expected, "{pointer} of\n{text}\n{stack:#}");
        }
        Err(errors) => {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            assert!(errors.is_empty(), "{text}\n{}", errors.join("\n"));
        }
    }
}

/// A question about the container of the only service `a`, whose keys are given in flow style.
fn container(keys: &str, pointer: &str, expected: Value) {
    let text = format!("services:\n  a: {{image: x, {keys}}}\nvolumes: {{data: , ext: {{external: true}}}}\n");
    check(&text, &format!("/services/a/container{pointer}"), expected);
}

#[test]
fn names_on_the_engine() {
    let text = "
services:
  a: {build: ., networks: [front], volumes: ['data:/d', 'ext:/e']}
  b: {image: y}
networks: {front: {name: plain}, unused: }
volumes: {data: , ext: {external: true, name: theirs}, unused: }
";
    check(text, "/name", json!("shop"));
    check(text, "/working_dir", json!("/srv/shop"));
    check(text, "/config_files", json!(["/srv/shop/compose.yaml"]));
    check(text, "/services/a/container/image", json!("shop-a"));
    check(text, "/services/a/container/networks", json!({"plain": {}}));
    check(text, "/services/b/container/networks", json!({"shop_default": {}}));
    check(text, "/services/a/container/mounts/0/source/volume/name", json!("shop_data"));
    check(text, "/services/a/container/mounts/1/source/volume/name", json!("theirs"));
    check(text, "/networks/plain/key", json!("front"));
    check(text, "/networks/shop_unused", Value::Null);
    check(text, "/volumes/theirs/external", json!(true));
    check(text, "/volumes/shop_unused", Value::Null);
    check(text, "/services/a/build/context", json!("/srv/shop"));
    check(text, "/services/a/build/dockerfile", json!({"file": "Dockerfile"}));
}

#[test]
fn an_external_network_may_be_made_where_it_is_missing() {
    let text = "
services: {a: {image: x, networks: [ours, theirs]}}
networks: {ours: {external: true, x-evenkeel: {create: true}}, theirs: {external: true}}
";
    check(text, "/networks/ours/create", json!(true));
    check(text, "/networks/theirs/create", Value::Null);
}

#[test]
fn connections_may_be_tried_again_and_again() {
    check("services: {a: {image: x}}\nx-evenkeel: {check_connections: 1m30s}", "/check_connections_ms", json!(90_000));
    check("services: {a: {image: x}}", "/check_connections_ms", Value::Null);
}

#[test]
fn commands_and_environment() {
    container("command: 'a \"b c\"'", "/command", json!(["a", "b c"]));
    container("command: []", "/command", json!([]));
    container("entrypoint: ", "/entrypoint", Value::Null);
    container(
        "environment: [OUTSIDE, NOT_SET, A=b=c]",
        "/environment",
        json!({"OUTSIDE": "out", "NOT_SET": null, "A": "b=c"}),
    );
    container("environment: {BOTH: own}, env_file: a.env", "/environment", json!({"BOTH": "own", "FROM_FILE": "1"}));
}

#[test]
fn ports_and_hosts() {
    container(
        "ports: ['127.0.0.1:8080:80/udp']",
        "/ports",
        json!([{"target": 80, "published": "8080", "host_ip": "127.0.0.1", "protocol": "udp"}]),
    );
    container("ports: [80]", "/ports", json!([{"target": 80, "protocol": "tcp"}]));
    container("ports: ['8000-8010:80']", "/ports/0/published", json!("8000-8010"));
    container("expose: [90, '91-92/udp']", "/expose", json!([[90, "tcp"], [91, "udp"], [92, "udp"]]));
    container("extra_hosts: ['h:host-gateway']", "/extra_hosts", json!([["h", "host-gateway"]]));
}

#[test]
fn mounts() {
    let bind = |path: &str| json!({"bind": {"path": path, "create_host_path": true}});
    container(
        "volumes: ['./x:/y:ro']",
        "/mounts/0",
        json!({"source": bind("/srv/shop/x"), "target": "/y", "read_only": true}),
    );
    container("volumes: [{type: bind, source: /x, target: /y}]", "/mounts/0/source", bind("/x"));
    container(
        "volumes: [{type: bind, source: /x, target: /y, bind: {selinux: Z}}]",
        "/mounts/0/source",
        json!({"bind": {"path": "/x", "selinux": "Z"}}),
    );
    container("volumes: [/y]", "/mounts/0/source", json!("anonymous"));
    container(
        "volumes: [{type: volume, target: /y, volume: {nocopy: true}}]",
        "/mounts/0/source",
        json!("anonymous_unfilled"),
    );
    container("tmpfs: /t", "/mounts/0", json!({"source": {"tmpfs": {"options": ""}}, "target": "/t"}));
    container("tmpfs: '/t:size=1m'", "/mounts/0", json!({"source": {"tmpfs": {"options": "size=1m"}}, "target": "/t"}));
    container(
        "volumes: [{type: tmpfs, target: /t, tmpfs: {size: 1k, mode: 0700}}]",
        "/mounts/0/source",
        json!({"tmpfs": {"size_bytes": 1024, "mode": 448}}),
    );
}

#[test]
fn healthchecks() {
    container(
        "healthcheck: {test: curl x, interval: 10s, retries: 3}",
        "/healthcheck",
        json!({"test": {"shell": "curl x"}, "interval_ns": 10_000_000_000_i64, "retries": 3}),
    );
    container("healthcheck: {test: [CMD, a, b]}", "/healthcheck/test", json!({"command": ["a", "b"]}));
    container("healthcheck: {test: [NONE]}", "/healthcheck/test", json!("disabled"));
    container("healthcheck: {disable: true}", "/healthcheck/test", json!("disabled"));
    container("healthcheck: {test: NONE}", "/healthcheck/test", json!({"shell": "NONE"}));
    container("healthcheck: {interval: 1s}", "/healthcheck/test", Value::Null);
}

#[test]
fn security_options() {
    for (option, expected) in [
        ("label=disable", "label=disable"),
        ("no-new-privileges", "no-new-privileges"),
        ("seccomp:unconfined", "seccomp:unconfined"),
        ("seccomp=calls.json", r#"seccomp={"defaultAction":"A"}"#),
        ("seccomp:./calls.json", r#"seccomp={"defaultAction":"A"}"#),
    ] {
        container(&format!("security_opt: ['{option}']"), "/security_opt/0", json!(expected));
    }
}

#[test]
fn restart_policies() {
    for (keys, expected) in [
        ("restart: no", json!("no")),
        ("restart: always", json!("always")),
        ("restart: unless-stopped", json!("unless_stopped")),
        ("restart: 'on-failure'", json!({"on_failure": null})),
        ("restart: 'on-failure:3'", json!({"on_failure": 3})),
        ("restart: always, deploy: {restart_policy: {condition: none}}", json!("no")),
        ("deploy: {restart_policy: {condition: on-failure, max_attempts: 2}}", json!({"on_failure": 2})),
        ("deploy: {restart_policy: {condition: any}}", json!("always")),
        ("restart: always, deploy: {restart_policy: {max_attempts: 2}}", Value::Null),
        ("tty: true", Value::Null),
    ] {
        container(keys, "/restart", expected);
    }
}

#[test]
fn limits() {
    container("mem_limit: 1g", "/memory_bytes", json!(1_073_741_824));
    container("deploy: {resources: {limits: {memory: 64m, cpus: '0.5', pids: 9}}}", "/memory_bytes", json!(67_108_864));
    container("deploy: {resources: {limits: {cpus: '0.5'}}}", "/nano_cpus", json!(500_000_000));
    container("cpus: 0.3", "/nano_cpus", json!(300_000_000));
    container("memswap_limit: -1", "/memory_swap_bytes", json!(-1));
    container(
        "ulimits: {nofile: 5, nproc: {soft: 1, hard: -1}}",
        "/ulimits",
        json!({"nofile": {"soft": 5, "hard": 5}, "nproc": {"soft": 1, "hard": -1}}),
    );
    container("stop_grace_period: 1m30s", "/stop_grace_s", json!(90));
    container("gpus: all", "/device_requests", json!([{"count": -1, "capabilities": ["gpu"]}]));
    container(
        "devices: ['/dev/a:/dev/b:r', 'vendor.com/gpu=0']",
        "/devices",
        json!([{"source": "/dev/a", "target": "/dev/b", "permissions": "r"}]),
    );
    container(
        "devices: ['vendor.com/gpu=0']",
        "/device_requests",
        json!([{"driver": "cdi", "device_ids": ["vendor.com/gpu=0"]}]),
    );
}

#[test]
fn scale_and_policies() {
    for (keys, pointer, expected) in [
        ("scale: 3", "/scale", json!(3)),
        ("deploy: {replicas: 2}", "/scale", json!(2)),
        ("tty: true", "/scale", json!(1)),
        ("container_name: the-one", "/container_name", json!("the-one")),
        ("pull_policy: if_not_present", "/pull_policy", json!("missing")),
        ("pull_policy: always", "/pull_policy", json!("always")),
        ("x-evenkeel: {stand_in: 'a stand-in'}", "/wishes", json!({"stand_in": "a stand-in"})),
        ("x-evenkeel: ", "/wishes", json!({})),
        ("x-evenkeel: {unhealthy: ignore}", "/wishes", json!({"unhealthy": "ignore"})),
        ("x-evenkeel: {unhealthy: restart}", "/wishes", json!({})),
        (
            "x-evenkeel: {connections: [db, 'db:5433', 'redis://cache:1', {to: s3, port: 9000, protocol: s3}]}",
            "/wishes/connections",
            json!([
                {"to": "db"},
                {"to": "db", "port": 5433},
                {"to": "cache", "port": 1, "protocol": "redis"},
                {"to": "s3", "port": 9000, "protocol": "s3"},
            ]),
        ),
        (
            "}\n  b: {image: x}\nx-evenkeel: {connections: [{from: a, to: b}]",
            "/wishes/connections",
            json!([{"to": "b"}]),
        ),
    ] {
        check(&format!("services:\n  a: {{image: x, {keys}}}\n"), &format!("/services/a{pointer}"), expected);
    }
}

#[test]
fn dependencies_and_namespaces() {
    let text = "
services:
  a:
    image: x
    depends_on: {b: {condition: service_healthy, restart: true}}
    links: ['c:see']
    pid: 'service:d'
    volumes_from: ['e:ro', 'container:other']
  b: {image: x}
  c: {image: x}
  d: {image: x}
  e: {image: x}
  f: {image: x, network_mode: 'service:b', depends_on: {off: {condition: service_started, required: false}}}
  off: {image: x, profiles: [never]}
";
    let on = |condition: &str, restart: bool| json!({"condition": condition, "required": true, "restart": restart});
    check(
        text,
        "/services/a/depends_on",
        json!({
            "b": on("service_healthy", true), "c": on("service_started", true),
            "d": on("service_started", true), "e": on("service_started", false),
        }),
    );
    check(text, "/services/a/container/links", json!([["c", "see"]]));
    check(text, "/services/a/container/pid", json!({"service": "d"}));
    check(
        text,
        "/services/a/container/volumes_from",
        json!([
            {"from": {"service": "e"}, "read_only": true}, {"from": {"container": "other"}},
        ]),
    );
    check(text, "/services/f/container/network_mode", json!({"service": "b"}));
    check(text, "/services/f/container/networks", Value::Null);
    check(text, "/services/f/depends_on", json!({"b": on("service_started", true)}));
    check(text, "/services/off", Value::Null);
}

#[test]
fn secrets_and_configs() {
    let text = "
services:
  a:
    image: x
    secrets: [file, {source: env, target: sub, uid: '5', mode: 0400}]
    configs: [inline]
secrets: {file: {file: ./s.txt}, env: {environment: OUTSIDE}}
configs: {inline: {content: \"v=${OUTSIDE}\\n\"}}
";
    check(
        text,
        "/services/a/container/mounts/0",
        json!({
            "source": {"bind": {"path": "/srv/shop/s.txt"}}, "target": "/run/secrets/file", "read_only": true,
        }),
    );
    check(
        text,
        "/services/a/container/files",
        json!([
            {"path": "/run/secrets/sub", "content": "out", "uid": 5, "gid": 0, "mode": 256},
            {"path": "/inline", "content": "v=out\n", "uid": 0, "gid": 0, "mode": 292},
        ]),
    );
}

#[test]
fn networks() {
    let text = "
services:
  a: {image: x, networks: {back: {aliases: [db], ipv4_address: 172.21.0.5, priority: 3}}}
networks:
  back: {driver: bridge, internal: true, ipam: {config: [{subnet: 172.21.0.0/16, gateway: 172.21.0.1}]}, labels: {l: 1}}
";
    check(
        text,
        "/services/a/container/networks/shop_back",
        json!({
            "aliases": ["db"], "ipv4_address": "172.21.0.5", "priority": 3,
        }),
    );
    check(text, "/networks/shop_back/ipam/pools", json!([{"subnet": "172.21.0.0/16", "gateway": "172.21.0.1"}]));
    check(text, "/networks/shop_back/internal", json!(true));
    check(text, "/networks/shop_back/labels", json!({"l": "1"}));
}
