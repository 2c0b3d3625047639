//! The arguments of `serve`. The daemon itself is not here: the binary starts it with these.

use std::path::PathBuf;

/// Run the daemon
///
/// It keeps every stack as its files say, until `down`. Logs go to stderr. DOCKER_HOST and the Docker context are
/// honoured. Flags win over the environment, the environment over the file, the file over the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel serve
  evenkeel serve --listen 127.0.0.1:7711
  evenkeel serve --engine sim --state-dir /tmp/try --socket /tmp/try.sock")]
pub struct ServeArgs {
    /// Configuration file; without it /etc/evenkeel/evenkeel.toml, where that exists
    #[arg(long, env = "EVENKEEL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where desired state is kept
    #[arg(long, env = "EVENKEEL_STATE_DIR", value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// The unix socket to listen on
    #[arg(long, env = "EVENKEEL_SOCKET", value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// A TCP address to listen on as well, such as 127.0.0.1:7711; it wants a token
    #[arg(long, env = "EVENKEEL_LISTEN", value_name = "ADDR")]
    pub listen: Option<String>,
    /// What runs the containers
    #[arg(long, env = "EVENKEEL_ENGINE", value_enum, value_name = "ENGINE")]
    pub engine: Option<EngineKind>,
    /// What to log: error, warn, info, debug, trace, or a tracing filter
    #[arg(long, env = "EVENKEEL_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// How to log
    #[arg(long, env = "EVENKEEL_LOG_FORMAT", value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// What runs the containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum EngineKind {
    /// A Docker engine
    Docker,
    /// A simulated engine, for trying the product without Docker
    Sim,
}

/// How the daemon logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}
