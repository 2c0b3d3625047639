//! What a stack and its services are doing, and why they are not yet what they should be. Derived, never stored.

mod replica;
mod stack;

pub use stack::{status, unseen};

use crate::Wait;
use evenkeel_model::{ContainerName, Exit, HookMoment, PublishedPort, ServiceName, StackName, Target, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A stack at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StackStatus {
    /// The stack.
    pub stack: StackName,
    /// What it is doing as a whole.
    pub state: StackState,
    /// Since when.
    pub since: Timestamp,
    /// When the engine was looked at, by its clock.
    pub observed_at: Timestamp,
    /// The generation in force.
    pub generation: u64,
    /// Out of our hands.
    pub held: bool,
    /// Why it is not `up`, for people; `None` where it is as it should be.
    pub reason: Option<String>,
    /// Its services.
    pub services: BTreeMap<ServiceName, ServiceStatus>,
}

impl StackStatus {
    /// How many of the services that should be up are ready, and how many there are.
    pub fn ready(&self) -> (usize, usize) {
        let wanted = || self.services.values().filter(|service| service.wanted == Some(Target::Up));
        (wanted().filter(|service| service.is_ready()).count(), wanted().count())
    }
}

/// What a stack is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StackState {
    /// Every wanted service is ready.
    Up,
    /// On its way.
    Converging,
    /// Some services are ready and some have failed, are unhealthy or restart.
    Degraded,
    /// A service has failed and none is ready.
    Failed,
    /// On its way down.
    Stopping,
    /// Nothing of it runs, as asked.
    Down,
}

/// A service at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// The service.
    pub service: ServiceName,
    /// The state of its least advanced container.
    pub state: ServiceState,
    /// Since when.
    pub since: Timestamp,
    /// What it should be; `None` where nobody asked for it.
    pub wanted: Option<Target>,
    /// How its hooks failed since the last request, as a clause that follows its name, with the moment.
    #[serde(default)]
    pub hook_failed: Option<(HookMoment, String)>,
    /// Containers of it that have no place are yet to go, or, where it is stopped, to stop.
    #[serde(default)]
    pub leaving: bool,
    /// Services depend on it, and every one of them can do without (`required: false`): its failure is nobody's.
    #[serde(default)]
    pub optional: bool,
    /// Its containers.
    pub replicas: Vec<Replica>,
    /// It stands in for the real service: what it is, and is not.
    pub stand_in: Option<String>,
}

impl ServiceStatus {
    /// Healthy; running where there is no healthcheck; completed, for a job.
    pub fn is_ready(&self) -> bool {
        matches!(self.state, ServiceState::Running | ServiceState::Healthy | ServiceState::Completed)
    }
}

/// A service's container, or the place where one should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replica {
    /// Its name.
    pub container: ContainerName,
    /// What it is doing.
    pub state: ServiceState,
    /// Since when.
    pub since: Timestamp,
    /// When it was created, where it exists.
    pub created_at: Option<Timestamp>,
    /// When its newest run began.
    pub started_at: Option<Timestamp>,
    /// Whether its present run, if there is one, is more than a lucky sample.
    pub lasts: bool,
    /// Ports that it publishes now.
    pub ports: Vec<PublishedPort>,
    /// The end of its log as it was when it failed, where it has.
    #[serde(default)]
    pub last_words: Option<String>,
}

/// The states of a service and of each of its containers.
///
/// ```text
/// Pending ─► Creating ─► Starting ─► Running (no healthcheck) ─► Stopping ─► Stopped (as asked) │ Pending │ Failed │ Restarting
///                           │  └───► Healthy ⇄ Unhealthy
///                           └──────► Completed │ Failed │ Restarting ─► Starting
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ServiceState {
    /// Not to be started yet.
    Pending {
        /// What it waits for.
        waits_for: Vec<Wait>,
    },
    /// Its container, or what that needs, is being made.
    Creating,
    /// It runs and has not been ready in this run.
    Starting,
    /// It runs and has no healthcheck.
    Running,
    /// It runs and its healthcheck passes.
    Healthy,
    /// It runs and its healthcheck fails, or it cannot be reached.
    Unhealthy {
        /// Failed probes in a row; 0 where it is not the healthcheck that says so.
        streak: u32,
        /// The end of the last probe's output, or else what is wrong, as a clause.
        output: String,
    },
    /// A job that ended well.
    Completed,
    /// It ended badly or cannot be made, and nothing more is tried without a new request or before a long back-off.
    Failed {
        /// How its last run ended, where one did.
        exit: Option<Exit>,
        /// Failures that count.
        failures: u32,
        /// When it is tried again, where it is.
        next_attempt_at: Option<Timestamp>,
        /// In words.
        reason: String,
    },
    /// It ended and will be started again.
    Restarting {
        /// When.
        next_attempt_at: Timestamp,
        /// Failures that count.
        failures: u32,
        /// How its last run ended, where that is known.
        exit: Option<Exit>,
        /// In words.
        reason: String,
    },
    /// Asked to end, or ended and not yet shown so by the engine.
    Stopping,
    /// It does not run, as asked.
    Stopped,
    /// It cannot be told.
    Unknown {
        /// Why.
        reason: String,
    },
}
