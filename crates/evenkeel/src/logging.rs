//! The daemon's own log: lines on stderr.

use crate::config::Log;
use evenkeel_cli::LogFormat;
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Begins to log.
///
/// # Errors
/// A sentence for people, where the filter is none.
pub fn start(log: &Log) -> Result<(), String> {
    let filter = EnvFilter::try_new(&log.level).map_err(|error| {
        format!("`{}` is no log filter ({error}): use a level such as debug, or info,evenkeel_engine=debug", log.level)
    })?;
    // The client library writes whole bodies, with the values of variables, at its lower levels.
    let secretive = "bollard=info".parse().map_err(|error| format!("the log filter cannot be bounded: {error}"))?;
    let filter = filter.add_directive(secretive);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Json => lines.json().flatten_event(true).init(),
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            lines.with_ansi(colours).with_target(false).init();
        }
    }
    Ok(())
}
