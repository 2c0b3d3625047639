//! The one place that reads the time.

use evenkeel_model::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Where the loop gets the time from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[expect(clippy::disallowed_methods, reason = "every other place asks a Clock, so that time can be an argument")]
    pub fn wall() -> Self {
        Self(Arc::new(chrono::Utc::now))
    }

    /// A clock of the caller's, such as a simulated engine's.
    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// How long it is until a moment; nothing if that is over.
    pub(crate) fn until(&self, at: Timestamp) -> Duration {
        (at - self.now()).to_std().unwrap_or_default()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
