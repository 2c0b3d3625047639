//! Stacks, and random changes to them.

use evenkeel_tests::{Daemon, Random};
use serde_json::{Value, json};

/// So many stacks of one kind.
pub struct Stacks {
    pub prefix: &'static str,
    pub count: u64,
    pub image: &'static str,
}

impl Stacks {
    /// Asks something of one of them. What was asked before and is under way is overtaken.
    pub async fn change(&self, daemon: &Daemon, random: &mut Random) {
        let stack = format!("{}-{}", self.prefix, random.below(self.count));
        let revision = random.below(5);
        let (verb, body): (&str, Value) = match random.below(12) {
            0..=5 => ("up", json!({ "definition": daemon.definition(&self.compose(&stack, revision)) })),
            6 => ("restart", json!({ "services": ["web"] })),
            7 => ("scale", json!({ "scale": { "web": 1 + random.below(2) } })),
            8 => ("stop", json!({ "services": ["web"] })),
            9 => ("start", json!({})),
            10 => ("reset", json!({})),
            _ => ("down", json!({ "volumes": random.below(2) == 0 })),
        };
        let answer = daemon.api.post(&format!("/v1/stacks/{stack}/{verb}"), &body).await;
        // A stack that is not there, or down, refuses all but `up`; one whose objects are on their way may refuse that too.
        assert!(answer.status < 500, "{verb} {stack}: {} {}", answer.status, answer.body);
    }

    /// All of them, whole.
    pub async fn down(&self, daemon: &Daemon) {
        for number in 0..self.count {
            let path = format!("/v1/stacks/{}-{number}/down?wait=true&timeout=60s", self.prefix);
            daemon.api.post(&path, &json!({ "volumes": true, "remove_orphans": true })).await;
        }
    }

    /// A database that is ready after a moment, a job, and a server that now and then ends with an error.
    fn compose(&self, stack: &str, revision: u64) -> String {
        let image = self.image;
        format!(
            r#"
name: {stack}
x-base: &base {{ image: "{image}", stop_grace_period: 1s }}
services:
  db:
    <<: *base
    command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
    healthcheck: {{ test: ["CMD", "true"], interval: 2s }}
    volumes: ["data:/data"]
  init:
    <<: *base
    command: ["true"]
    environment: {{ SIM_EXIT_AFTER_MS: 100 }}
    depends_on: {{ db: {{ condition: service_healthy }} }}
  web:
    <<: *base
    command: ["sh", "-c", "trap 'exit 0' TERM; sleep 5 & wait $$!; echo no table; exit 1"]
    environment: {{ REVISION: "{revision}", SIM_EXIT_AFTER_MS: 5000, SIM_EXIT_CODE: 1 }}
    depends_on: {{ init: {{ condition: service_completed_successfully }} }}
volumes: {{ data: {{}} }}
"#
        )
    }
}
