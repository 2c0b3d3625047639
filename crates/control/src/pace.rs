//! How long a stack's services took to be ready when they were last started: read from the history when steps are to be put in order, and
//! again after an operation.

use crate::entry::Entry;
use crate::shared::Shared;
use evenkeel_model::Stack;
use evenkeel_plan::Pace;
use evenkeel_store::HistoryFilter;
use std::sync::Arc;

/// The newest entries of a stack that are read: several starts of a large one.
const ENTRIES: u32 = 1_000;

/// Without a history nothing is known, and the order follows from the dependencies alone.
pub(crate) async fn pace(shared: &Shared, entry: &Entry, stack: &Stack) -> Arc<Pace> {
    if let Some(known) = entry.pace() {
        return known;
    }
    let filter = HistoryFilter { stack: Some(entry.name.clone()), limit: ENTRIES, ..HistoryFilter::default() };
    let pace = match shared.store.history(&filter).await {
        Ok(mut history) => {
            history.reverse();
            evenkeel_plan::pace(stack, &history)
        }
        Err(error) => {
            tracing::debug!(stack = %entry.name, %error, "the history could not be read; steps go in the order of the plan");
            Pace::default()
        }
    };
    entry.learn(pace)
}
