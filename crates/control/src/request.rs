//! What can be asked of the loop, and the terms on which.

use evenkeel_model::{BuildOptions, DownOptions, PullOptions, ServiceName, UpOptions, Verb};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// A request that changes what a stack should be. Every request is idempotent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Bring up.
    Up(UpOptions),
    /// Make the containers that are missing or do not fit, and start none.
    Create(UpOptions),
    /// Take down.
    Down(DownOptions),
    /// Remove the containers of services that do not run.
    Rm {
        /// Which; empty means all.
        services: Vec<ServiceName>,
        /// Those that run too: they are stopped first.
        stop: bool,
        /// With their anonymous volumes.
        volumes: bool,
    },
    /// Have images brought from registries, and nothing else.
    Pull(PullOptions),
    /// Have images built, and nothing else.
    Build(BuildOptions),
    /// End the present runs of these services, or of all, and start new ones.
    Restart {
        /// Which; empty means all.
        services: Vec<ServiceName>,
        /// Without those that depend on them with `restart: true`.
        no_deps: bool,
        /// Whole seconds of grace, instead of each container's own.
        grace_s: Option<u32>,
    },
    /// Stop these services, or all.
    Stop {
        /// Which; empty means all.
        services: Vec<ServiceName>,
        /// Whole seconds of grace, instead of each container's own.
        grace_s: Option<u32>,
    },
    /// Start these stopped services with what they depend on, or all.
    Start {
        /// Which; empty means all.
        services: Vec<ServiceName>,
    },
    /// Freeze what runs of these services, or of all, until they are unpaused, started or brought up.
    Pause {
        /// Which; empty means all.
        services: Vec<ServiceName>,
    },
    /// Let these paused services, or all, go on.
    Unpause {
        /// Which; empty means all.
        services: Vec<ServiceName>,
    },
    /// Change the number of containers.
    Scale {
        /// How many, by service.
        scale: BTreeMap<ServiceName, u32>,
        /// Without what they depend on.
        no_deps: bool,
    },
    /// Replace every container and wipe every volume of the stack.
    Reset,
    /// Go back to an earlier revision, as a new one.
    Rollback {
        /// Its generation; `None` is the one before.
        to: Option<u64>,
    },
}

impl Request {
    /// The grace that it asks for, for every container that it stops.
    pub(crate) fn grace_s(&self) -> Option<u32> {
        match self {
            Self::Up(options) | Self::Create(options) => options.grace_s,
            Self::Restart { grace_s, .. } | Self::Stop { grace_s, .. } => *grace_s,
            // `down` carries its own, because it is part of the goal.
            Self::Down(_)
            | Self::Rm { .. }
            | Self::Pull(_)
            | Self::Build(_)
            | Self::Start { .. }
            | Self::Pause { .. }
            | Self::Unpause { .. }
            | Self::Scale { .. }
            | Self::Reset
            | Self::Rollback { .. } => None,
        }
    }

    /// Whether it is about images alone, so that neither goal nor definition of the stack change by it.
    pub(crate) fn is_about_images(&self) -> bool {
        matches!(self, Self::Pull(_) | Self::Build(_))
    }

    /// The word for it.
    pub fn verb(&self) -> Verb {
        match self {
            Self::Up(_) => Verb::Up,
            Self::Create(_) => Verb::Create,
            Self::Down(_) => Verb::Down,
            Self::Rm { .. } => Verb::Rm,
            Self::Pull(_) => Verb::Pull,
            Self::Build(_) => Verb::Build,
            Self::Restart { .. } => Verb::Restart,
            Self::Stop { .. } => Verb::Stop,
            Self::Start { .. } => Verb::Start,
            Self::Pause { .. } => Verb::Pause,
            Self::Unpause { .. } => Verb::Unpause,
            Self::Scale { .. } => Verb::Scale,
            Self::Reset => Verb::Reset,
            Self::Rollback { .. } => Verb::Rollback,
        }
    }
}

/// The terms of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// `Idempotency-Key`: the same request under the same key answers with the first one's operation.
    pub idempotency_key: Option<String>,
    /// `If-Match`: the generation that the client has seen.
    pub if_match: Option<u64>,
    /// How long the operation may run before it has failed; `None` is the default of ten minutes.
    pub deadline: Option<Duration>,
}
