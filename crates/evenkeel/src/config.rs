//! The daemon's settings: flags over environment over file over defaults. `config/evenkeel.toml` shows every key.
//!
//! The environment comes with the flags, because clap reads both. Nothing here opens a socket or makes a directory.

mod file;

use evenkeel_cli::{EngineKind, LogFormat, ServeArgs};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the file is looked for when nobody says where it is.
const DEFAULT_FILE: &str = "/etc/evenkeel/evenkeel.toml";

/// All settings, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The unix socket.
    pub socket: Socket,
    /// The TCP address, where there is one.
    pub listen: Option<std::net::SocketAddr>,
    /// Names under which that address is reached, beside `localhost` and addresses.
    pub allowed_hosts: Vec<String>,
    /// Where desired state is kept.
    pub state_dir: PathBuf,
    /// What runs the containers.
    pub engine: Engine,
    /// Bounds.
    pub limits: Limits,
    /// What is kept of what happened.
    pub history: History,
    /// The daemon's own log.
    pub log: Log,
}

/// The unix socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// Where.
    pub path: PathBuf,
    /// Permission bits.
    pub mode: u32,
    /// The group that it gets; `None` is the daemon's own.
    pub group: Option<String>,
}

/// What runs the containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// Which kind.
    pub kind: EngineKind,
    /// Its address; `None` is as the Docker command finds it.
    pub host: Option<String>,
    /// Containers being created or started at a time; `None` is twice the cores. Twice as many end at a time.
    pub starts: Option<usize>,
    /// Pulls and builds at a time; `None` is four.
    pub transfers: Option<usize>,
}

/// Bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest body of a request.
    pub body_bytes: usize,
    /// Services of one stack.
    pub services: usize,
    /// Streams open at a time.
    pub streams: usize,
    /// How long an operation may take where the request does not say.
    pub operation_timeout: Duration,
}

/// What is kept of what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Entries.
    pub entries: u64,
    /// Ended operations.
    pub operations: u64,
    /// Revisions of each stack.
    pub revisions: u64,
}

/// The daemon's own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// A level or a tracing filter.
    pub level: String,
    /// How.
    pub format: LogFormat,
}

/// Why there are no settings. Each names the file or flag.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {cause}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file has an error at a place.
    #[error("{}:{line}:{column}: {message}", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A flag or variable has a value that makes no sense.
    #[error("{0}")]
    Argument(String),
}

impl Config {
    /// The settings that these flags, the environment and the file make.
    ///
    /// # Errors
    /// [`ConfigError`] for a file that was named and cannot be read, for a file with an error in it, and for values that
    /// make no sense.
    pub fn load(arguments: &ServeArgs) -> Result<Self, ConfigError> {
        let mut config = match &arguments.config {
            Some(path) => file::read(path)?,
            None if Path::new(DEFAULT_FILE).exists() => file::read(Path::new(DEFAULT_FILE))?,
            None => Self::default(),
        };
        if let Some(path) = &arguments.socket {
            config.socket.path.clone_from(path);
        }
        if let Some(listen) = arguments.listen.as_deref().filter(|listen| !listen.is_empty()) {
            let listen = listen.parse().map_err(|_| {
                ConfigError::Argument(format!(
                    "`{listen}` is no address to listen on: use an IP address and a port, such as 127.0.0.1:7711"
                ))
            })?;
            config.listen = Some(listen);
        }
        if let Some(dir) = &arguments.state_dir {
            config.state_dir.clone_from(dir);
        }
        if let Some(kind) = arguments.engine {
            config.engine.kind = kind;
        }
        if let Some(level) = &arguments.log {
            config.log.level.clone_from(level);
        }
        if let Some(format) = arguments.log_format {
            config.log.format = format;
        }
        Ok(config)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            socket: Socket { path: evenkeel_cli::default_socket(), mode: 0o660, group: None },
            listen: None,
            allowed_hosts: Vec::new(),
            state_dir: default_state_dir(),
            engine: Engine { kind: EngineKind::Docker, host: None, starts: None, transfers: None },
            limits: Limits {
                body_bytes: 8 << 20,
                services: 500,
                streams: 256,
                operation_timeout: Duration::from_secs(600),
            },
            history: History { entries: 50_000, operations: 2_000, revisions: 50 },
            log: Log { level: "info".to_owned(), format: LogFormat::Text },
        }
    }
}

/// `/var/lib/evenkeel` for root; `$XDG_STATE_HOME/evenkeel`, else `~/.local/state/evenkeel`, for everybody else.
fn default_state_dir() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if nix::unistd::geteuid().is_root() {
        return PathBuf::from("/var/lib/evenkeel");
    }
    let base = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local").join("state")));
    base.unwrap_or_else(|| PathBuf::from("/var/lib")).join("evenkeel")
}

#[cfg(test)]
#[path = "config/tests.rs"]
mod tests;
