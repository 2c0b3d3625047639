//! The state directory of the daemon as a person sees it: a second daemon on it, and what is there again after an end by signal.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use evenkeel_tests::{Daemon, binary};
use serde_json::json;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SHOP: &str = r#"
name: shop
services:
  web: { image: "web:1", healthcheck: { test: ["CMD", "true"], interval: 1s }, environment: { SIM_READY_MS: 600000 } }
"#;

/// Tries to start a daemon that cannot start.
fn try_serve(state: &Path, socket: &Path) -> Output {
    let mut command = Command::new(binary());
    command.args(["serve", "--engine", "sim", "--state-dir"]).arg(state).arg("--socket").arg(socket);
    command.stdin(Stdio::null()).output().unwrap()
}

#[tokio::test]
async fn a_second_daemon_on_it_is_refused() {
    let daemon = Daemon::start("sim").await;
    let other = tempfile::tempdir().unwrap();
    let refused = try_serve(&daemon.directory().join("state"), &other.path().join("other.sock"));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{said}");
    for part in ["in use", &format!("process {}", daemon.pid()), "--state-dir"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(daemon.api.send("GET", "/readyz", None).await.status, 200, "the first goes on");
}

/// The client is told where its operation is found later, and the process ends by itself.
#[tokio::test]
async fn a_request_that_waits_is_answered_when_the_daemon_is_asked_to_end() {
    let mut daemon = Daemon::start("sim").await;
    let body = json!({ "definition": daemon.definition(SHOP) });
    let first = daemon.api.post("/v1/stacks/shop/up", &body).await.ok()["id"].clone();
    let api = daemon.api.clone();
    let waiting =
        tokio::spawn(
            async move { api.try_send("POST", "/v1/stacks/shop/up?wait=true&timeout=80s", Some(&body)).await },
        );
    let is_taken = |operation: &serde_json::Value| operation["id"].is_string() && operation["id"] != first;
    daemon.until("shop", |document| is_taken(&document["operation"])).await;
    let code = daemon.terminate().await;
    assert_eq!(code, Some(0), "{}", daemon.log());
    let answer = waiting.await.unwrap().expect("it is answered");
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.body["detail"].as_str().unwrap().contains("goes on when it is back"), "{}", answer.body);
    assert!(daemon.log().contains("the stacks run on"), "{}", daemon.log());
    daemon.start_again().await;
    let operation = answer.body["instance"].as_str().unwrap();
    assert_eq!(daemon.api.get(operation).await["state"], "running", "the next one goes on with it");
}
