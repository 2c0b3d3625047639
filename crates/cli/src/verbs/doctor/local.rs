//! What can be looked at without a daemon: its socket's place, the engine that it would use, the disk. Nothing is changed.

use crate::client::Client;
use crate::host::Host;
use evenkeel_wire::{Check, CheckState};
use serde::Deserialize;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

/// Oldest API version of the engine that is supported.
const OLDEST_API: (u32, u32) = (1, 41);
/// Less free space than this is said.
const LITTLE_SPACE: u64 = 2 << 30;

/// Why nobody answers at the socket, as far as the file system tells.
pub fn socket(host: &Host) -> Check {
    let Host::Unix(path) = host else {
        return check("socket", CheckState::Ok, format!("{host} is reached over TCP"), None);
    };
    let place = path.display();
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => check(
            "socket",
            CheckState::Warning,
            format!("{place} is there and nobody answers"),
            Some("a daemon that was killed leaves its socket behind; the next one takes it over"),
        ),
        Ok(_) => check(
            "socket",
            CheckState::Failed,
            format!("{place} is no socket"),
            Some("move it away, or serve elsewhere with --socket"),
        ),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            check("socket", CheckState::Ok, format!("{place} is free"), None)
        }
        Err(error) => check(
            "socket",
            CheckState::Failed,
            format!("{place}: {error}"),
            Some("run as the daemon's user or a member of its group"),
        ),
    }
}

/// Whether an engine answers, at which API level.
pub async fn engine() -> Check {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct EngineVersion {
        version: String,
        api_version: String,
    }
    let address = std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
    let address = address.unwrap_or_else(|| "unix:///var/run/docker.sock".to_owned());
    let reached = match address.strip_prefix("tcp://") {
        Some(rest) => Host::parse(&format!("http://{rest}")),
        None => Host::parse(&address),
    };
    let Ok(host) = reached else {
        let detail = format!("{address} cannot be looked at from here");
        return check("engine", CheckState::Warning, detail, Some("the daemon can, once it runs"));
    };
    let version = match Client::at(host, None) {
        Ok(client) => client.get::<EngineVersion>("/version", &()).await,
        Err(failure) => Err(failure),
    };
    match version {
        Ok(found) => {
            let detail = format!("Docker {} at {address}, API {}", found.version, found.api_version);
            if api(&found.api_version).is_some_and(|api| api < OLDEST_API) {
                let help = "use Docker Engine 20.10 (API 1.41) or later";
                return check("engine", CheckState::Failed, detail, Some(help));
            }
            check("engine", CheckState::Ok, detail, None)
        }
        Err(crate::failure::Failure::NoDaemon { forbidden: true, .. }) => check(
            "engine",
            CheckState::Failed,
            format!("{address}: permission denied"),
            Some("add the user to the group `docker`, or run the daemon as root"),
        ),
        Err(_) => check(
            "engine",
            CheckState::Failed,
            format!("nothing answers at {address}"),
            Some("start Docker, set DOCKER_HOST, or try without one: `evenkeel serve --engine sim`"),
        ),
    }
}

/// Free space where state and images are kept.
pub fn disk() -> Vec<Check> {
    let state = PathBuf::from("/var/lib/evenkeel");
    let places = [("state", state), ("images", PathBuf::from("/var/lib/docker"))];
    places.iter().filter_map(|(what, path)| space(what, path)).collect()
}

fn space(what: &str, path: &Path) -> Option<Check> {
    let existing = path.ancestors().find(|ancestor| ancestor.exists())?;
    let stat = nix::sys::statvfs::statvfs(existing).ok()?;
    let free = stat.blocks_available() as u64 * stat.fragment_size() as u64;
    let detail = format!("{:.1} GiB free for {what} at {}", free as f64 / f64::from(1 << 30), path.display());
    let little = free < LITTLE_SPACE;
    let state = if little { CheckState::Warning } else { CheckState::Ok };
    Some(check("disk", state, detail, little.then_some("make room: `docker system df` shows what takes it")))
}

fn api(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn check(name: &str, state: CheckState, detail: String, help: Option<&str>) -> Check {
    Check { name: name.to_owned(), state, detail, help: help.map(str::to_owned) }
}
