//! What can go wrong with an engine, by what the caller does next.

use evenkeel_model::Object;

/// An engine's refusal or silence. The message is the engine's own, for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The object is not there: look again.
    #[error("{object} does not exist on the engine")]
    NotFound {
        /// Which.
        object: Object,
    },
    /// Something that is not ours, or not as asked, stands in the way: a person must clear it.
    #[error("{object}: {message}")]
    Conflict {
        /// Which.
        object: Object,
        /// What stands in the way.
        message: String,
    },
    /// The engine tried, and something went wrong that may go right the next time.
    #[error("{message}")]
    Faltered {
        /// The engine's words.
        message: String,
    },
    /// The engine understood and refused for good: trying again repeats the answer until somebody changes something. Who waits is told.
    #[error("{message}")]
    Rejected {
        /// The engine's words.
        message: String,
    },
    /// The engine did not answer, or broke off: what was asked may or may not have happened. Look again, then try again.
    #[error("the container engine does not answer: {message}")]
    Unavailable {
        /// How it failed.
        message: String,
    },
}
