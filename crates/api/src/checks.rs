//! Looks at what the daemon stands on: the engine, the store, the disk.

pub mod machine;

use crate::state::ApiState;
use evenkeel_model::Capabilities;
use evenkeel_wire::{Check, CheckState};
use std::path::Path;
use std::time::Duration;

/// An engine that takes longer than this to say what it can do does not answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The oldest API that Evenkeel is built for.
const OLDEST_API: (u32, u32) = (1, 41);
/// Below this much free space, images and volumes soon fail to be written.
const LITTLE_SPACE: u64 = 2 << 30;

/// Whether the engine answers, and what it is.
pub async fn engine(state: &ApiState) -> (Check, Option<Capabilities>) {
    let help = "start the engine (`systemctl start docker`), or point DOCKER_HOST to one; the daemon goes on as soon as it answers";
    match tokio::time::timeout(PATIENCE, state.control().engine().capabilities()).await {
        Ok(Ok(found)) => (check("engine", CheckState::Ok, found.engine.clone(), None), Some(found)),
        Ok(Err(error)) => (check("engine", CheckState::Failed, error.to_string(), Some(help)), None),
        Err(_) => {
            let detail = format!("the engine has not answered within {} seconds", PATIENCE.as_secs());
            (check("engine", CheckState::Failed, detail, Some(help)), None)
        }
    }
}

/// Whether the engine's API is new enough.
pub fn engine_api(capabilities: &Capabilities) -> Check {
    let (major, minor) = capabilities.api;
    let detail = format!("API {major}.{minor}");
    if capabilities.api_at_least(OLDEST_API.0, OLDEST_API.1) {
        return check("engine-api", CheckState::Ok, detail, None);
    }
    let help = "use Docker 20.10 or later";
    check("engine-api", CheckState::Failed, format!("{detail} is older than 1.41"), Some(help))
}

/// Whether desired state can be written.
pub async fn store(state: &ApiState) -> Check {
    match state.control().store().ping().await {
        Ok(()) => check("store", CheckState::Ok, state.settings().state_dir.display().to_string(), None),
        Err(error) => check(
            "store",
            CheckState::Failed,
            error.to_string(),
            Some("look at the disk and at the directory's permissions"),
        ),
    }
}

/// Whether the state directory's disk has room.
pub fn disk(state: &ApiState) -> Check {
    room(&state.settings().state_dir, "state")
}

/// Whether there is room for something at a directory of this host.
fn room(dir: &Path, what: &str) -> Check {
    match nix::sys::statvfs::statvfs(dir) {
        Ok(disk) => {
            let free = disk.blocks_available().saturating_mul(disk.fragment_size());
            let detail = format!("{} GiB free for {what} at {}", free >> 30, dir.display());
            let little = free < LITTLE_SPACE;
            let help = little.then_some("free some space: `docker system df` shows what images and volumes take");
            check("disk", if little { CheckState::Warning } else { CheckState::Ok }, detail, help)
        }
        Err(error) => check("disk", CheckState::Warning, format!("{what} at {}: {error}", dir.display()), None),
    }
}

/// One thing that was looked at.
pub fn check(name: &str, state: CheckState, detail: String, help: Option<&str>) -> Check {
    Check { name: name.to_owned(), state, detail, help: help.map(str::to_owned) }
}
