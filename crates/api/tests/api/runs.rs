//! One-off containers: what is made of a request, what they wait for, what they leave behind.

use crate::harness::{Api, JSON};
use serde_json::{Value, json};

/// A service with all that a run leaves out, one of a profile, and a job that others wait for.
const DEFINITION: &str = "\
services:
  db:
    image: postgres:15
    environment: {SIM_READY_MS: '1', SIM_STOP_MS: '1'}
    healthcheck: {test: [CMD, 'true'], interval: 1s}
  web:
    image: nginx:1
    command: [serve]
    entrypoint: [/entry]
    environment: {SIM_EXIT_AFTER_MS: '0', SIM_EXIT_CODE: '3', A: file}
    depends_on: {db: {condition: service_healthy}}
    ports: ['8080:80']
    restart: always
    cap_drop: [NET_RAW]
    networks: {default: {aliases: [www]}}
  once:
    image: once:1
    environment: {SIM_EXIT_AFTER_MS: '0', SIM_EXIT_CODE: '3'}
    depends_on: {db: {condition: service_healthy}}
  tool:
    image: tool:1
    profiles: [debug]
    environment: {SIM_EXIT_AFTER_MS: '0'}
";

async fn defined() -> Api {
    let api = Api::start().await;
    api.check("PUT /v1/stacks/shop", &[("content-type", "application/yaml")], DEFINITION, 201, "").await;
    api
}

async fn containers(api: &Api) -> Vec<Value> {
    let seen = api.check("GET /v1/stacks/shop/engine/containers", &[], "", 200, "").await.json();
    seen.as_array().cloned().unwrap_or_default()
}

async fn run(api: &Api, body: Value) -> Value {
    api.check("POST /v1/stacks/shop/runs", &[JSON], body.to_string(), 200, "").await.json()
}

