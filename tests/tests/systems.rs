//! The shipped systems on the simulated engine: their files are read and planned whole, they come up in their order, and go down
//! leaving nothing. That they do their job on real services is for `make systems`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use evenkeel_tests::{Daemon, copy_system};
use serde_json::Value;
use std::process::{Command, Output};

/// A system in a copy of its own, with the command.
struct System {
    daemon: Daemon,
}

impl System {
    async fn open(name: &'static str) -> Self {
        let daemon = Daemon::start("sim").await;
        copy_system(name, &daemon.directory().join("systems").join(name));
        Self { daemon }
    }

    fn command(&self, arguments: &[&str]) -> Output {
        Command::new(evenkeel_tests::binary())
            .args(arguments)
            .current_dir(self.daemon.directory())
            .env("EVENKEEL_HOST", self.daemon.host())
            .env("EVENKEEL_SYSTEMS", self.daemon.directory().join("systems"))
            .env("NO_COLOR", "1")
            .output()
            .unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {}\n{said}", output.status);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{said}"))
    }
}

async fn check(name: &'static str, overlays: &[&str], services: usize, stand_ins: &[&str]) {
    let system = System::open(name).await;
    let settings = system.daemon.directory().join("systems").join(name).join(".env");
    assert_eq!(system.json(&["system", "show", name, "--json"])["name"], name, "before there are settings");
    assert!(!settings.exists(), "to look makes no settings");
    let up = ["--local", "--wait", "--wait-timeout", "60s", "--json"];
    let up = system.json(&[&["system", "up", name][..], overlays, &up].concat());
    assert_eq!(up["state"], "succeeded", "{up:#}");
    let made = std::fs::read_to_string(&settings).unwrap();
    assert!(!made.contains("# generated: a password"), "every password is generated: {made}");

    let shown = system.json(&["system", "show", name, "--json"]);
    let shown = shown["services"].as_array().unwrap();
    let named = |one: &&Value| one["service"].as_str().unwrap().to_owned();
    assert_eq!(shown.len(), services, "{:?}", shown.iter().map(|one| named(&one)).collect::<Vec<_>>());
    let standing_in: Vec<String> = shown.iter().filter(|one| one["real"] == false).map(|one| named(&one)).collect();
    assert_eq!(standing_in, stand_ins, "a stand-in says that it is one");
    for one in shown {
        let state = one["state"].as_str().unwrap();
        // A job for which nobody waits looks like any other service to an engine that runs nothing.
        let is_ready = matches!(state, "healthy" | "completed") || one["service"] == "hdfs-sync";
        assert!(is_ready, "{} is {state}: every service has a healthcheck", one["service"]);
    }

    assert_eq!(system.json(&["-p", name, "down", "--volumes", "--json"])["state"], "succeeded");
    let again = system.command(&[&["system", "up", name][..], overlays, &["--local", "--dry-run"]].concat());
    assert_eq!(std::fs::read_to_string(&settings).unwrap(), made, "settings are made once");
    let planned = String::from_utf8_lossy(&again.stdout).into_owned();
    let networks_left = planned.lines().filter(|line| line.contains("create  network")).count() == 0;
    assert_eq!(networks_left, name == "datalake", "the shared network stays, and no other:\n{planned}");
}

#[tokio::test]
async fn accidents() {
    check("accidents", &[], 11, &["minio"]).await;
}

#[tokio::test]
async fn bigdata() {
    check("bigdata", &[], 16, &["grafana", "kafka", "kafka-ui"]).await;
}

#[tokio::test]
async fn datalake() {
    check("datalake", &[], 5, &["minio"]).await;
}

#[tokio::test]
async fn factures() {
    check("factures", &[], 8, &["datanode", "hdfs-sync", "namenode"]).await;
    let all = ["datanode", "grafana", "hdfs-sync", "kafka", "namenode"];
    check("factures", &["--with", "bigdata"], 12, &all).await;
}

#[tokio::test]
async fn pipeline() {
    check("pipeline", &[], 12, &["elasticsearch", "kibana"]).await;
}
