//! Whether what a step was to bring about is there. Looks at the engine and at what the command said; changes nothing.

use super::engine::{self, Picture};
use super::expectation::{Comparison, Kept, Object, Sight, Stream};
use crate::DockerApi;
use serde_json::Value;
use std::path::Path;

/// What a command has left behind.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// The exit code, where it has ended.
    pub code: Option<i32>,
    pub output: String,
    pub errors: String,
}

/// Everything that an expectation can be held against.
pub struct Evidence<'e> {
    pub docker: &'e DockerApi,
    pub project: &'e str,
    pub directory: &'e Path,
    pub said: &'e Said,
    /// The containers before the command.
    pub before: &'e Picture,
}

impl Evidence<'_> {
    /// Nothing where it is as expected, or else what there is instead.
    pub async fn holds(&self, sight: &Sight) -> Result<(), String> {
        match sight {
            Sight::Ends => Ok(()),
            Sight::Exit(code) if self.said.code == Some(*code) => Ok(()),
            Sight::Exit(_) => Err(format!("the exit code is {:?}", self.said.code)),
            Sight::Fails if self.said.code.is_some_and(|code| code != 0) => Ok(()),
            Sight::Fails => Err(format!("the exit code is {:?}", self.said.code)),
            Sight::Words { stream, says, pattern } => self.words(*stream, *says, pattern),
            Sight::Exactly(text) => equal("standard output", self.said.output.trim(), text),
            Sight::Lines(count) => {
                equal("lines", &self.said.output.trim_end().lines().count().to_string(), &count.to_string())
            }
            Sight::OnHost(file, content) => self.on_host(file, content.as_deref()),
            Sight::There(there, object) => match (self.object(object).await, there) {
                (Ok(_), true) | (Err(_), false) => Ok(()),
                (Ok(_), false) => Err("it is there".to_owned()),
                (Err(error), true) => Err(error),
            },
            Sight::Value(object, pointer, comparison, expected) => {
                let found = self.object(object).await?;
                let found = found.pointer(pointer).cloned().unwrap_or_default();
                let fits = match comparison {
                    Comparison::Equal => same(&found, expected),
                    Comparison::Different => !same(&found, expected),
                    Comparison::Has => has(&found, expected),
                };
                if fits { Ok(()) } else { Err(format!("{pointer} is {found}")) }
            }
            other => self.containers(other).await,
        }
    }

    async fn containers(&self, sight: &Sight) -> Result<(), String> {
        match sight {
            Sight::Replicas(service, numbers) => {
                let now = Picture::take(self.docker, self.project).await;
                if now.numbers(service) == *numbers { Ok(()) } else { Err(format!("there are {:?}", now.names())) }
            }
            Sight::OneOffs(service, count) => {
                let now = Picture::take(self.docker, self.project).await;
                equal("one-offs", &now.all(&format!("{service}-run")).len().to_string(), &count.to_string())
            }
            Sight::Gone(name) => match self.container(name).await {
                Err(_) => Ok(()),
                Ok(found) => Err(format!("it is {}", found["State"]["Status"])),
            },
            Sight::Kept(kept, names) => {
                let now = Picture::take(self.docker, self.project).await;
                names.iter().try_for_each(|name| self.kept(*kept, name, &now))
            }
            Sight::VolumeKept(same, name, target) => {
                let now = Picture::take(self.docker, self.project).await;
                let (old, new) = (volume(self.before.one(name)?, target)?, volume(now.one(name)?, target)?);
                if (old == new) == *same { Ok(()) } else { Err(format!("before {old}, now {new}")) }
            }
            other => self.one_container(other).await,
        }
    }

    async fn one_container(&self, sight: &Sight) -> Result<(), String> {
        match sight {
            Sight::State(name, status, code) => {
                let found = self.container(name).await?;
                let state = &found["State"];
                if state["Status"] == status.as_str() && code.is_none_or(|code| state["ExitCode"] == code) {
                    return Ok(());
                }
                Err(format!("it is {} ({}) {}", state["Status"], state["ExitCode"], state["Error"]))
            }
            Sight::Health(name, health) => {
                let found = self.container(name).await?;
                equal("health", found["State"]["Health"]["Status"].as_str().unwrap_or("none"), health)
            }
            Sight::Variable(name, key, expected) => {
                let found = self.container(name).await?;
                let all = found["Config"]["Env"].as_array().cloned().unwrap_or_default();
                let value = all
                    .iter()
                    .filter_map(Value::as_str)
                    .find_map(|one| one.strip_prefix(key.as_str())?.strip_prefix('='));
                if value == expected.as_deref() { Ok(()) } else { Err(format!("it is {value:?}")) }
            }
            Sight::Mount { container, target, kind, source, writable } => {
                let found = self.container(container).await?;
                let mounts = found["Mounts"].as_array().cloned().unwrap_or_default();
                let mount = mounts
                    .iter()
                    .find(|one| one["Destination"] == target.as_str())
                    .ok_or_else(|| format!("the mounts are {mounts:?}"))?;
                let place = if kind == "volume" { &mount["Name"] } else { &mount["Source"] };
                let fits = mount["Type"] == kind.as_str()
                    && (source == "*" || place.as_str() == Some(source))
                    && mount["RW"] == *writable;
                if fits { Ok(()) } else { Err(format!("it is {mount}")) }
            }
            Sight::Networks(name, expected) => {
                let found = self.container(name).await?;
                let networks = found["NetworkSettings"]["Networks"].as_object().cloned().unwrap_or_default();
                let mut names: Vec<&String> = networks.keys().collect();
                names.sort();
                let mut expected: Vec<&String> = expected.iter().collect();
                expected.sort();
                if names == expected { Ok(()) } else { Err(format!("they are {names:?}")) }
            }
            Sight::Aliases(name, network, expected) => {
                let found = self.container(name).await?;
                let aliases = &found["NetworkSettings"]["Networks"][network.as_str()]["Aliases"];
                let missing: Vec<&String> =
                    expected.iter().filter(|alias| !has(aliases, &Value::from(alias.as_str()))).collect();
                if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?} is not in {aliases}")) }
            }
            Sight::File(name, path, expected) => {
                let found = engine::file(self.docker, &self.container(name).await?, path).await?;
                equal(path, found.content.trim(), expected)
            }
            Sight::Mode(name, path, mode, owner, group) => {
                let found = engine::file(self.docker, &self.container(name).await?, path).await?;
                let is = format!("{} {} {}", found.mode, found.owner, found.group);
                equal(path, &is, &format!("{mode} {owner} {group}"))
            }
            Sight::Logs(name, says, pattern) => {
                let logs = engine::logs(self.docker, &self.container(name).await?).await?;
                if matches(&logs, pattern) == *says { Ok(()) } else { Err(format!("it has written:\n{logs}")) }
            }
            other => Err(format!("nobody judges {other:?}")),
        }
    }

    async fn container(&self, name: &str) -> Result<Value, String> {
        engine::container(self.docker, self.project, name).await
    }

    async fn object(&self, object: &Object) -> Result<Value, String> {
        let path = match object {
            Object::Container(name) => return self.container(name).await,
            Object::Volume(name) => format!("/volumes/{name}"),
            Object::Network(name) => format!("/networks/{name}"),
            Object::Image(name) => format!("/images/{name}/json"),
        };
        let text = self.docker.text("GET", &path, None).await?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    fn words(&self, stream: Stream, says: bool, pattern: &str) -> Result<(), String> {
        let text = match stream {
            Stream::Output => self.said.output.clone(),
            Stream::Errors => self.said.errors.clone(),
            Stream::Either => format!("{}{}", self.said.output, self.said.errors),
        };
        // What it said is shown with every failure.
        if matches(&text, pattern) == says { Ok(()) } else { Err(if says { "not said" } else { "said" }.to_owned()) }
    }

    fn on_host(&self, file: &str, content: Option<&str>) -> Result<(), String> {
        match (std::fs::read_to_string(self.directory.join(file)), content) {
            (Ok(found), Some(content)) => equal(file, found.trim(), content),
            (Ok(_), None) => Err("it is there".to_owned()),
            (Err(_), None) => Ok(()),
            (Err(error), Some(_)) => Err(error.to_string()),
        }
    }

    fn kept(&self, kept: Kept, name: &str, now: &Picture) -> Result<(), String> {
        let facts = |found: &Value| (found["Id"].clone(), found["State"]["StartedAt"].clone());
        let (old, old_run) = facts(self.before.one(name).map_err(|error| format!("before: {error}"))?);
        let (new, new_run) = facts(now.one(name)?);
        let fits = match kept {
            Kept::Same => old == new,
            Kept::New => old != new,
            Kept::Again => old == new && old_run != new_run,
            Kept::Untouched => old == new && old_run == new_run,
        };
        if fits { Ok(()) } else { Err(format!("{name}: before {old} of {old_run}, now {new} of {new_run}")) }
    }
}

