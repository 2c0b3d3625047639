//! Resource limits and devices.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A resource limit; -1 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    /// What a process may raise it from.
    pub soft: i64,
    /// What it may raise it to.
    pub hard: i64,
}

/// A host device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Path on the host, or a CDI name.
    pub source: String,
    /// Path within the container.
    pub target: String,
    /// Of `r`, `w`, `m`.
    pub permissions: String,
}

/// Devices by capability.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceRequest {
    /// The driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// How many; -1 is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Which.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_ids: Vec<String>,
    /// Alternatives of sets of capabilities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// Driver options.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// Block IO by device: weights, and the most bytes and operations a second.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BlkioDevices {
    /// Weights, 10 to 1000.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<BlkioWeight>,
    /// Bytes read a second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub read_bps: Vec<BlkioRate>,
    /// Read operations a second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub read_iops: Vec<BlkioRate>,
    /// Bytes written a second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub write_bps: Vec<BlkioRate>,
    /// Write operations a second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub write_iops: Vec<BlkioRate>,
}

impl BlkioDevices {
    /// Whether nothing is said of any device.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A device's weight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlkioWeight {
    /// The device on the host.
    pub path: String,
    /// 10 to 1000.
    pub weight: u16,
}

/// A device's limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlkioRate {
    /// The device on the host.
    pub path: String,
    /// Bytes or operations a second.
    pub rate: i64,
}
