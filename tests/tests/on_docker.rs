//! The whole on the machine's engine: a stack comes up in order, is seen, healed, reset and taken down; what is not ours is left
//! alone; a daemon killed at any moment goes on where the world stands.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "on_docker/adoption.rs"]
mod adoption;
#[path = "on_docker/commands.rs"]
mod commands;
#[path = "on_docker/connections.rs"]
mod connections;
#[path = "on_docker/faults.rs"]
mod faults;
#[path = "on_docker/life.rs"]
mod life;
#[path = "on_docker/preflight.rs"]
mod preflight;
#[path = "on_docker/refusals.rs"]
mod refusals;
#[path = "on_docker/runs.rs"]
mod runs;
#[path = "on_docker/verbs.rs"]
mod verbs;

use evenkeel_tests::{Daemon, DockerApi};
use serde_json::Value;

/// A database that needs a moment and initialises without listening, a job that needs it, and a web server that needs both.
const SHOP: &str = r#"
name: PROJECT
x-base: &base
  image: evenkeel/busybox:1.35
  networks: [back]
services:
  db:
    <<: *base
    command: ["sh", "-c", "trap 'exit 0' TERM; touch /tmp/initialised; sleep 1; httpd -p 5432; while :; do sleep 1 & wait $$!; done"]
    healthcheck: { test: ["CMD", "test", "-f", "/tmp/initialised"], interval: 20s }
    expose: ["5432"]
    volumes: ["data:/data"]
    labels: { tier: back }
  init:
    <<: *base
    command: ["sh", "-c", "nc -w 5 db 5432 < /dev/null && echo run >> /data/runs"]
    volumes: ["data:/data"]
    depends_on:
      db: { condition: service_healthy }
  web:
    <<: *base
    command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
    environment: { DB_PASSWORD: "hunter2-PROJECT" }
    depends_on:
      db: { condition: service_healthy, restart: true }
      init: { condition: service_completed_successfully }
networks:
  back: {}
volumes:
  data: {}
"#;

/// A daemon, the engine, and a project whose leftovers are swept before and after.
struct Bench {
    daemon: Daemon,
    docker: DockerApi,
    project: &'static str,
}

impl Bench {
    async fn open(project: &'static str) -> Self {
        Self::open_at(project, None).await
    }

    /// The same, with a daemon that reaches the engine at this address; `None` is the usual one.
    async fn open_at(project: &'static str, engine: Option<String>) -> Self {
        let docker = DockerApi::connect().await;
        docker.sweep(project).await;
        let daemon = Daemon::start_in(tempfile::tempdir().unwrap(), ("docker", engine)).await;
        Self { daemon, docker, project }
    }

    fn shop(&self) -> String {
        SHOP.replace("PROJECT", self.project)
    }

    async fn up(&self) -> Value {
        let operation = self.daemon.up(self.project, &self.shop()).await;
        assert_eq!(operation["state"], "succeeded", "{operation:#}\n{}", self.daemon.log());
        operation
    }

    async fn close(mut self) {
        // It would heal what is swept.
        self.daemon.kill();
        self.docker.sweep(self.project).await;
    }

    /// One container in each place, and none beside.
    async fn assert_no_duplicates(&self) {
        let mut places: Vec<String> = Vec::new();
        for container in self.docker.containers(self.project).await {
            let labels = &container["Labels"];
            places.push(format!(
                "{}-{}",
                labels["com.docker.compose.service"], labels["com.docker.compose.container-number"]
            ));
        }
        let all = places.len();
        places.sort();
        places.dedup();
        assert_eq!(all, places.len(), "two containers in one place: {places:?}");
    }

    /// How often the job has been started.
    async fn runs_of_the_job(&self) -> usize {
        let history = self.daemon.api.get(&format!("/v1/stacks/{}/history?limit=1000", self.project)).await;
        let started = format!("start container {}-init-1", self.project);
        let entries = history.as_array().unwrap().iter();
        entries.filter(|entry| entry["kind"] == "step_done" && entry["message"] == started.as_str()).count()
    }
}

/// The state of a service in a stack's document.
fn state<'a>(document: &'a Value, service: &str) -> &'a str {
    let services = document["services"].as_array().unwrap();
    let found = services.iter().find(|one| one["service"] == service);
    found.and_then(|one| one["state"].as_str()).unwrap_or("")
}
