//! What a stack should be: its definition, and what people have asked of it since.

use crate::{Adopted, Build, ContainerName, ImageRef, PullPolicy, ServiceName, Stack, Timestamp, VolumeName};
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
    /// The numbers of a service's containers, where they are not 1 to its scale: what a change of the scale found and left.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<ServiceName, BTreeSet<u32>>,
    /// Containers by name whose present run must end, with the start of that run. A
    /// `restart` writes it down, and it is met as soon as the container's start is another.
    pub stale_runs: BTreeMap<ContainerName, Timestamp>,
    /// Containers by name that must be replaced though they fit: the id of the one that is there (`--force-recreate`).
    pub stale_containers: BTreeMap<ContainerName, String>,
    /// Containers by name that go on though a dependency with `restart: true` has begun anew, with the start of their run
    /// (`--no-deps`, and services that nobody named).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub excused_runs: BTreeMap<ContainerName, Timestamp>,
    /// Services that the definition does not have and whose containers are to go: those of another file under the same name.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unwanted: BTreeSet<ServiceName>,
    /// Volumes whose definition changed and that are to be made anew, though that loses what they hold (`--yes`).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stale_volumes: BTreeSet<VolumeName>,
    /// Containers that are replaced begin with new anonymous volumes (`--renew-anon-volumes`).
    #[serde(default)]
    pub renew_anonymous: bool,
    /// Images to be built or pulled though they are present, by the request or the service's policy. An image leaves the
    /// set when that is done.
    #[serde(default)]
    pub refresh: BTreeSet<ImageRef>,
    /// What somebody asked for an image in particular (`pull`, `build`, `down --rmi`), whatever the goal is. Each leaves the map
    /// when it is done, and stays with its reason where it failed; the next request clears them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub orders: BTreeMap<ImageRef, Order>,
    /// Remove the stack's containers whose service the file no longer has.
    pub remove_orphans: bool,
    /// Leave running containers as they are though the file has changed (`--no-recreate`).
    pub no_recreate: bool,
    /// Whole seconds of grace for every container that is stopped, instead of its own (`--timeout`).
    #[serde(default)]
    pub grace_s: Option<u32>,
    /// What was taken over from Compose.
    #[serde(default, skip_serializing_if = "Adopted::is_empty")]
    pub adopted: Adopted,
    /// The stack was brought up for one run, which ends with the first of its containers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort: Option<Abort>,
}

/// A run that ends with the first of its containers: the rest is stopped then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abort {
    /// The services whose containers count, and are stopped; empty means all.
    pub services: BTreeSet<ServiceName>,
    /// Only an end with another exit code than 0 counts.
    pub only_failures: bool,
    /// What has ended it.
    pub by: Option<Aborted>,
}

impl Abort {
    /// Whether a service's containers count, and are stopped.
    pub fn concerns(&self, service: &ServiceName) -> bool {
        self.services.is_empty() || self.services.contains(service)
    }
}

/// The container that ended a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aborted {
    /// Its service.
    pub service: ServiceName,
    /// Its name.
    pub container: ContainerName,
    /// Its exit code.
    pub code: i64,
    /// When it ended.
    pub at: Timestamp,
}

/// Which end of a container ends the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbortOn {
    /// Any.
    Exit,
    /// One with another exit code than 0.
    Failure,
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
            numbers: BTreeMap::new(),
            stale_runs: BTreeMap::new(),
            stale_containers: BTreeMap::new(),
            excused_runs: BTreeMap::new(),
            unwanted: BTreeSet::new(),
            stale_volumes: BTreeSet::new(),
            renew_anonymous: false,
            refresh: BTreeSet::new(),
            orders: BTreeMap::new(),
            remove_orphans: false,
            no_recreate: false,
            grace_s: None,
            adopted: Adopted::default(),
            abort: None,
        }
    }
}

/// What somebody asked for one image. It carries all that it needs, so that the definition in force plays no part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What to do.
    pub task: ImageTask,
    /// The service in whose name it was asked.
    pub service: ServiceName,
    /// Other orders that come first: an image that is built from theirs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<ImageRef>,
    /// A failure does not fail the operation (`--ignore-pull-failures`).
    #[serde(default)]
    pub optional: bool,
    /// Why it failed; it is not tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// What can be asked for an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageTask {
    /// Ask a registry.
    Pull {
        /// `os/arch`.
        platform: Option<String>,
    },
    /// Build it.
    Build(Box<Build>),
    /// Remove it, once no container of the stack uses it.
    Remove,
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
    /// Its containers exist; what does not run is not started.
    Created,
    /// It has no containers.
    Removed {
        /// Their anonymous volumes go with them.
        volumes: bool,
    },
}

impl Target {
    /// Whether its containers are made where they are missing.
    pub fn is_made(self) -> bool {
        matches!(self, Self::Up | Self::Created)
    }
}

/// The options of `down`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DownOptions {
    /// Only these services, and those that depend on them; empty means the whole stack.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceName>,
    /// The services of the files that were given, where they may be others than those of the definition in force: what only the
    /// definition has stays, and what only the files have goes as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_files: Option<BTreeSet<ServiceName>>,
    /// Remove the stack's named volumes too.
    pub volumes: bool,
    /// Remove the stack's containers of services that the file no longer has.
    pub remove_orphans: bool,
    /// Whole seconds of grace for every container, instead of its own.
    pub grace_s: Option<u32>,
    /// Which images of the services to remove too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<RemoveImages>,
}

/// `down --rmi`: which images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemoveImages {
    /// Those of every service.
    All,
    /// Those that were built under a name that no file gives them.
    Local,
}

/// The options of `up` that become part of desired state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpOptions {
    /// The services to bring up, with what they depend on; empty means all.
    pub services: Vec<ServiceName>,
    /// Make the containers and do not start them.
    pub no_start: bool,
    /// Replace what the named services depend on too, where containers are replaced by force.
    pub always_recreate_deps: bool,
    /// Give replaced containers new anonymous volumes.
    pub renew_anonymous: bool,
    /// Make volumes anew whose definition changed, though that loses what they hold.
    pub replace_volumes: bool,
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
    /// Build nothing: what is missing and would be built refuses the request.
    pub no_build: bool,
    /// It is for one run, which ends when a container does: what has ended is begun again now, and never after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort_on: Option<AbortOn>,
}

/// The options of `pull`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PullOptions {
    /// The services; empty means all.
    pub services: Vec<ServiceName>,
    /// What they depend on too.
    pub include_deps: bool,
    /// Instead of every service's own policy.
    pub policy: Option<PullPolicy>,
    /// Leave out images that can be built.
    pub ignore_buildable: bool,
    /// An image that cannot be had does not fail the request.
    pub ignore_failures: bool,
}

/// The options of `build`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BuildOptions {
    /// The services; empty means all.
    pub services: Vec<ServiceName>,
    /// What they depend on too.
    pub with_dependencies: bool,
    /// Without the cache.
    pub no_cache: bool,
    /// Ask a registry for newer base images.
    pub pull: bool,
    /// Further build arguments, which win over the file's.
    pub args: BTreeMap<String, Option<String>>,
    /// Memory for the build's containers, in bytes.
    pub memory_bytes: Option<i64>,
}
