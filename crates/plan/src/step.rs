//! A plan and its steps.

use crate::{Cause, Wait};
use evenkeel_model::{Action, Timestamp};
use serde::{Deserialize, Serialize};

/// The way from what is to what should be. Empty when they agree.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The steps, an order in which they could be taken one by one.
    pub steps: Vec<Step>,
    /// When to plan again though nothing has changed: the end of a back-off, the next early probe.
    pub again_at: Option<Timestamp>,
}

impl Plan {
    /// The steps that wait for nothing.
    pub fn ready(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.waits_for.is_empty())
    }

    /// Adds a step, and remembers when its waits for a time will be over.
    pub(crate) fn push(&mut self, step: Step) {
        for wait in &step.waits_for {
            if let Wait::Until { at, .. } = wait {
                self.look_again(*at);
            }
        }
        self.steps.push(step);
    }

    /// Asks for another look at a time, or earlier.
    pub(crate) fn look_again(&mut self, at: Timestamp) {
        self.again_at = Some(self.again_at.map_or(at, |other| other.min(at)));
    }
}

/// One action, why it is needed, and what must be so before it may begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What to do.
    pub action: Action,
    /// Why.
    pub cause: Cause,
    /// What it waits for; only what is not so yet.
    pub waits_for: Vec<Wait>,
}
