//! The two tools, and how a command line of a scenario becomes a process of one of them.

use super::text::split;
use crate::{Daemon, binary};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// Docker Compose.
    Compose,
    /// The built command, with a daemon of its own.
    Evenkeel,
}

impl Tool {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Compose, Self::Evenkeel];

    /// `compose` or `evenkeel`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::Evenkeel => "evenkeel",
        }
    }

    /// Takes `compose:` or `evenkeel:` off the front of a line.
    pub fn prefix(line: &str) -> (Option<Self>, &str) {
        for tool in Self::ALL {
            if let Some(rest) = line.strip_prefix(tool.name()).and_then(|rest| rest.strip_prefix(": ")) {
                return (Some(tool), rest.trim());
            }
        }
        (None, line)
    }
}

/// What runs them: the words of Compose, where it takes part, and a daemon of Evenkeel, where that does.
pub struct Tools {
    /// As `deploy/compose` prints them.
    pub compose: Option<String>,
    /// With its own state and socket.
    pub daemon: Option<Daemon>,
}

impl Tools {
    /// A process for a line such as `in sub NAME=value up -d < file`, not yet started. `unset:NAME` takes a variable away.
    pub fn command(&self, tool: Tool, project: &str, directory: &Path, line: &str) -> Result<Command, String> {
        let mut words = split(line)?.into_iter().peekable();
        let mut directory = directory.to_path_buf();
        let mut environment: BTreeMap<String, Option<String>> =
            BTreeMap::from([("COMPOSE_PROJECT_NAME".to_owned(), Some(project.to_owned()))]);
        while let Some(word) = words.peek().cloned() {
            if word == "in" {
                words.next();
                directory.push(words.next().unwrap_or_default());
                continue;
            }
            if let Some(name) = word.strip_prefix("unset:") {
                environment.insert(name.to_owned(), None);
            } else if let Some((name, value)) = word.split_once('=').filter(|(name, _)| is_variable(name)) {
                environment.insert(name.to_owned(), Some(value.to_owned()));
            } else {
                break;
            }
            words.next();
        }
        let mut words: Vec<String> = words.collect();
        let stdin = match words.iter().position(|word| word == "<") {
            Some(at) => {
                let file = directory.join(words.get(at + 1).cloned().unwrap_or_default());
                words.truncate(at);
                Stdio::from(std::fs::File::open(&file).map_err(|error| format!("{}: {error}", file.display()))?)
            }
            None => Stdio::null(),
        };
        let mut command = self.program(tool)?;
        for (name, value) in &environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
            .args(words)
            .current_dir(directory)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Ok(command)
    }

    fn program(&self, tool: Tool) -> Result<Command, String> {
        let mut command = match tool {
            Tool::Compose => {
                let words = self.compose.as_deref().ok_or("Compose does not take part")?;
                let mut words = words.split_whitespace();
                let mut command = Command::new(words.next().unwrap_or("docker-compose"));
                command.args(words);
                command
            }
            Tool::Evenkeel => {
                let daemon = self.daemon.as_ref().ok_or("Evenkeel does not take part")?;
                let mut command = Command::new(binary());
                command.env("EVENKEEL_HOST", daemon.host());
                command
            }
        };
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("COMPOSE_")) {
            command.env_remove(name);
        }
        // The classic builder is on every engine and needs no plugin; a menu is nothing for a test.
        command.env("NO_COLOR", "1").env("DOCKER_BUILDKIT", "0").env("COMPOSE_MENU", "false");
        Ok(command)
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|character| character.is_ascii_uppercase() || character.is_ascii_digit() || character == '_')
}

/// Where a project's files are put.
pub fn directory(root: &Path, tool: Tool, project: &str) -> PathBuf {
    root.join(tool.name()).join(project)
}
