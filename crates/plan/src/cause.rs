//! Why a step is in the plan. Values, not text: `render` turns them into words.

use evenkeel_model::{ContainerName, Exit, HookMoment, NetworkName, ServiceName, VolumeName};
use serde::{Deserialize, Serialize};

/// Why a step is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// The file asks for it and it is not there.
    Missing,
    /// It is not there, after something went wrong with it.
    Again {
        /// What went wrong.
        reason: String,
    },
    /// A service needs it.
    NeededBy {
        /// Which.
        service: ServiceName,
    },
    /// The image must be built or fetched at every `up`, by the service's policy or the request.
    AlwaysFresh,
    /// The container was made and has not run.
    NotStarted,
    /// Its making broke off, and it may lack files.
    HalfMade,
    /// It ended though it should run.
    Ended {
        /// How.
        exit: Exit,
    },
    /// It runs, and its healthcheck fails.
    Unhealthy {
        /// How, as a clause that follows `it`.
        reason: String,
    },
    /// What it was made from differs from the file now.
    SpecChanged,
    /// The image behind its reference is another one now.
    ImageChanged,
    /// The stack was reset after it was made.
    Reset {
        /// Its epoch.
        from: u64,
        /// The stack's epoch.
        to: u64,
    },
    /// Somebody asked for its replacement.
    RecreateAsked,
    /// Somebody asked for its restart.
    RestartAsked,
    /// A dependency with `restart: true` has begun a new run.
    DependencyRestarted {
        /// Which.
        dependency: ServiceName,
    },
    /// A container whose namespace or mounts it shares was replaced.
    ParentReplaced {
        /// Which.
        parent: ContainerName,
    },
    /// It is not attached to a network that the file asks for.
    NetworkLost {
        /// Which.
        network: NetworkName,
    },
    /// It is attached to a network, but not under a name that the file gives it there.
    AliasLost {
        /// Which network.
        network: NetworkName,
        /// Which name.
        alias: String,
    },
    /// A network that it uses is replaced.
    NetworkReplaced {
        /// Which.
        network: NetworkName,
    },
    /// A volume that it uses is replaced.
    VolumeReplaced {
        /// Which.
        volume: VolumeName,
    },
    /// There are more containers than the scale says.
    ScaledDown {
        /// How many there should be.
        to: u32,
    },
    /// The file no longer has its service.
    Orphan,
    /// The file has commands for this moment.
    Hooks {
        /// Which moment.
        moment: HookMoment,
    },
    /// Somebody asked for the service to stop.
    StopAsked,
    /// Somebody asked for its removal.
    RemoveAsked,
    /// Somebody asked for the image.
    ImageAsked,
    /// Somebody asked for the service to be paused.
    PauseAsked,
    /// The stack goes down.
    Down,
    /// It is frozen and should run.
    Paused,
    /// The engine failed to remove it.
    Dead,
    /// It is starting, and its own healthcheck may already pass; or it has none, and rests already.
    Starting,
}
