//! A stack's named volumes.

use crate::VolumeName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A named volume that a stack uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// The key in the file.
    pub key: String,
    /// The name on the engine: `<project>_<key>`, or the file's `name`.
    pub name: VolumeName,
    /// It belongs to somebody else and must exist already.
    #[serde(default)]
    pub external: bool,
    /// The driver; the engine's default is `local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Options for the driver.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub driver_opts: BTreeMap<String, String>,
    /// The file's labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Volume {
    /// A volume of the stack's own in which everything is as the engine has it.
    pub fn new(key: impl Into<String>, name: impl Into<VolumeName>) -> Self {
        Self {
            key: key.into(),
            name: name.into(),
            external: false,
            driver: None,
            driver_opts: BTreeMap::new(),
            labels: BTreeMap::new(),
        }
    }
}
