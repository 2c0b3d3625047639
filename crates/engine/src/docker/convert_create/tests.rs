//! What reaches the engine, as data.

use super::*;
use evenkeel_model::{Attachment, ContainerName, NetworkMode};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn engine(minor: u32) -> Capabilities {
    Capabilities { engine: "Docker X".to_owned(), api: (1, minor), local: true }
}

fn new(spec: Value) -> NewContainer {
    let mut spec: ContainerSpec = serde_json::from_value(spec).expect("a specification");
    spec.image.get_or_insert_with(|| "app:1".into());
    NewContainer {
        name: ContainerName::from("shop-web-1"),
        spec,
        labels: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
        endpoints: Vec::new(),
        links: Vec::new(),
        inherits: None,
    }
}

fn body(new: &NewContainer, minor: u32) -> Value {
    let request = create_request(new, &engine(minor)).expect("a request");
    serde_json::to_value(request.body).expect("JSON")
}

fn refusal(new: &NewContainer, minor: u32) -> String {
    match create_request(new, &engine(minor)) {
        Err(Error::Rejected { message }) => message,
        other => panic!("{other:?} is no refusal"),
    }
}

#[test]
fn every_field_reaches_the_engine() {
    let spec = serde_json::from_str(include_str!("every_field.spec.json")).expect("JSON");
    let new = new(spec);
    let request = create_request(&new, &engine(44)).expect("a request");
    assert_eq!(
        (request.options.name.as_deref(), request.options.platform.as_str()),
        (Some("shop-web-1"), "linux/amd64")
    );
    assert!(request.further.is_empty());
    assert_eq!(body(&new, 44), serde_json::from_str::<Value>(include_str!("every_field.body.json")).expect("JSON"));
}

#[test]
fn an_empty_specification_leaves_all_to_the_engine() {
    assert_eq!(
        body(&new(json!({})), 44),
        json!({"Image": "app:1", "Labels": {"a": "b"}, "Tty": false, "OpenStdin": false, "AttachStdout": true,
            "AttachStderr": true, "HostConfig": {"NetworkMode": "none"}})
    );
}

#[test]
fn restart_policies_and_healthchecks() {
    for (spec, path, expected) in [
        (json!({"restart": "no"}), "/HostConfig/RestartPolicy", json!({"Name": "no"})),
        (json!({"restart": "always"}), "/HostConfig/RestartPolicy", json!({"Name": "always"})),
        (json!({"restart": "unless_stopped"}), "/HostConfig/RestartPolicy", json!({"Name": "unless-stopped"})),
        (json!({"restart": {"on_failure": null}}), "/HostConfig/RestartPolicy", json!({"Name": "on-failure"})),
        (json!({"healthcheck": {"test": "disabled"}}), "/Healthcheck", json!({"Test": ["NONE"]})),
        (json!({"healthcheck": {"test": {"command": ["a", "b"]}}}), "/Healthcheck", json!({"Test": ["CMD", "a", "b"]})),
        (json!({"healthcheck": {"retries": 9}}), "/Healthcheck", json!({"Retries": 9})),
        // Dropped where the engine would drop it without a word.
        (json!({"healthcheck": {"start_interval_ns": 4}}), "/Healthcheck", json!({})),
    ] {
        assert_eq!(body(&new(spec.clone()), 41).pointer(path), Some(&expected), "{spec}");
    }
}

