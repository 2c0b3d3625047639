//! The two that are compared, and how each is asked for a work.

use crate::cases::Stack;
use evenkeel_tests::{Daemon, binary};
use futures::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use std::fmt;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::process::Command;

/// Compose's commands that work at a time where a file has more projects than that.
const COMPOSE_AT_ONCE: usize = 4;

/// No single work may take longer.
const PATIENCE: Duration = Duration::from_secs(300);

/// Who does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Compose,
    Evenkeel,
}

impl Side {
    /// The project under which it brings a stack up; of several with one file the so-many-th, from 0.
    pub fn project(self, copy: usize) -> String {
        let side = match self {
            Self::Compose => "compose",
            Self::Evenkeel => "evenkeel",
        };
        format!("bench-{side}-{}-{copy}", NAMES.load(Ordering::Relaxed))
    }
}

/// The project of what the engine is measured with by itself.
pub fn floor_project() -> String {
    format!("bench-floor-{}", NAMES.load(Ordering::Relaxed))
}

/// A number in the names of all projects.
static NAMES: AtomicUsize = AtomicUsize::new(0);

/// Gives the projects names that none of these has. Whether they had one of them.
pub fn take_names_beside(kept: &[String]) -> bool {
    let last = kept.iter().filter_map(|project| project.split('-').nth(2)?.parse::<usize>().ok()).max();
    match last {
        Some(last) if last >= NAMES.load(Ordering::Relaxed) => {
            NAMES.store(last + 1, Ordering::Relaxed);
            true
        }
        _ => false,
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Compose => "Compose",
            Self::Evenkeel => "Evenkeel",
        })
    }
}

/// One of them with a stack. Evenkeel has a daemon of its own for each life, so that it does not watch Compose's.
pub struct Actor<'s> {
    side: Side,
    stack: &'s Stack,
    setting: u32,
    daemon: Option<Daemon>,
}

impl<'s> Actor<'s> {
    pub async fn new(side: Side, stack: &'s Stack) -> Self {
        let daemon = match side {
            Side::Compose => None,
            Side::Evenkeel => Some(Daemon::start("docker").await),
        };
        Self { side, stack, setting: 0, daemon }
    }

    /// Changes what the file says of the service that changes.
    pub fn change(&mut self) {
        self.setting += 1;
    }

    /// `up`, until all is ready. Seconds.
    pub async fn up(&self) -> Result<f64, String> {
        let verb: &[&str] = match self.side {
            Side::Compose => &["up", "--detach", "--wait"],
            Side::Evenkeel => &["up", "--wait", "--wait-timeout", "280s"],
        };
        self.run_all(true, verb).await
    }

    /// The same request over REST, files included. Seconds; `None` for who has no such thing.
    pub async fn up_by_rest(&self) -> Option<f64> {
        let daemon = self.daemon.as_ref()?;
        let file = self.stack.path();
        let text = std::fs::read_to_string(&file).unwrap();
        let mut environment = json!(self.stack.environment);
        environment["SETTING"] = json!(self.setting.to_string());
        let definition = json!({
            "files": [{ "path": file, "content": text }],
            "compose_files": [file],
            "working_dir": file.parent(),
            "environment": environment,
        });
        let path = format!("/v1/stacks/{}/up?wait=true&timeout=280s", self.side.project(0));
        let began = Instant::now();
        let operation = daemon.api.post(&path, &json!({ "definition": definition })).await.ok();
        let took = began.elapsed().as_secs_f64();
        assert_eq!(operation["state"], "succeeded", "{operation:#}");
        Some(took)
    }

    /// `ps`. Seconds.
    pub async fn ps(&self) -> Result<f64, String> {
        let began = Instant::now();
        self.run(0, false, &["ps"]).await.map(|()| began.elapsed().as_secs_f64())
    }

    /// `down`, until nothing is left; volumes stay. Seconds.
    pub async fn down(&self) -> Result<f64, String> {
        self.run_all(false, &["down"]).await
    }

    /// The verb for every project of the file. Seconds until all are done.
    async fn run_all(&self, with_file: bool, verb: &[&str]) -> Result<f64, String> {
        let at_once = match self.side {
            Side::Compose => COMPOSE_AT_ONCE,
            Side::Evenkeel => self.stack.copies,
        };
        let began = Instant::now();
        let runs = futures::stream::iter((0..self.stack.copies).map(|copy| self.run(copy, with_file, verb)));
        runs.buffer_unordered(at_once).try_collect::<()>().await?;
        Ok(began.elapsed().as_secs_f64())
    }

    async fn run(&self, copy: usize, with_file: bool, verb: &[&str]) -> Result<(), String> {
        let mut command = match &self.daemon {
            None => compose(),
            Some(daemon) => {
                let mut command = Command::new(binary());
                command.env("EVENKEEL_HOST", daemon.host());
                command
            }
        };
        command.args(["-p", &self.side.project(copy)]);
        if with_file {
            command.arg("-f").arg(self.stack.path());
        }
        command.args(verb).envs(&self.stack.environment).env("SETTING", self.setting.to_string());
        let output = output(command).await?;
        if output.status.success() {
            return Ok(());
        }
        let log = self.daemon.as_ref().map(Daemon::log).unwrap_or_default();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!("{} {} of {}: {}\n{words}{log}", self.side, verb.join(" "), self.stack.name, output.status))
    }
}

async fn output(mut command: Command) -> Result<std::process::Output, String> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    match tokio::time::timeout(PATIENCE, command.output()).await {
        Ok(output) => output.map_err(|error| format!("{command:?}: {error}")),
        Err(_) => Err(format!("{command:?}: not done in {} s", PATIENCE.as_secs())),
    }
}

/// The words that run Compose come from deploy/compose.
fn compose() -> Command {
    let words = std::env::var("EVENKEEL_BENCH_COMPOSE").unwrap_or_else(|_| "docker compose".to_owned());
    let mut words = words.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("docker"));
    command.args(words);
    command
}

/// `2.40.3`.
pub fn compose_version() -> Result<String, String> {
    let mut command = compose();
    let output = command.as_std_mut().args(["version", "--short"]).output();
    let output = output.map_err(|error| format!("Docker Compose: {error}; call this through deploy/bench"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A stack's file, resolved.
pub fn resolved(stack: &Stack) -> Result<Value, String> {
    let output = std::process::Command::new(binary())
        .args(["-p", &Side::Evenkeel.project(0), "-f"])
        .arg(stack.path())
        .args(["config", "--format", "json"])
        .envs(&stack.environment)
        .output()
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("config of {}: {error}\n{}", stack.file, String::from_utf8_lossy(&output.stderr)))
}
