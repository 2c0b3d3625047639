//! The nouns of Evenkeel: what people ask for, what an engine shows, and what can be done about the difference.
//!
//! Plain data with serde. Nothing here reads a clock, a file, the environment or a socket, and nothing knows how a
//! stack is parsed, planned, stored or served.

mod action;
mod adopted;
mod application_protocol;
mod build;
mod condition;
mod connection;
mod container;
mod desired;
mod history;
mod hook;
pub mod labels;
mod ledger;
mod names;
mod network;
mod observed;
mod operation;
mod secrets;
mod sensitive;
mod service;
mod stack;
mod survey;
mod volume;

pub use action::{Action, NewContainer, NewNetwork, NewVolume, Object, Probe};
pub use adopted::Adopted;
pub use application_protocol::{ApplicationProtocol, UnknownProtocol};
pub use build::{Build, BuildSource};
pub use condition::Condition;
pub use connection::{Connection, ConnectionSource, DeclaredConnection};
pub use container::{
    Attachment, BlkioDevices, BlkioRate, BlkioWeight, ContainerSpec, Device, DeviceRequest, HealthTest, Healthcheck,
    InjectedFile, Logging, Mount, MountSource, NamespaceMode, NetworkMode, Port, Protocol, RestartPolicy, Ulimit,
    VolumesFrom,
};
pub use desired::{
    Abort, AbortOn, Aborted, BuildOptions, Desired, DownOptions, Goal, ImageTask, Intent, Order, PullOptions,
    RemoveImages, Target, UpOptions,
};
pub use history::{HistoryEntry, HistoryKind};
pub use hook::{Hook, HookMoment, HookRun, Hooks};
pub use ledger::{Attempt, Completion, Following, Forgotten, HooksRan, LastWords, Ledger, LedgerUpdate, Undone};
pub use names::{
    ContainerName, ImageId, ImageRef, InvalidName, NetworkName, ServiceName, SpecHash, StackName, VolumeName,
};
pub use network::{Ipam, IpamPool, Network};
pub use observed::{
    Capabilities, Container, ContainerState, EarlyProbe, EndedBy, Endpoint, Exit, Health, Interest, Observed,
    ObservedNetwork, ObservedVolume, Owner, PublishedPort,
};
pub use operation::{Operation, OperationId, OperationState, Verb};
pub use secrets::Secrets;
pub use sensitive::{MASK, Sensitive, is_secret_name, mask_value, url_passwords};
pub use service::{Dependency, PullPolicy, Service, Unhealthy, Wishes};
pub use stack::{Definition, DefinitionFile, Revision, Stack};
pub use survey::{Availability, PathOwner, PortInUse, SubnetInUse, Survey, SurveyRequest};
pub use volume::Volume;

/// A moment in UTC. Always an argument, never read from a clock in this crate.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