#[tokio::test]
async fn a_run_brings_up_what_it_needs_and_not_the_service() {
    let api = defined().await;
    let ran = run(&api, json!({"service": "web", "command": ["migrate"]})).await;
    assert_eq!(ran["exit_code"], 3, "{ran}");
    let name = ran["container"].as_str().unwrap();
    assert!(name.starts_with("shop-web-run-") && name.len() == "shop-web-run-".len() + 12, "{name}");
    assert!(ran["stdout"].as_str().unwrap().starts_with("simulated process of shop-web-run-"), "{ran}");
    let seen = containers(&api).await;
    let names: Vec<&str> = seen.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.contains(&name) && names.contains(&"shop-db-1") && !names.contains(&"shop-web-1"), "{names:?}");
    let one = seen.iter().find(|one| one["name"] == name).unwrap();
    let labels = &one["labels"];
    assert_eq!((&one["one_off"], &labels["com.docker.compose.oneoff"]), (&json!(true), &json!("True")));
    assert!(labels.get("com.docker.compose.container-number").is_none(), "{labels}");
    let slug = labels["com.docker.compose.slug"].as_str().unwrap();
    assert!(slug.len() == 64 && name.ends_with(&slug[..12]), "{slug}");

    // It stays for its log; the stack goes down without it, unless that is asked for.
    api.check("POST /v1/stacks/shop/down?wait=true&timeout=20s", &[], "", 200, r#"{"state": "succeeded"}"#).await;
    assert_eq!(containers(&api).await.len(), 1);
    let all = r#"{"remove_orphans": true}"#;
    api.check("POST /v1/stacks/shop/down?wait=true&timeout=20s", &[JSON], all, 200, r#"{"state": "succeeded"}"#).await;
    assert_eq!(containers(&api).await.len(), 0);
}

#[tokio::test]
async fn what_was_asked_for_goes_before_what_the_file_says() {
    let api = defined().await;
    let body = json!({
        "service": "web", "no_deps": true, "detach": true, "name": "mine", "command": ["c", "$x"], "entrypoint": ["e"],
        "environment": ["A=line", "B=$b", "UNSET"], "labels": {"l": "1"}, "user": "7", "working_dir": "/w",
        "ports": ["9090:90"], "volumes": ["/srv/$x:/x:ro", "cache:/cache"], "cap_add": ["NET_RAW"], "use_aliases": true,
        "remove": false, "interactive": false,
    });
    let ran = run(&api, body).await;
    assert_eq!((ran["container"].as_str(), &ran["exit_code"]), (Some("mine"), &Value::Null));
    assert!(!ran["id"].as_str().unwrap().is_empty());
    let made = api.sim.outside().made(&"mine".into()).expect("it was made");
    let spec = &made.spec;
    let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    assert_eq!((spec.command.clone(), spec.entrypoint.clone()), (texts(&["c", "$x"]), texts(&["e"])));
    let value = |name: &str| spec.environment.get(name).cloned();
    assert_eq!(
        (value("A"), value("B"), value("UNSET")),
        (Some(Some("line".to_owned())), Some(Some("$b".to_owned())), None)
    );
    assert_eq!((spec.user.as_deref(), spec.working_dir.as_deref()), (Some("7"), Some("/w")));
    assert_eq!((spec.labels.get("l").map(String::as_str), spec.restart), (Some("1"), None));
    assert_eq!((spec.cap_add.as_slice(), spec.cap_drop.as_slice()), (&["NET_RAW".to_owned()][..], &[][..]));
    let ports: Vec<u16> = spec.ports.iter().map(|port| port.target).collect();
    assert_eq!((ports, spec.stdin_open, spec.auto_remove), (vec![90], false, false));
    let targets: Vec<&str> = spec.mounts.iter().map(|mount| mount.target.as_str()).collect();
    assert_eq!(targets, ["/x", "/cache"]);
    assert_eq!(made.endpoints[0].1.aliases, ["mine", "web", "www"]);
    assert!(!containers(&api).await.iter().any(|one| one["name"] == "shop-db-1"), "without what it depends on");
}

#[tokio::test]
async fn what_cannot_run_says_why() {
    let api = defined().await;
    api.sim.behave_service("db", evenkeel_engine::sim::Behaviour::exits(std::time::Duration::ZERO, 9));
    for (body, status, expected) in [
        (json!({}), 400, r#"{"detail": "`service`"}"#),
        (json!({"service": "nope"}), 404, r#"{"detail": "nope"}"#),
        (json!({"service": "web", "tty": true}), 400, r#"{"detail": "upgraded connection"}"#),
        (json!({"service": "web", "service_ports": true, "ports": ["1:1"]}), 400, r#"{"detail": "exclude"}"#),
        (json!({"service": "web", "no_deps": true, "ports": ["x"]}), 422, ""),
        (json!({"service": "web", "surprise": 1}), 400, r#"{"detail": "surprise"}"#),
    ] {
        api.check("POST /v1/stacks/shop/runs", &[JSON], body.to_string(), status, expected).await;
    }
    api.check("POST /v1/stacks/none/runs", &[JSON], r#"{"service": "web"}"#, 404, "").await;
    // The name of one that is there.
    let named = json!({"service": "web", "no_deps": true, "name": "mine"}).to_string();
    api.check("POST /v1/stacks/shop/runs", &[JSON], named.clone(), 200, "").await;
    api.check("POST /v1/stacks/shop/runs", &[JSON], named, 409, r#"{"detail": "there already"}"#).await;
    api.check("POST /v1/stacks/shop/hold", &[], "", 200, "").await;
    api.check("POST /v1/stacks/shop/runs", &[JSON], r#"{"service": "web"}"#, 409, r#"{"detail": "held"}"#).await;
}

#[tokio::test]
async fn one_of_a_disabled_profile_runs_and_goes_when_it_has_ended() {
    let api = defined().await;
    let ran = run(&api, json!({"service": "tool", "remove": true})).await;
    assert_eq!(ran["exit_code"], 0, "{ran}");
    assert!(containers(&api).await.is_empty(), "the engine has removed it");
    // Many at once do not disturb each other.
    let runs = (0..8).map(|_| run(&api, json!({"service": "tool", "remove": true})));
    let codes: Vec<Value> =
        futures::future::join_all(runs).await.into_iter().map(|ran| ran["exit_code"].clone()).collect();
    assert_eq!(codes, vec![json!(0); 8]);
}

#[tokio::test]
async fn a_run_of_a_whole_stack_ends_with_the_first_of_its_containers() {
    let api = defined().await;
    let up = r#"{"services": ["once"], "abort_on": "exit"}"#;
    api.check("POST /v1/stacks/shop/up", &[JSON], up, 202, "").await;
    let mut version = api.control.version();
    let seen = async {
        loop {
            let detail = api.check("GET /v1/stacks/shop", &[], "", 200, "").await.json();
            if !detail["aborted"].is_null() {
                return detail;
            }
            version.changed().await.unwrap();
        }
    };
    let detail = tokio::time::timeout(crate::harness::PATIENCE, seen).await.unwrap();
    let aborted = &detail["aborted"];
    assert_eq!((&aborted["service"], &aborted["exit_code"]), (&json!("once"), &json!(3)), "{detail:#}");
    let state = |name: &str| {
        let services = detail["services"].as_array().unwrap().iter();
        services.filter(|one| one["service"] == name).map(|one| one["desired"].clone()).next().unwrap()
    };
    assert_eq!((state("once"), state("db")), (json!("stopped"), json!("running")), "only what was named");
}

#[tokio::test]
async fn files_go_in_and_out_over_the_api() {
    let api = Api::start().await.with_shop_up().await;
    let base = "/v1/stacks/shop/services/web";
    api.check(&format!("GET {base}/path?path=/tmp"), &[], "", 200, r#"{"kind": "directory"}"#).await;
    api.check(&format!("GET {base}/path?path=/tmp/a"), &[], "", 404, r#"{"detail": "path in container"}"#).await;
    api.check(&format!("GET {base}/path?path=tmp"), &[], "", 400, "").await;
    api.check(&format!("GET {base}/path?path=/tmp&index=7"), &[], "", 409, r##"{"detail": "#7"}"##).await;
    let archive = api.send(&format!("GET {base}/files?path=/etc"), &[], "").await;
    assert_eq!(archive.headers()["content-type"], "application/x-tar");
    let bytes = http_body_util::BodyExt::collect(archive.into_body()).await.unwrap().to_bytes();
    let put = api.send(&format!("PUT {base}/files?path=/tmp"), &[("content-type", "application/x-tar")], bytes).await;
    assert_eq!(put.status(), 204);
    api.check(&format!("GET {base}/path?path=/tmp/etc"), &[], "", 200, r#"{"kind": "directory", "name": "etc"}"#).await;
    let commit = r#"{"image": "shop/web:debug"}"#;
    api.check(&format!("POST {base}/commit"), &[JSON], commit, 200, r#"{"container": "shop-web-1", "id": "sha256:"}"#)
        .await;
    assert_eq!(api.send(&format!("GET {base}/export"), &[], "").await.status(), 200);
    api.check(&format!("POST {base}/attach"), &[], "", 400, r#"{"detail": "upgraded"}"#).await;
}
