//! What would be done and why, and what stands against it.

use crate::Severity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A plan: what `up` would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// What would be done, in a possible order; empty where everything is as it should be.
    pub steps: Vec<PlannedStep>,
    /// What preflight found. An error among them means that nothing would be done; advice never stands in the way.
    pub findings: Vec<Finding>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedStep {
    /// The verb: `pull`, `build`, `create`, `connect`, `start`, `stop`, `remove`, …
    #[schema(example = "create")]
    pub action: String,
    /// Kind and name.
    #[schema(example = "container shop-web-1")]
    pub object: String,
    /// Why, for people.
    #[schema(example = "it does not exist")]
    pub cause: String,
    /// What must be so before, each for people; empty where it can begin at once.
    #[schema(example = json!(["db to be healthy"]))]
    pub waits_for: Vec<String>,
}

/// What preflight found about one object, or what could be better in the definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Whether it stops the plan.
    pub severity: Severity,
    /// Stable, for programs: `port-taken`.
    pub code: String,
    /// Kind and name of what it is about.
    pub object: String,
    /// The service that it concerns first; null where it concerns all.
    #[serde(default)]
    pub service: Option<String>,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    #[serde(default)]
    pub help: Option<String>,
    /// The definition's file that says so, or in which the service stands, as an absolute path; only in a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The column in characters, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}
