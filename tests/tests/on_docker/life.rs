//! Up in order, again without a call, changed, reset, down.

use super::{Bench, state};
use serde_json::{Value, json};

#[tokio::test]
async fn it_comes_up_in_order_and_an_unchanged_up_does_nothing() {
    let bench = Bench::open("ek-life").await;
    let operation = bench.up().await;
    let at = |service: &str, what: &str| -> String {
        let services = operation["services"].as_array().unwrap();
        let one = services.iter().find(|one| one["service"] == service).unwrap();
        one[what].as_str().unwrap_or_else(|| panic!("{service} has no {what}: {operation:#}")).to_owned()
    };
    assert!(at("db", "ready_at") <= at("init", "started_at"), "the job waits for the database: {operation:#}");
    assert!(at("init", "ready_at") <= at("web", "started_at"), "the web server waits for the job: {operation:#}");
    // The check passes from the first moment; only the listening socket tells that the database serves.
    let db = bench.docker.inspect("ek-life-db-1").await;
    assert!(at("db", "ready_at").as_str() > db["State"]["StartedAt"].as_str().unwrap());

    let document = bench.daemon.api.get("/v1/stacks/ek-life").await;
    assert_eq!(document["state"], "up", "{document:#}");
    for (service, expected) in [("db", "healthy"), ("init", "completed"), ("web", "running")] {
        assert_eq!(state(&document, service), expected, "{document:#}");
    }

    let web = bench.docker.inspect("ek-life-web-1").await["Id"].clone();
    // An event of the first minutes, such as the native healthcheck's first word, may cost a look of its own.
    let mut fewest = f64::MAX;
    for _ in 0..3 {
        let before = calls(&bench).await;
        bench.up().await;
        fewest = fewest.min(calls(&bench).await - before);
    }
    assert_eq!(fewest, 0.0, "an unchanged up asks the engine nothing");
    assert_eq!(bench.docker.inspect("ek-life-web-1").await["Id"], web, "and touches nothing");
    assert_eq!(bench.runs_of_the_job().await, 1, "and runs no finished job again");
    bench.close().await;
}

#[tokio::test]
async fn compose_sees_the_stack_and_secrets_are_masked() {
    let bench = Bench::open("ek-seen").await;
    bench.up().await;
    for container in bench.docker.containers("ek-seen").await {
        let labels = &container["Labels"];
        for label in [
            "project",
            "service",
            "config-hash",
            "oneoff",
            "container-number",
            "project.working_dir",
            "project.config_files",
        ] {
            assert!(labels[format!("com.docker.compose.{label}")].is_string(), "{label}: {labels:#}");
        }
    }
    for path in [
        "/v1/stacks/ek-seen",
        "/v1/stacks/ek-seen/config",
        "/v1/stacks/ek-seen/plan",
        "/v1/history",
        "/v1/stacks/ek-seen/revisions",
    ] {
        let answer = bench.daemon.api.get(path).await.to_string();
        assert!(!answer.contains("hunter2"), "{path} tells a secret: {answer}");
    }
    assert!(!bench.daemon.log().contains("hunter2"));
    bench.close().await;
}

#[tokio::test]
async fn a_change_replaces_only_what_changed() {
    let bench = Bench::open("ek-change").await;
    bench.up().await;
    let before = ids(&bench).await;
    let changed = bench.shop().replace("tier: back", "tier: rear");
    let operation = bench.daemon.up("ek-change", &changed).await;
    assert_eq!(operation["state"], "succeeded", "{operation:#}");
    let after = ids(&bench).await;
    assert_ne!(before["ek-change-db-1"], after["ek-change-db-1"], "its label changed");
    assert_eq!(before["ek-change-web-1"], after["ek-change-web-1"], "kept, and restarted with its dependency");
    assert_eq!(bench.runs_of_the_job().await, 1, "the job's own definition is unchanged");
    let back = bench.daemon.act("ek-change", "rollback", json!({})).await;
    assert_eq!(back["state"], "succeeded", "{back:#}");
    assert_eq!(bench.docker.inspect("ek-change-db-1").await["Config"]["Labels"]["tier"], "back");
    bench.close().await;
}

#[tokio::test]
async fn a_reset_wipes_and_a_down_leaves_nothing() {
    let bench = Bench::open("ek-reset").await;
    bench.up().await;
    let before = ids(&bench).await;
    let operation = bench.daemon.act("ek-reset", "reset", json!({})).await;
    assert_eq!(operation["state"], "succeeded", "{operation:#}");
    let after = ids(&bench).await;
    assert!(before.iter().all(|(name, id)| after[name] != *id), "every container is new: {before:?} {after:?}");
    assert_eq!(bench.runs_of_the_job().await, 2, "the job runs again in the new epoch");

    let operation = bench.daemon.act("ek-reset", "down", json!({})).await;
    assert_eq!(operation["state"], "succeeded", "{operation:#}");
    assert_eq!(bench.docker.containers("ek-reset").await, Vec::<Value>::new());
    assert_eq!(bench.docker.names("networks", "ek-reset").await, Vec::<String>::new());
    assert_eq!(bench.docker.names("volumes", "ek-reset").await, ["ek-reset_data"], "volumes stay unless asked");
    let operation = bench.daemon.act("ek-reset", "down", json!({ "volumes": true })).await;
    assert_eq!(operation["state"], "succeeded", "{operation:#}");
    assert_eq!(bench.docker.names("volumes", "ek-reset").await, Vec::<String>::new());
    bench.close().await;
}

async fn calls(bench: &Bench) -> f64 {
    let metrics = bench.daemon.api.get("/metrics").await;
    let text = metrics.as_str().unwrap();
    let line = text.lines().find(|line| line.starts_with("evenkeel_engine_calls")).expect("a count of engine calls");
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

async fn ids(bench: &Bench) -> std::collections::BTreeMap<String, String> {
    let containers = bench.docker.containers(bench.project).await.into_iter();
    let name = |one: &Value| one["Names"][0].as_str().unwrap().trim_start_matches('/').to_owned();
    containers.map(|one| (name(&one), one["Id"].as_str().unwrap().to_owned())).collect()
}
