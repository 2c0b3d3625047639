//! Commands that are run inside a container around its run: `post_start` and `pre_stop`.

use crate::{ContainerName, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A service's hooks. They are no part of what a container is made from: a change of them replaces nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hooks {
    /// Run in order after each start, once for each run of a container.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_start: Vec<Hook>,
    /// Run in order before a stop.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pre_stop: Vec<Hook>,
}

impl Hooks {
    /// The hooks of one moment.
    pub fn at(&self, moment: HookMoment) -> &[Hook] {
        match moment {
            HookMoment::PostStart => &self.post_start,
            HookMoment::PreStop => &self.pre_stop,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.post_start.is_empty() && self.pre_stop.is_empty()
    }
}

/// One command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// The command and its arguments.
    pub command: Vec<String>,
    /// `user[:group]`; `None` is the container's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// With all of the host's capabilities.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub privileged: bool,
    /// Where it runs; `None` is the container's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// Variables beside the container's; one without a value is not set.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, Option<String>>,
}

/// When hooks are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookMoment {
    /// After a start.
    PostStart,
    /// Before a stop.
    PreStop,
}

impl HookMoment {
    /// The key in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PostStart => "post_start",
            Self::PreStop => "pre_stop",
        }
    }

    /// The moment of a key.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::PostStart, Self::PreStop].into_iter().find(|moment| moment.as_str() == word)
    }
}

/// All hooks of one moment, to be run one after the other; the first that fails ends them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookRun {
    /// The container.
    pub container: ContainerName,
    /// The start of the run of the container that they belong to.
    pub run: Timestamp,
    /// The moment.
    pub moment: HookMoment,
    /// What is run.
    pub hooks: Vec<Hook>,
}
