//! The bodies, queries and routes of the REST API, version 1: what crosses the socket, and nothing of how it is made.
//!
//! Answers may grow fields, so clients ignore what they do not know; requests refuse what they do not know. Nothing here
//! knows the model, the store or an engine. Times are RFC 3339 in UTC.

mod audit;
mod connection;
mod daemon;
mod duration;
mod engine_view;
mod event;
mod headers;
mod health;
mod log;
mod operation;
mod plan;
mod port;
mod problem;
mod query;
mod requests;
mod revision;
pub mod routes;
mod runs;
mod service;
mod session;
mod stack;
mod timeline;
mod token;

pub use audit::{AuditEntry, AuditQuery};
pub use connection::{Connection, ConnectionState, ConnectionsQuery};
pub use daemon::{Check, CheckState, Doctor, Readiness, Version};
pub use duration::{InvalidDuration, parse_duration, render_duration};
pub use engine_view::{EngineContainer, EngineImage, EnginePort, EngineProcesses, EngineUsage, EngineVolume};
pub use event::{Event, EventKind};
pub use headers::{EVENT_STREAM, IDEMPOTENCY_KEY, LAST_EVENT_ID, PROBLEM_JSON, YAML};
pub use health::{FailedConnection, Health, ServiceHealth, StackHealth};
pub use log::{LogLine, LogStream};
pub use operation::{Operation, OperationState, ServiceProgress, Step, StepState, Verb};
pub use plan::{Finding, Plan, PlannedStep};
pub use port::{Port, Protocol};
pub use problem::{Diagnostic, Problem, ProblemType, Severity};
pub use query::{HistoryQuery, LogsQuery, OperationsQuery, StacksQuery, StreamQuery, Wait};
pub use requests::{
    AbortOn, BuildRequest, DownRequest, HoldRequest, KillRequest, Killed, PauseRequest, PlanRequest, Pull, PullRequest,
    ReleaseRequest, RemoveImages, ResetRequest, RestartRequest, RmRequest, RollbackRequest, ScaleRequest, StartRequest,
    StopRequest, UnpauseRequest, UpRequest,
};
pub use revision::Revision;
pub use runs::{
    AttachRequest, CommitRequest, Committed, FilesQuery, IndexQuery, PathInfo, PathKind, RunRequest, RunResult,
};
pub use service::{Container, DesiredState, Service, ServiceState};
pub use session::{ExecRequest, ExecResult, Frame, Frames, NoFrame, SESSION};
pub use stack::{Aborted, Definition, DefinitionAccepted, DefinitionFile, StackDetail, StackState, StackSummary};
pub use timeline::{Ending, ServiceTimeline, Timeline, Waited};
pub use token::{CreateToken, Token, TokenCreated};