#[test]
fn mounts() {
    let mount = |source: Value| json!({"source": source, "target": "/t", "read_only": true});
    let bind = |further: Value| {
        let mut bind = json!({"path": "/h"});
        bind.as_object_mut().expect("an object").extend(further.as_object().expect("an object").clone());
        mount(json!({ "bind": bind }))
    };
    for (source, path, expected) in [
        (
            mount(json!({"volume": {"name": "v", "no_copy": true}})),
            "/HostConfig/Mounts/0",
            json!({"Target": "/t", "Source": "v", "Type": "volume", "ReadOnly": true, "VolumeOptions": {"NoCopy": true}}),
        ),
        (
            mount(json!({"volume": {"name": "v", "subpath": "s"}})),
            "/HostConfig/Mounts/0/VolumeOptions",
            json!({"Subpath": "s"}),
        ),
        (mount(json!({"volume": {"name": "v"}})), "/HostConfig/Binds/0", json!("v:/t:ro")),
        (
            mount(json!("anonymous_unfilled")),
            "/HostConfig/Mounts/0",
            json!({"Target": "/t", "Type": "volume", "ReadOnly": true, "VolumeOptions": {"NoCopy": true}}),
        ),
        (
            mount(json!("anonymous")),
            "/HostConfig/Mounts/0",
            json!({"Target": "/t", "Type": "volume", "ReadOnly": true}),
        ),
        (bind(json!({"create_host_path": true})), "/HostConfig/Binds/0", json!("/h:/t:ro")),
        (
            bind(json!({"create_host_path": true, "selinux": "z", "propagation": "rslave"})),
            "/HostConfig/Binds/0",
            json!("/h:/t:ro,z,rslave"),
        ),
        (
            bind(json!({"propagation": "rshared"})),
            "/HostConfig/Mounts/0",
            json!({"Target": "/t", "Source": "/h", "Type": "bind", "ReadOnly": true,
                "BindOptions": {"Propagation": "rshared"}}),
        ),
        (bind(json!({"recursive": "disabled"})), "/HostConfig/Mounts/0/BindOptions", json!({"NonRecursive": true})),
        (
            bind(json!({"recursive": "readonly"})),
            "/HostConfig/Mounts/0/BindOptions",
            json!({"ReadOnlyForceRecursive": true}),
        ),
        (
            bind(json!({"path": "/h:1", "create_host_path": true})),
            "/HostConfig/Mounts/0/BindOptions",
            json!({"CreateMountpoint": true}),
        ),
        (mount(json!({"tmpfs": {"options": "uid=1"}})), "/HostConfig/Tmpfs", json!({"/t": "uid=1,ro"})),
        (
            mount(json!({"tmpfs": {"size_bytes": 5, "mode": 0o1777}})),
            "/HostConfig/Mounts/0",
            json!({"Target": "/t", "Type": "tmpfs", "ReadOnly": true,
                "TmpfsOptions": {"SizeBytes": 5, "Mode": 0o1777}}),
        ),
        (
            mount(json!({"image": {"image": "i:1", "subpath": "s"}})),
            "/HostConfig/Mounts/0",
            json!({"Target": "/t", "Source": "i:1", "Type": "image", "ReadOnly": true, "ImageOptions": {"Subpath": "s"}}),
        ),
    ] {
        let body = body(&new(json!({"mounts": [source]})), 48);
        assert_eq!(body.pointer(path), Some(&expected), "{source}");
    }
}

#[test]
fn networks_are_joined_at_creation_as_far_as_the_engine_can() {
    let mut new = new(json!({"mac_address": "02:42:ac:11:00:02", "external_links": [["other", "o"]]}));
    let attachment: Attachment = serde_json::from_value(json!({"aliases": ["web"], "ipv4_address": "10.0.0.2",
        "ipv6_address": "fd00::2", "link_local_ips": ["169.254.1.1"], "driver_opts": {"k": "v"}}))
    .expect("an attachment");
    new.endpoints = vec![("front".into(), attachment), ("back".into(), Attachment::default())];
    new.links = vec!["shop-db-1:db".to_owned()];
    let links = json!(["shop-db-1:db", "other:o"]);
    let front = json!({"IPAMConfig": {"IPv4Address": "10.0.0.2", "IPv6Address": "fd00::2",
        "LinkLocalIPs": ["169.254.1.1"]}, "Links": links, "Aliases": ["web"], "DriverOpts": {"k": "v"}});

    let older = create_request(&new, &engine(41)).expect("a request");
    assert_eq!(older.further, *json!({"MacAddress": "02:42:ac:11:00:02"}).as_object().expect("an object"));
    let older = serde_json::to_value(older.body).expect("JSON");
    assert_eq!(older["HostConfig"]["NetworkMode"], "front");
    assert_eq!(older["NetworkingConfig"]["EndpointsConfig"], json!({ "front": front }));
    let later = |engine: &Capabilities, joined: &[&str]| -> Vec<String> {
        later_endpoints(&new, joined, engine).into_iter().map(|(network, _)| network.to_owned()).collect()
    };
    assert_eq!(later(&engine(41), &joined_at_creation(&new, &engine(41))), ["back"]);

    let mut front = front;
    front["MacAddress"] = json!("02:42:ac:11:00:02");
    let newer = body(&new, 44);
    assert_eq!(newer["NetworkingConfig"]["EndpointsConfig"], json!({"front": front, "back": {"Links": links}}));
    assert!(later(&engine(44), &joined_at_creation(&new, &engine(44))).is_empty());
    assert_eq!(later(&engine(44), &["front"]), ["back"], "left by an older engine, or disconnected");
}

