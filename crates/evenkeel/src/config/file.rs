//! The configuration file's shape. What it leaves out keeps its default; what it does not know is an error with a line.

use super::{Config, ConfigError};
use evenkeel_cli::{EngineKind, LogFormat};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest time that a setting may give: a hundred years. No clock shows what is much further away.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Reads a file over the defaults.
pub fn read(path: &Path) -> Result<Config, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|cause| ConfigError::Unreadable { file: path.to_owned(), cause })?;
    parse(&text).map_err(|error| {
        let (line, column) = place(&text, error.span().map_or(0, |span| span.start));
        ConfigError::Invalid { file: path.to_owned(), line, column, message: error.message().to_owned() }
    })
}

/// Reads a text over the defaults.
pub fn parse(text: &str) -> Result<Config, toml::de::Error> {
    toml::from_str::<File>(text).map(|file| file.over(Config::default()))
}

/// Line and column, from 1, of a byte's place.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    socket: Socket,
    http: Http,
    state: State,
    engine: Engine,
    limits: Limits,
    history: History,
    log: Log,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Socket {
    path: Option<PathBuf>,
    #[serde(deserialize_with = "mode")]
    mode: Option<u32>,
    group: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Http {
    listen: Option<SocketAddr>,
    allowed_hosts: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct State {
    dir: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Engine {
    kind: Option<Kind>,
    host: Option<String>,
    #[serde(deserialize_with = "positive")]
    starts: Option<usize>,
    #[serde(deserialize_with = "positive")]
    transfers: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Limits {
    #[serde(deserialize_with = "positive")]
    body_bytes: Option<usize>,
    #[serde(deserialize_with = "positive")]
    services: Option<usize>,
    #[serde(deserialize_with = "positive")]
    streams: Option<usize>,
    #[serde(deserialize_with = "duration")]
    operation_timeout: Option<Duration>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct History {
    entries: Option<u64>,
    operations: Option<u64>,
    #[serde(deserialize_with = "positive")]
    revisions: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Log {
    level: Option<String>,
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Docker,
    Sim,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Text,
    Json,
}

impl File {
    fn over(self, defaults: Config) -> Config {
        let Config { socket, listen, allowed_hosts, state_dir, engine, limits, history, log } = defaults;
        Config {
            socket: super::Socket {
                path: self.socket.path.unwrap_or(socket.path),
                mode: self.socket.mode.unwrap_or(socket.mode),
                group: self.socket.group.or(socket.group),
            },
            listen: self.http.listen.or(listen),
            allowed_hosts: self.http.allowed_hosts.unwrap_or(allowed_hosts),
            state_dir: self.state.dir.unwrap_or(state_dir),
            engine: super::Engine {
                kind: self.engine.kind.map_or(engine.kind, |kind| match kind {
                    Kind::Docker => EngineKind::Docker,
                    Kind::Sim => EngineKind::Sim,
                }),
                host: self.engine.host.or(engine.host),
                starts: self.engine.starts.or(engine.starts),
                transfers: self.engine.transfers.or(engine.transfers),
            },
            limits: super::Limits {
                body_bytes: self.limits.body_bytes.unwrap_or(limits.body_bytes),
                services: self.limits.services.unwrap_or(limits.services),
                streams: self.limits.streams.unwrap_or(limits.streams),
                operation_timeout: self.limits.operation_timeout.unwrap_or(limits.operation_timeout),
            },
            history: super::History {
                entries: self.history.entries.unwrap_or(history.entries),
                operations: self.history.operations.unwrap_or(history.operations),
                revisions: self.history.revisions.map_or(history.revisions, |revisions| revisions as u64),
            },
            log: super::Log {
                level: self.log.level.unwrap_or(log.level),
                format: self.log.format.map_or(log.format, |format| match format {
                    Format::Text => LogFormat::Text,
                    Format::Json => LogFormat::Json,
                }),
            },
        }
    }
}

/// Permission bits as octal text, such as `"0660"`: a bare number would be read as decimal and mean something else.
fn mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let mode = u32::from_str_radix(&text, 8).ok().filter(|mode| *mode <= 0o777);
    mode.map(Some).ok_or_else(|| D::Error::custom(format!("`{text}` are no permission bits: use octal text, \"0660\"")))
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let duration = evenkeel_wire::parse_duration(&text).map_err(D::Error::custom)?;
    if duration > LONGEST {
        return Err(D::Error::custom(format!("`{text}` is more than a hundred years")));
    }
    Ok(Some(duration))
}

fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    match usize::deserialize(deserializer)? {
        0 => Err(D::Error::custom("0 would allow nothing at all: use 1 or more")),
        number => Ok(Some(number)),
    }
}
