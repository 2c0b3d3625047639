//! The planner: what should be, what is, what happened before and the time in; steps and status out.
//!
//! Pure. Nothing here is async, reads a clock, logs, draws a random number or touches a file, so every decision of
//! Evenkeel can be replayed from its arguments. Text for people is made in [`render`] alone.

mod abort;
mod account;
mod attempt;
mod cause;
mod connections;
mod containers;
mod depends;
mod down;
mod finding;
mod hash;
mod hooks;
mod images;
mod interest;
mod networks;
mod one_off;
mod orphans;
mod preflight;
mod readiness;
pub mod render;
mod slots;
mod status;
mod step;
mod timeline;
mod unhealthy;
mod up;
mod urgency;
mod verdict;
mod view;
mod volumes;
mod wait;

pub use abort::aborted;
pub use account::{Ended, account, failed, failed_runs, unheard};
pub use cause::Cause;
pub use connections::{MountedTexts, connections, credentials, sign_in};
pub use depends::{CycleError, order, with_dependencies};
pub use finding::{Finding, FindingCode, Severity};
pub use hash::{network_hash, service_hash, volume_differs, volume_hash};
pub use interest::interest;
pub use one_off::{OneOff, Prepared, one_off, preparation, prepared};
pub use preflight::{overlap, preflight, survey_request};
pub use slots::{numbers, slots};
pub use status::{Replica, ServiceState, ServiceStatus, StackState, StackStatus, status, unseen};
pub use step::{Plan, Step};
pub use timeline::{Ending, ServiceTimeline, Timeline, Waited, pace, timeline};
pub use urgency::{Pace, by_urgency};
pub use verdict::{Verdict, verdict, verdict_of_orders};
pub use view::is_made_from;
pub use wait::{Never, Wait};

use evenkeel_model::{Desired, Goal, Ledger, Observed, Timestamp};

/// All that a decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// What should be.
    pub desired: &'a Desired,
    /// What is.
    pub observed: &'a Observed,
    /// What happened before.
    pub ledger: &'a Ledger,
    /// The time.
    pub now: Timestamp,
}

/// What to do about the difference between desired and observed: the whole way there, of which the steps that wait for
/// nothing are to be taken now.
pub fn plan(input: Input<'_>) -> Plan {
    if input.desired.intent.held {
        return Plan::default();
    }
    let plan = match &input.desired.intent.goal {
        Goal::Up => up::plan(input),
        Goal::Down(options) => down::plan(input, options),
    };
    plan.held_back(input.ledger, input.now).in_order()
}