/// Whether a text has the parts of a pattern, one after the other; `…` stands between them.
pub fn matches(text: &str, pattern: &str) -> bool {
    let mut rest = text;
    pattern.split('…').map(|part| part.replace("\\n", "\n")).all(|part| match rest.find(part.as_str()) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

fn volume(container: &Value, target: &str) -> Result<String, String> {
    let mounts = container["Mounts"].as_array().cloned().unwrap_or_default();
    let mount = mounts.iter().find(|one| one["Destination"] == target);
    mount
        .and_then(|one| one["Name"].as_str())
        .map(str::to_owned)
        .ok_or_else(|| format!("no volume at {target}: {mounts:?}"))
}

/// The engine says nothing, null, or an empty list or object for the same thing, as its version pleases.
fn same(found: &Value, expected: &Value) -> bool {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    };
    found == expected || (empty(found) && empty(expected))
}

fn has(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::String(text), Value::String(part)) => matches(text, part),
        (Value::Array(list), Value::Array(parts)) => {
            parts.iter().all(|part| list.iter().any(|one| one == part || has(one, part)))
        }
        (Value::Array(list), part) => list.iter().any(|one| one == part || (part.is_object() && has(one, part))),
        (Value::Object(object), Value::Object(parts)) => {
            parts.iter().all(|(key, part)| object.get(key).is_some_and(|one| one == part || has(one, part)))
        }
        _ => false,
    }
}

fn equal(what: &str, found: &str, expected: &str) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?}")) }
}
