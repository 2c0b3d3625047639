//! Who keeps the stack: Evenkeel, or Docker Compose, which brings it up and is gone.

use crate::stack::PROJECT;
use crate::trial::Ground;
use evenkeel_tests::Daemon;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// One of the two.
pub enum Keeper {
    Evenkeel(Box<Daemon>),
    Compose { words: Vec<String>, directory: tempfile::TempDir },
}

impl Keeper {
    /// A daemon whose state is on a small disk of its own.
    pub async fn evenkeel(ground: &Ground) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("state");
        std::fs::create_dir(&state).unwrap();
        run(Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"]).arg(&state));
        Self::Evenkeel(Box::new(Daemon::start_in(directory, ("docker", Some(ground.engine.host()))).await))
    }

    /// Docker Compose as `deploy/compose` finds or fetches it.
    pub fn compose() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let output = run(&mut Command::new(root.join("deploy/compose")));
        let words = String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect();
        Self::Compose { words, directory: tempfile::tempdir().unwrap() }
    }

    pub fn name(&self) -> &'static str {
        if matches!(self, Self::Evenkeel(_)) { "evenkeel" } else { "compose" }
    }

    /// Where the daemon keeps its state.
    pub fn state(&self) -> Option<PathBuf> {
        if let Self::Evenkeel(daemon) = self { Some(daemon.directory().join("state")) } else { None }
    }

    /// Brings a stack up and waits until it is. Whether it was told that it is.
    pub async fn up(&self, ground: &Ground, compose: &str) -> bool {
        match self {
            Self::Evenkeel(daemon) => {
                let path = format!("/v1/stacks/{PROJECT}/up?wait=true&timeout=25s");
                let answer = daemon.api.post(&path, &json!({ "definition": daemon.definition(compose) })).await;
                answer.status == 200 && answer.body["state"] == "succeeded"
            }
            Self::Compose { .. } => {
                let mut command = self.begin_compose(ground, compose, &["up", "-d", "--wait", "--wait-timeout", "60"]);
                tokio::task::spawn_blocking(move || command.wait().unwrap().success()).await.unwrap()
            }
        }
    }

    /// Begins to bring it up.
    pub async fn begin_up(&self, ground: &Ground, compose: &str) -> Option<Child> {
        match self {
            Self::Evenkeel(daemon) => {
                let body = json!({ "definition": daemon.definition(compose) });
                let answer = daemon.api.post(&format!("/v1/stacks/{PROJECT}/up"), &body).await;
                assert_eq!(answer.status, 202, "{}", answer.body);
                None
            }
            Self::Compose { .. } => Some(self.begin_compose(ground, compose, &["up", "-d"])),
        }
    }

    /// Takes it down, with its volumes.
    pub async fn down(&self, ground: &Ground, compose: &str) {
        match self {
            Self::Evenkeel(daemon) => {
                // There is nothing yet where this fault is the first.
                let path = format!("/v1/stacks/{PROJECT}/down?wait=true&timeout=80s");
                let answer = daemon.api.post(&path, &json!({ "volumes": true })).await;
                assert!(matches!(answer.status, 200 | 404), "{}", answer.body);
            }
            Self::Compose { .. } => {
                let mut command = self.begin_compose(ground, compose, &["down", "-v", "-t", "1"]);
                tokio::task::spawn_blocking(move || command.wait().unwrap()).await.unwrap();
            }
        }
    }

    /// What it says of the stack: `up` and nothing else means that all is well. Compose says it by the state of each container.
    pub async fn says_up(&self) -> bool {
        match self {
            Self::Evenkeel(daemon) => {
                let answer = daemon.api.try_send("GET", &format!("/v1/stacks/{PROJECT}"), None).await;
                answer.is_some_and(|answer| answer.body["state"] == "up")
            }
            Self::Compose { .. } => true,
        }
    }

    /// For a failure's words.
    pub async fn story(&self) -> String {
        match self {
            Self::Evenkeel(daemon) => {
                let log = daemon.log();
                let lines: Vec<&str> = log.lines().collect();
                let document = daemon.api.try_send("GET", &format!("/v1/stacks/{PROJECT}"), None).await;
                let document = document.map_or_else(|| "no answer".to_owned(), |answer| answer.body.to_string());
                format!("{document}\n{}", lines[lines.len().saturating_sub(12)..].join("\n"))
            }
            Self::Compose { .. } => String::new(),
        }
    }

    /// Ends it, and clears up.
    pub async fn close(mut self, ground: &Ground) {
        let state = self.state();
        if let Self::Evenkeel(daemon) = &mut self {
            daemon.kill();
        }
        if let Some(state) = state {
            run(Command::new("umount").arg(&state));
        }
        ground.docker.sweep(PROJECT).await;
    }

    fn begin_compose(&self, ground: &Ground, compose: &str, verb: &[&str]) -> Child {
        let Self::Compose { words, directory } = self else { panic!("this is not Compose") };
        let file = directory.path().join("compose.yaml");
        std::fs::write(&file, compose).unwrap();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg("-f").arg(file).args(verb);
        command.env("DOCKER_HOST", ground.engine.host()).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}

pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}
