//! A stack that Docker Compose has started: left alone until somebody asks, then taken over, where only what differs is made anew.

use super::{Bench, state};
use serde_json::{Value, json};
use std::process::Command;

const STACK: &str = r#"
services:
  db: { image: "evenkeel/busybox:1.35", command: ["sleep", "600"], init: true, networks: [back], volumes: ["data:/data"] }
  job: { image: "evenkeel/busybox:1.35", command: ["sh", "-c", "echo run >> /data/runs"], networks: [back], volumes: ["data:/data"] }
  web:
    image: "evenkeel/busybox:1.35"
    init: true
    command: ["sleep", "LONG"]
    networks: [back]
    depends_on: { job: { condition: service_completed_successfully } }
networks:
  back: {}
volumes:
  data: {}
"#;

/// Docker Compose, where there is one on this machine. `false` says that there is none, and nothing can be tried.
fn compose(bench: &Bench, words: &[&str]) -> bool {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let found = Command::new(root.join("deploy/compose")).output().unwrap();
    if !found.status.success() {
        eprintln!("skipped, there is no Docker Compose: {}", String::from_utf8_lossy(&found.stderr));
        return false;
    }
    let program = String::from_utf8(found.stdout).unwrap();
    let mut program = program.split_whitespace();
    let output = Command::new(program.next().unwrap())
        .args(program)
        .args(["-p", bench.project])
        .args(words)
        .env("DOCKER_API_VERSION", "1.41")
        .current_dir(bench.daemon.directory())
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    true
}

async fn ids(bench: &Bench) -> Vec<(String, String)> {
    let containers = bench.docker.containers(bench.project).await;
    let mut ids: Vec<(String, String)> = containers
        .iter()
        .map(|one| {
            let name = one["Names"][0].as_str().unwrap().trim_start_matches('/').to_owned();
            (name, one["Id"].as_str().unwrap().to_owned())
        })
        .collect();
    ids.sort();
    ids
}

fn write(bench: &Bench, long: &str) {
    std::fs::write(bench.daemon.directory().join("compose.yaml"), STACK.replace("LONG", long)).unwrap();
}

