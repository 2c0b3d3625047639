//! What preflight finds: what would fail half way, told before anything is touched, and what could be better.

use evenkeel_model::ServiceName;
use serde::{Deserialize, Serialize};

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Whether it stops the request.
    pub severity: Severity,
    /// What kind.
    pub code: FindingCode,
    /// The service that it concerns first.
    pub service: Option<ServiceName>,
    /// What it is about: `port 8080/tcp`, `network shop_back`, `image app:1`.
    pub object: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

/// How bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The request is refused.
    Error,
    /// The request goes on.
    Warning,
    /// The request goes on, and only who asks is told.
    Advice,
}

/// Kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingCode {
    /// A port of the host is taken.
    PortTaken,
    /// Two services of the stack want one port of the host.
    PortTwice,
    /// A subnet overlaps one that is in use.
    SubnetOverlap,
    /// An image is absent and cannot be had.
    ImageUnavailable,
    /// A path to be bound does not exist.
    BindMissing,
    /// An external network or volume does not exist.
    ExternalMissing,
    /// A name on the engine is taken by something that is not ours.
    NameTaken,
    /// The engine's API is too old for something that the file asks for.
    EngineTooOld,
    /// A volume's definition changed; the volume is left as it is, because a replacement would lose its data.
    VolumeChanged,
    /// Several containers of one service cannot publish one port, or have one name.
    ScaleConflict,
    /// Two services of the stack want one name for their containers.
    NameTwice,
    /// A container whose namespace or mounts are to be shared is not there, and is not to be made.
    SharedMissing,
    /// More containers than a stack may have.
    TooManyContainers,
    /// Objects that Compose made become the stack's own.
    TakenOver,
    /// The stack reserves more memory than the machine has.
    MemoryShort,
    /// A memory limit is above what the machine has, and limits nothing.
    LimitAboveMachine,
    /// A path is mounted to be written to, and the service's user cannot.
    BindUnwritable,
}
