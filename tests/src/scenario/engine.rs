//! What the engine has of one project: its containers by the names that scenarios use, and what is inside them.

use crate::DockerApi;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The containers of a project at one moment, by `SERVICE-NUMBER` and `SERVICE-run`.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    containers: BTreeMap<String, Vec<Value>>,
}

impl Picture {
    /// Looks at every container of a project.
    pub async fn take(docker: &DockerApi, project: &str) -> Self {
        let mut containers: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for container in docker.containers(project).await {
            let found = docker.inspect(container["Id"].as_str().unwrap_or_default()).await;
            if found.is_null() {
                continue;
            }
            let label = |name: &str| {
                found["Config"]["Labels"][format!("com.docker.compose.{name}")].as_str().unwrap_or_default()
            };
            let number = if label("oneoff") == "True" { "run" } else { label("container-number") };
            containers.entry(format!("{}-{number}", label("service"))).or_default().push(found.clone());
        }
        Self { containers }
    }

    /// Containers of that name.
    pub fn all(&self, name: &str) -> &[Value] {
        self.containers.get(name).map_or(&[], Vec::as_slice)
    }

    /// The only container of that name.
    pub fn one(&self, name: &str) -> Result<&Value, String> {
        match self.all(name) {
            [one] => Ok(one),
            [] => Err(format!("there is no container {name}; there are {:?}", self.names())),
            several => Err(format!("there are {} containers {name}", several.len())),
        }
    }

    /// The numbers of a service's containers, one-offs aside.
    pub fn numbers(&self, service: &str) -> Vec<u64> {
        let numbers = self
            .containers
            .iter()
            .filter_map(|(name, found)| Some((name.strip_prefix(service)?.strip_prefix('-')?, found)));
        let mut numbers: Vec<u64> =
            numbers.flat_map(|(number, found)| vec![number.parse().ok(); found.len()]).flatten().collect();
        numbers.sort_unstable();
        numbers
    }

    /// Every name, with its state, for messages.
    pub fn names(&self) -> Vec<String> {
        let state = |(name, found): (&String, &Vec<Value>)| {
            let states: Vec<&str> = found.iter().filter_map(|one| one["State"]["Status"].as_str()).collect();
            format!("{name} {}", states.join(", "))
        };
        self.containers.iter().map(state).collect()
    }
}

/// A container by a scenario's name for it: of the project, or `=NAME`.
pub async fn container(docker: &DockerApi, project: &str, name: &str) -> Result<Value, String> {
    match name.strip_prefix('=') {
        None => Picture::take(docker, project).await.one(name).cloned(),
        Some(name) => match docker.inspect(name).await {
            Value::Null => Err(format!("there is no container {name}")),
            found => Ok(found),
        },
    }
}

/// Runs a shell's words in a container. Its output and its exit code.
pub async fn inside(docker: &DockerApi, container: &Value, script: &str) -> Result<(String, i32), String> {
    let id = container["Id"].as_str().unwrap_or_default();
    let body = json!({ "AttachStdout": true, "AttachStderr": true, "Tty": true, "Cmd": ["sh", "-c", script] });
    let made = docker.text("POST", &format!("/containers/{id}/exec"), Some(&body)).await?;
    let exec = json(&made)["Id"].as_str().unwrap_or_default().to_owned();
    let body = json!({ "Detach": false, "Tty": true });
    let output = docker.text("POST", &format!("/exec/{exec}/start"), Some(&body)).await?;
    let ended = json(&docker.text("GET", &format!("/exec/{exec}/json"), None).await?);
    let code = ended["ExitCode"].as_i64().ok_or("the command inside has not ended")?;
    Ok((output.replace("\r\n", "\n"), i32::try_from(code).unwrap_or(-1)))
}

/// What a container has written, both streams.
pub async fn logs(docker: &DockerApi, container: &Value) -> Result<String, String> {
    let id = container["Id"].as_str().unwrap_or_default();
    docker.text("GET", &format!("/containers/{id}/logs?stdout=true&stderr=true"), None).await
}

/// A file inside a container, which need not run.
pub struct Inner {
    /// Its text.
    pub content: String,
    /// Four digits, octal.
    pub mode: String,
    /// The owner's number.
    pub owner: u64,
    /// The group's number.
    pub group: u64,
}

/// Reads a file inside a container.
pub async fn file(docker: &DockerApi, container: &Value, path: &str) -> Result<Inner, String> {
    let id = container["Id"].as_str().unwrap_or_default();
    let archive = docker.text("GET", &format!("/containers/{id}/archive?path={path}"), None).await?;
    // The first entry of a tar: 512 bytes of header (mode at 100, owner at 108, group at 116, size at 124, all octal), then the content.
    let number = |from: usize, to: usize| {
        let field = archive.get(from..to).unwrap_or_default().trim_matches(['\0', ' ']);
        u64::from_str_radix(field, 8).map_err(|_| format!("{path}: the engine sends no archive of a text"))
    };
    let end = 512 + usize::try_from(number(124, 136)?).unwrap_or(0);
    let content = archive.get(512..end).ok_or_else(|| format!("{path} is no text"))?.to_owned();
    let mode = format!("{:04o}", number(100, 108)? & 0o7777);
    Ok(Inner { content, mode, owner: number(108, 116)?, group: number(116, 124)? })
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
