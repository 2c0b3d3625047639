//! What a stack should be: its definition, and what people have asked of it since.

use crate::{ContainerName, ImageRef, PullPolicy, ServiceName, Stack, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// All that the planner needs to know of people's wishes for one stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    /// The resolved definition in force.
    pub stack: Stack,
    /// Its generation.
    pub generation: u64,
    /// What people have asked of it since.
    pub intent: Intent,
}

/// What people have asked of a stack beyond its definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Raised by each reset and by each `down` with volumes; what carries an older epoch is replaced and its volumes are wiped.
    pub epoch: u64,
    /// Where the stack should go.
    pub goal: Goal,
    /// A person works on it by hand: nothing is planned.
    pub held: bool,
    /// Each service that somebody asked for; services that are not here are left as they are.
    pub targets: BTreeMap<ServiceName, Target>,
    /// `--scale`: how many containers, where it differs from the file.
    pub scale: BTreeMap<ServiceName, u32>,
    /// Containers by name whose present run must end, with the start of that run. A
    /// `restart` writes it down, and it is met as soon as the container's start is another.
    pub stale_runs: BTreeMap<ContainerName, Timestamp>,
    /// Containers by name that must be replaced though they fit: the id of the one that is there (`--force-recreate`).
    pub stale_containers: BTreeMap<ContainerName, String>,
    /// Images to be built or pulled though they are present, by the request or the service's policy. An image leaves the
    /// set when that is done.
    #[serde(default)]
    pub refresh: BTreeSet<ImageRef>,
    /// Remove the stack's containers whose service the file no longer has.
    pub remove_orphans: bool,
    /// Leave running containers as they are though the file has changed (`--no-recreate`).
    pub no_recreate: bool,
    /// Whole seconds of grace for every container that is stopped, instead of its own (`--timeout`).
    #[serde(default)]
    pub grace_s: Option<u32>,
}

impl Intent {
    /// A stack that was defined and that nobody has brought up yet.
    pub fn defined() -> Self {
        Self {
            epoch: 1,
            goal: Goal::Down(DownOptions::default()),
            held: false,
            targets: BTreeMap::new(),
            scale: BTreeMap::new(),
            stale_runs: BTreeMap::new(),
            stale_containers: BTreeMap::new(),
            refresh: BTreeSet::new(),
            remove_orphans: false,
            no_recreate: false,
            grace_s: None,
        }
    }
}

/// Where a stack should go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// As its definition and targets say.
    Up,
    /// Gone.
    Down(DownOptions),
}

/// What a service should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Running, or completed for a job.
    Up,
    /// Its containers exist and do not run.
    Stopped,
    /// What runs of it is frozen; what does not run is left so.
    Paused,
}

/// The options of `down`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DownOptions {
    /// Remove the stack's named volumes too.
    pub volumes: bool,
    /// Remove the stack's containers of services that the file no longer has.
    pub remove_orphans: bool,
    /// Whole seconds of grace for every container, instead of its own.
    pub grace_s: Option<u32>,
}

/// The options of `up` that become part of desired state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpOptions {
    /// The services to bring up, with what they depend on; empty means all.
    pub services: Vec<ServiceName>,
    /// Without what they depend on.
    pub no_deps: bool,
    /// Containers per service.
    pub scale: BTreeMap<ServiceName, u32>,
    /// Replace containers though they fit.
    pub force_recreate: bool,
    /// Leave containers though they do not fit.
    pub no_recreate: bool,
    /// Remove containers of services that the file no longer has.
    pub remove_orphans: bool,
    /// Build images though they are there.
    pub build: bool,
    /// `--pull`: instead of every service's own policy.
    pub pull: Option<PullPolicy>,
    /// Whole seconds of grace for containers that are replaced, instead of their own.
    pub grace_s: Option<u32>,
}
