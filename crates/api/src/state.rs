//! What every handler can reach: the loop, the settings, the metrics, and the sign that the daemon ends.

use crate::health_document::HealthCache;
use crate::metrics::Metrics;
use crate::problem::{Answer, Problem, not_found};
use evenkeel_control::{Clock, Control, View};
use evenkeel_model::{StackName, Timestamp};
use evenkeel_wire::ProblemType;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// What can be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The largest body that is read, in bytes.
    pub body_limit_bytes: usize,
    /// The daemon's state directory: the home of definitions that come without a directory of their own.
    pub state_dir: PathBuf,
    /// How many services a stack may have.
    pub most_services: usize,
    /// How many streams may be open at once.
    pub most_streams: usize,
    /// How long an operation may run unless its request says more.
    pub operation_deadline: Duration,
    /// Names beside `localhost` and addresses under which the daemon is reached over TCP.
    pub allowed_hosts: Vec<String>,
    /// How long requests may take to end once the daemon ends.
    pub shutdown_grace: Duration,
    /// Where the time comes from: the same clock as the loop's.
    pub clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_limit_bytes: 8 << 20,
            state_dir: PathBuf::from("/var/lib/evenkeel"),
            most_services: 500,
            most_streams: 256,
            operation_deadline: Duration::from_secs(600),
            allowed_hosts: Vec::new(),
            shutdown_grace: Duration::from_secs(5),
            clock: Clock::wall(),
        }
    }
}

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub struct ApiState(Arc<Inner>);

struct Inner {
    control: Control,
    settings: Settings,
    metrics: Metrics,
    health: HealthCache,
    streams: Arc<Semaphore>,
    shutdown: CancellationToken,
}

impl ApiState {
    /// The state for a loop. Streams and waits end when `shutdown` is cancelled.
    pub fn new(control: Control, settings: Settings, shutdown: CancellationToken) -> Self {
        let metrics = Metrics::new(control.clone());
        let streams = Arc::new(Semaphore::new(settings.most_streams));
        Self(Arc::new(Inner { control, settings, metrics, health: HealthCache::default(), streams, shutdown }))
    }

    /// The loop.
    pub fn control(&self) -> &Control {
        &self.0.control
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The health document as it was last written.
    pub(crate) fn health(&self) -> &HealthCache {
        &self.0.health
    }

    /// Room for one more stream, held while it lives; 429 where there is none.
    pub(crate) fn stream_permit(&self) -> Answer<OwnedSemaphorePermit> {
        self.0.streams.clone().try_acquire_owned().map_err(|_| {
            Problem::new(
                ProblemType::TooManyRequests,
                format!("{} streams are open already", self.0.settings.most_streams),
            )
            .with_help("close streams that nobody reads, or raise `limits.streams` in the daemon's configuration")
        })
    }

    /// Cancelled when the daemon ends.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.0.shutdown
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.0.settings.clock.now()
    }

    /// A stack by the name in a path, or 404 naming those which exist.
    pub(crate) fn view(&self, stack: &StackName) -> Answer<Arc<View>> {
        self.0.control.view(stack).ok_or_else(|| {
            let names = self.0.control.names();
            not_found("stack", stack.as_str(), names.iter().map(StackName::as_str))
        })
    }

    /// 503 where the engine does not answer.
    pub(crate) fn engine_unavailable(error: &evenkeel_engine::Error) -> Problem {
        Problem::new(ProblemType::EngineUnavailable, error.to_string())
            .with_help("`evenkeel doctor` says what is wrong with the engine")
    }
}