/// The verb, and its document.
fn evenkeel(bench: &Bench, words: &[&str], code: i32) -> Value {
    let output = bench.daemon.command(&[&["-p", bench.project, "--json"][..], words].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{words:?}: {stderr}\n{}", bench.daemon.log());
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

fn steps(plan: &Value) -> Vec<String> {
    let steps = plan["steps"].as_array().unwrap().iter();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    steps.map(|step| format!("{} {}", word(&step["action"]), word(&step["object"]))).collect()
}

#[tokio::test]
async fn a_project_of_compose_is_taken_over_by_up() {
    let bench = Bench::open("ek-adopt").await;
    write(&bench, "600");
    if !compose(&bench, &["up", "-d", "--wait"]) {
        return bench.close().await;
    }
    let before = ids(&bench).await;
    assert_eq!(before.len(), 3);

    // It is shown for what it is: no stack yet.
    let row = |listed: &Value| {
        let all = listed.as_array().unwrap().iter();
        all.filter(|row| row["stack"] == "ek-adopt").cloned().collect::<Vec<Value>>()
    };
    let shown = row(&evenkeel(&bench, &["ls"], 0));
    assert_eq!(shown.len(), 1, "{shown:?}");
    let expected =
        [("state", json!("unmanaged")), ("ready", json!(3)), ("services", json!(3)), ("generation", json!(0))];
    expected.iter().for_each(|(key, value)| assert_eq!(shown[0][key], *value, "{shown:?}"));
    let quiet = bench.daemon.command(&["ls", "-q"]);
    assert!(String::from_utf8_lossy(&quiet.stdout).lines().any(|line| line == "ek-adopt"), "{quiet:?}");
    let stacks = bench.daemon.api.get("/v1/stacks").await;
    assert_eq!(row(&stacks), [Value::Null; 0], "a stack is what the daemon keeps");
    let listed = evenkeel(&bench, &["ps"], 0);
    let states: Vec<(&str, &str)> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["service"].as_str().unwrap(), row["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states, [("db", "running"), ("job", "completed"), ("web", "running")], "{listed:#}");

    // A look changes nothing, and says what would become of it.
    let plan = evenkeel(&bench, &["plan"], 0);
    assert_eq!(steps(&plan), [""; 0], "{plan:#}");
    let finding = plan["findings"].as_array().unwrap().iter().find(|one| one["code"] == "taken-over").unwrap();
    assert!(finding["message"].as_str().unwrap().contains("containers 3, networks 1, volumes 1"), "{finding}");
    assert!(finding["message"].as_str().unwrap().ends_with("from then on: ek-adopt_data"), "{finding}");
    assert_eq!(ids(&bench).await, before);

    // What fits stays as it runs, and is whole at once.
    evenkeel(&bench, &["up", "--wait"], 0);
    assert_eq!(ids(&bench).await, before, "nothing was made anew");
    let document = bench.daemon.api.get("/v1/stacks/ek-adopt").await;
    for (service, wanted) in [("db", "running"), ("job", "completed"), ("web", "running")] {
        assert_eq!(state(&document, service), wanted, "{document:#}");
    }
    let listed = evenkeel(&bench, &["ps", "-a"], 0);
    assert_eq!(listed.as_array().unwrap().len(), 3, "{listed:#}");

    assert_eq!(row(&evenkeel(&bench, &["ls"], 0))[0]["state"], "up");

    // It is kept from here on: what is lost comes back.
    bench.docker.kill("ek-adopt-db-1").await;
    bench.daemon.until("ek-adopt", |document| document["state"] != "up").await;
    let is_whole = |document: &Value| document["state"] == "up" && state(document, "db") == "running";
    bench.daemon.until("ek-adopt", is_whole).await;
    assert_eq!(ids(&bench).await, before, "healed, not made anew");

    // Only what differs is made anew, with its cause.
    write(&bench, "700");
    let plan = evenkeel(&bench, &["plan"], 2);
    let steps = steps(&plan);
    assert!(steps.contains(&"create container ek-adopt-web-1".to_owned()), "{steps:?}");
    let others: Vec<&String> = steps.iter().filter(|step| !step.ends_with("ek-adopt-web-1")).collect();
    assert!(others.is_empty(), "{steps:?}");
    evenkeel(&bench, &["up", "--wait"], 0);
    let after = ids(&bench).await;
    let kept: Vec<bool> = before.iter().zip(&after).map(|(before, after)| before == after).collect();
    assert_eq!(kept, [true, true, false], "{before:?} {after:?}");

    evenkeel(&bench, &["down", "--volumes"], 0);
    assert!(bench.docker.containers("ek-adopt").await.is_empty());
    assert!(bench.docker.names("networks", "ek-adopt").await.is_empty());
    assert!(bench.docker.names("volumes", "ek-adopt").await.is_empty());
    bench.close().await;
}

#[tokio::test]
async fn a_project_of_compose_is_left_alone_by_all_but_up() {
    let bench = Bench::open("ek-adopt-not").await;
    write(&bench, "600");
    if !compose(&bench, &["up", "-d", "--wait"]) {
        return bench.close().await;
    }
    let before = ids(&bench).await;
    let definition = bench.daemon.definition(&STACK.replace("LONG", "700"));
    bench.daemon.api.send("PUT", "/v1/stacks/ek-adopt-not", Some(&definition)).await.ok();
    bench.daemon.act("ek-adopt-not", "down", json!({ "volumes": true, "remove_orphans": true })).await;
    assert_eq!(ids(&bench).await, before);
    assert_eq!(bench.docker.names("volumes", "ek-adopt-not").await.len(), 1);
    compose(&bench, &["down", "--volumes"]);
    bench.close().await;
}