#[test]
fn a_mac_address_reaches_networks_that_are_not_the_stacks() {
    for (mode, expected) in [
        (NetworkMode::Bridge, json!({"bridge": {"MacAddress": "02:42:ac:11:00:02"}})),
        (NetworkMode::Named("macvlan".into()), json!({"macvlan": {"MacAddress": "02:42:ac:11:00:02"}})),
        (NetworkMode::Host, Value::Null),
    ] {
        let mut new = new(json!({"mac_address": "02:42:ac:11:00:02"}));
        new.spec.network_mode = mode;
        assert_eq!(body(&new, 44)["NetworkingConfig"]["EndpointsConfig"], expected);
        assert_eq!(body(&new, 43)["NetworkingConfig"], Value::Null);
    }
}

#[test]
fn network_modes() {
    for (mode, expected) in [
        (NetworkMode::Networks, "none"),
        (NetworkMode::None, "none"),
        (NetworkMode::Host, "host"),
        (NetworkMode::Bridge, "bridge"),
        (NetworkMode::Container("shop-db-1".into()), "container:shop-db-1"),
        (NetworkMode::Named("macvlan".into()), "macvlan"),
    ] {
        let mut new = new(json!({}));
        new.spec.network_mode = mode;
        assert_eq!(body(&new, 41)["HostConfig"]["NetworkMode"], expected);
    }
}

#[test]
fn annotations_are_left_out_where_the_engine_has_none() {
    let new = new(json!({"annotations": {"a": "b"}}));
    assert_eq!(body(&new, 42)["HostConfig"]["Annotations"], Value::Null);
    assert_eq!(body(&new, 43)["HostConfig"]["Annotations"], json!({"a": "b"}));
}

#[test]
fn what_the_engine_lacks_is_refused_by_name() {
    let bind = |further: Value| json!({"mounts": [{"source": {"bind": further}, "target": "/t"}]});
    for (spec, minor, words) in [
        (json!({"mounts": [{"source": {"volume": {"name": "v", "subpath": "s"}}, "target": "/t"}]}), 44, "API 1.45"),
        (
            json!({"mounts": [{"source": {"image": {"image": "i"}}, "target": "/t"}]}),
            47,
            "needs an engine with API 1.48 or newer, and Docker X has 1.47",
        ),
        (bind(json!({"path": "/h", "recursive": "writable"})), 43, "API 1.44"),
        (bind(json!({"path": "/h", "propagation": "odd"})), 43, "`odd`"),
        (json!({"cgroup": "odd"}), 43, "`odd`"),
        (json!({"isolation": "odd"}), 43, "`odd`"),
        (json!({"network_mode": {"service": "db"}}), 43, "service db"),
        (json!({"pid": {"service": "db"}}), 43, "service db"),
    ] {
        let words_of = refusal(&new(spec.clone()), minor);
        assert!(words_of.contains(words) && words_of.contains("shop-web-1"), "{spec}: {words_of}");
    }
    for (attachment, minor, words) in [
        (json!({"mac_address": "02:42:ac:11:00:02"}), 43, "API 1.44"),
        (json!({"gw_priority": 1}), 47, "API 1.48"),
        (json!({"interface_name": "eth7"}), 48, "API 1.49"),
    ] {
        let mut new = new(json!({}));
        let attachment = serde_json::from_value(attachment).expect("an attachment");
        // Not the first one: it is refused before anything is created all the same.
        new.endpoints = vec![("front".into(), Attachment::default()), ("back".into(), attachment)];
        assert!(refusal(&new, minor).contains(words), "{words}");
    }
}
