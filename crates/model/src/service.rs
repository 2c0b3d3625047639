//! A service: what its containers are made from, how many there are, and what they wait for.

use crate::{Build, Condition, ContainerName, ContainerSpec, DeclaredConnection, Hooks, ServiceName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One service of a stack. Only `container` decides whether an existing container still fits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// What a container is made from.
    pub container: ContainerSpec,
    /// How its image is built, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<Build>,
    /// When to ask a registry for the image.
    #[serde(default)]
    pub pull_policy: PullPolicy,
    /// Whether the file gives a policy at all: `pull` asks a registry where it does not.
    #[serde(default)]
    pub pull_policy_given: bool,
    /// What `docker compose config --hash` prints for it, for Compose's label; empty where the loader of an older version has read it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub config_hash: String,
    /// How many containers.
    pub scale: u32,
    /// A fixed name for the only container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_name: Option<ContainerName>,
    /// What must be so before a container starts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub depends_on: BTreeMap<ServiceName, Dependency>,
    /// Commands that are run inside after a start and before a stop.
    #[serde(default, skip_serializing_if = "Hooks::is_empty")]
    pub hooks: Hooks,
    /// `x-evenkeel` of the service.
    #[serde(default)]
    pub wishes: Wishes,
}

impl Eq for Service {}

/// An entry of `depends_on`, or a dependency that follows from a link or a shared namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// What must hold.
    pub condition: Condition,
    /// Whether a failing dependency stops the dependant.
    pub required: bool,
    /// Whether a new run of the dependency restarts the dependant.
    pub restart: bool,
}

/// `pull_policy`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullPolicy {
    /// Only where the engine does not have it; for services with `build`, build instead.
    #[default]
    Missing,
    /// At every `up`.
    Always,
    /// Never: it must be there.
    Never,
    /// Build at every `up`.
    Build,
}

/// What a stack's owner wants from Evenkeel in particular, under a service's `x-evenkeel`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// This container stands in for the real service: what it is, and is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stand_in: Option<String>,
    /// The services that this one talks to, where it cannot be read from its definition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<DeclaredConnection>,
    /// What becomes of a container whose healthcheck fails.
    #[serde(skip_serializing_if = "Unhealthy::is_default")]
    pub unhealthy: Unhealthy,
}

/// What becomes of a container that runs and whose healthcheck has failed as often as its retries allow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unhealthy {
    /// It is ended and started again, with back-off, as after a crash.
    #[default]
    Restart,
    /// It is told, and left alone.
    Ignore,
}

impl Unhealthy {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
