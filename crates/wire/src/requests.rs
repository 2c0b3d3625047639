//! What can be asked of a stack. An empty body is the request with everything as it stands in the defaults.

use crate::Definition;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Bring up: the desired state is the definition in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UpRequest {
    /// The definition to bring up, accepted together with the request or not at all; left out, the one in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<Box<Definition>>,
    /// The services, with what they depend on; empty means all.
    pub services: Vec<String>,
    /// Without what they depend on.
    pub no_deps: bool,
    /// Containers per service, where it should differ from the file.
    pub scale: BTreeMap<String, u32>,
    /// Replace containers though they fit.
    pub force_recreate: bool,
    /// Leave containers though they do not fit.
    pub no_recreate: bool,
    /// Remove containers of services that the file no longer has.
    pub remove_orphans: bool,
    /// Build images though they are there.
    pub build: bool,
    /// Build nothing: an image that is missing and would be built refuses the request.
    pub no_build: bool,
    /// Make the containers and do not start them.
    pub no_start: bool,
    /// Replace what the named services depend on too, though it fits.
    pub always_recreate_deps: bool,
    /// Give replaced containers new anonymous volumes, instead of those that they had.
    pub renew_anon_volumes: bool,
    /// Make volumes anew whose definition changed. What they hold is lost.
    pub replace_volumes: bool,
    /// When to ask a registry, instead of what the file says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull: Option<Pull>,
    /// Whole seconds between the stop signal and SIGKILL for containers that are replaced, instead of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u32>,
    /// It is for one run: when a container of the named services, or of any, has ended, they are all stopped, and none is started
    /// again. What has ended before is begun anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort_on: Option<AbortOn>,
}

/// Which end of a container ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AbortOn {
    /// Any, but the success of a job that others wait for.
    Exit,
    /// One with another exit code than 0.
    Failure,
}

/// When to ask a registry for images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pull {
    /// At this `up`, though they are there.
    Always,
    /// Only where the engine does not have them.
    Missing,
    /// Never.
    Never,
}

/// Take down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DownRequest {
    /// Remove the stack's named volumes and what they hold too.
    pub volumes: bool,
    /// Remove containers of services that the file no longer has.
    pub remove_orphans: bool,
    /// Whole seconds between the stop signal and SIGKILL, instead of the containers' own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u32>,
    /// Only these services and those that depend on them; empty means the whole stack.
    pub services: Vec<String>,
    /// The services of the client's files. What only the definition in force has stays, and what only the files have goes as
    /// well; left out, the definition in force is taken down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_files: Option<Vec<String>>,
    /// Which images of the services to remove too. One that something else uses stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rmi: Option<RemoveImages>,
}

/// Which images go with a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RemoveImages {
    /// Those of every service.
    All,
    /// Those that were built under a name that no file gives them.
    Local,
}

/// Remove the containers of services that do not run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RmRequest {
    /// The services; empty means all.
    pub services: Vec<String>,
    /// Those that run too: they are stopped first.
    pub stop: bool,
    /// With their anonymous volumes.
    pub volumes: bool,
}

/// Have images brought from registries, and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PullRequest {
    /// The definition whose images are meant; left out, the one in force. It does not take that one's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<Box<Definition>>,
    /// The services; empty means all.
    pub services: Vec<String>,
    /// What they depend on too.
    pub include_deps: bool,
    /// Instead of every service's own policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Pull>,
    /// Leave out images that can be built.
    pub ignore_buildable: bool,
    /// An image that cannot be had does not fail the operation.
    pub ignore_failures: bool,
}

/// Have images built, and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BuildRequest {
    /// The definition whose images are meant; left out, the one in force. It does not take that one's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<Box<Definition>>,
    /// The services; empty means all that have a `build`.
    pub services: Vec<String>,
    /// What they depend on too.
    pub with_dependencies: bool,
    /// Without the cache.
    pub no_cache: bool,
    /// Ask a registry for newer base images.
    pub pull: bool,
    /// Further build arguments, which win over the file's; null leaves the Dockerfile's default.
    pub args: BTreeMap<String, Option<String>>,
    /// Memory for the build's containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<i64>,
}

/// End the present runs and start new ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RestartRequest {
    /// The services; empty means all.
    pub services: Vec<String>,
    /// Without those that depend on them with `restart: true`.
    pub no_deps: bool,
    /// Whole seconds between the stop signal and SIGKILL, instead of the containers' own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u32>,
}

/// Stop containers and keep them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StopRequest {
    /// The services; empty means all.
    pub services: Vec<String>,
    /// Whole seconds between the stop signal and SIGKILL, instead of the containers' own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u32>,
}

/// Start stopped containers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StartRequest {
    /// The services; empty means all.
    pub services: Vec<String>,
}

/// Freeze what runs, until it is unpaused, started or brought up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PauseRequest {
    /// The services; empty means all.
    pub services: Vec<String>,
}

/// Let paused services go on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UnpauseRequest {
    /// The services; empty means all.
    pub services: Vec<String>,
}

/// Send a signal to what runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KillRequest {
    /// The services; empty means all.
    pub services: Vec<String>,
    /// `SIGHUP`, `HUP` or its number; left out, `SIGKILL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
}

/// What was sent a signal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Killed {
    /// The containers.
    pub containers: Vec<String>,
}

/// Change the number of containers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScaleRequest {
    /// Containers per service.
    pub scale: BTreeMap<String, u32>,
    /// Without what they depend on.
    pub no_deps: bool,
}

/// Back to a clean environment: containers replaced, volumes wiped, jobs run again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResetRequest {
    /// The services; empty means all.
    pub services: Vec<String>,
}

/// Back to an earlier definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RollbackRequest {
    /// The generation; left out, the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
}

/// Hands off: a person works on the stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HoldRequest {
    /// Why, for the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Heal again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReleaseRequest {}

/// What would `up` do with this definition?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlanRequest {
    /// The definition; left out, the one in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<crate::Definition>,
    /// The options of `up`.
    pub up: UpRequest,
}
