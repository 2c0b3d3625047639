//! The shipped system `accidents`, on its real services: it comes up by one command, does its job, heals, and goes down.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use evenkeel_tests::{Daemon, DockerApi};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const SERVICES: [(&str, &str); 11] = [
    ("adminer", "healthy"),
    ("airflow-init", "completed"),
    ("airflow-scheduler", "healthy"),
    ("airflow-webserver", "healthy"),
    ("airflow-worker", "healthy"),
    ("app", "healthy"),
    ("flower", "healthy"),
    ("minio", "healthy"),
    ("mlflow-server", "healthy"),
    ("postgresql_accidents", "healthy"),
    ("redis", "healthy"),
];

#[tokio::test]
async fn accidents_comes_up_works_heals_and_goes_down() {
    let docker = DockerApi::connect().await;
    docker.sweep("accidents").await;
    let daemon = Daemon::start("docker").await;
    let began = Instant::now();
    let up = system(&daemon, &["system", "up", "accidents", "--local", "--wait", "--wait-timeout", "10m", "--json"]);
    println!("up in {:.1} s", began.elapsed().as_secs_f64());
    assert_eq!(up["state"], "succeeded", "{up:#}\n{}", daemon.log());
    for service in up["services"].as_array().unwrap() {
        println!("{}", service);
    }
    assert_as_expected(&daemon.api.get("/v1/stacks/accidents").await);

    // The services do their job: the application answers, and refuses without its key.
    assert_eq!(http_status("http://127.0.0.1:8000/api/v1/test"), "200");
    assert_eq!(http_status("-X POST http://127.0.0.1:8000/reload_model/"), "401");
    assert_eq!(http_status("http://127.0.0.1:8080/health"), "200");
    assert_eq!(http_status("http://127.0.0.1:5000/"), "200");

    // What does not depend on many others is broken, one after the other, and comes back.
    for service in ["redis", "adminer", "flower"] {
        let container = format!("accidents-{service}-1");
        let run = docker.inspect(&container).await["State"]["StartedAt"].clone();
        docker.kill(&container).await;
        daemon.until("accidents", |document| document["state"] != "up").await;
        let (_, took) = daemon.until("accidents", |document| document["state"] == "up").await;
        println!("docker kill {service}: whole again after {:.1} s", took.as_secs_f64());
        assert_ne!(docker.inspect(&container).await["State"]["StartedAt"], run);
    }

    let began = Instant::now();
    let down = system(&daemon, &["-p", "accidents", "down", "--volumes", "--json"]);
    println!("down in {:.1} s", began.elapsed().as_secs_f64());
    assert_eq!(down["state"], "succeeded", "{down:#}");
    assert!(docker.containers("accidents").await.is_empty());
    assert!(docker.names("networks", "accidents").await.is_empty());
    assert!(docker.names("volumes", "accidents").await.is_empty());
}

/// Runs the command in the repository, where the shipped systems are.
fn system(daemon: &Daemon, arguments: &[&str]) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = Command::new(evenkeel_tests::binary())
        .args(arguments)
        .current_dir(root)
        .env("EVENKEEL_HOST", format!("unix://{}/evenkeel.sock", daemon.directory().display()))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{arguments:?}: {error}: {text}\n{}\n{}", String::from_utf8_lossy(&output.stderr), daemon.log())
    })
}

fn assert_as_expected(document: &Value) {
    assert_eq!(document["state"], "up", "{document:#}");
    let services = document["services"].as_array().unwrap();
    let seen: Vec<(&str, &str)> =
        services.iter().map(|one| (one["service"].as_str().unwrap(), one["state"].as_str().unwrap())).collect();
    assert_eq!(seen, SERVICES);
    let minio = services.iter().find(|one| one["service"] == "minio").unwrap();
    assert!(minio["stand_in"].is_string(), "the stand-in says that it is one: {minio:#}");
}

fn http_status(arguments: &str) -> String {
    let output = Command::new("curl")
        .args(["-s", "-o", "/dev/null", "-m", "20", "-w", "%{http_code}"])
        .args(arguments.split(' '))
        .output()
        .expect("curl");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
