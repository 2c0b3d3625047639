//! A stack as readers see it: what should be, what is, and why they differ, all of one moment.

use crate::connections::KnownConnection;
use evenkeel_model::{Desired, OperationId};
use evenkeel_plan::StackStatus;
use std::sync::Arc;

/// The outcome of a stack's newest pass.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// What should be.
    pub desired: Arc<Desired>,
    /// What is, and why it differs.
    pub status: Arc<StackStatus>,
    /// The operation whose every action is done, so that nothing is left but to watch. Its end, where this pass has judged one, is
    /// written down by then.
    pub begun: Option<OperationId>,
    /// The connections that do not work, where the stack wants them tried again and again.
    pub broken: Vec<KnownConnection>,
    /// The API version of the engine, as it was last seen; zeros before that.
    pub engine_api: (u32, u32),
    /// Why the engine does not answer; `status` is then what was last seen.
    pub engine_lost: Option<String>,
}
