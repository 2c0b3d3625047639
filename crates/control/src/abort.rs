//! A stack that was brought up for one run: when the first of its containers has ended, what came up with it is to stop.

use crate::entry::Entry;
use crate::shared::Shared;
use evenkeel_model::{Aborted, Desired, Forgotten, HistoryEntry, HistoryKind, Intent, Target};
use evenkeel_store::{Change, Committed};
use std::sync::Arc;

/// Writes down that it has ended, and stops the rest by that. `false` where it cannot be written now.
pub(crate) async fn abort(shared: &Arc<Shared>, entry: &Entry, by: Aborted) -> bool {
    let _turn = entry.requests.lock().await;
    let desired = (*entry.state().desired).clone();
    let Some(abort) = desired.intent.abort.as_ref().filter(|abort| abort.by.is_none()) else { return true };
    let message = format!("container {} ended with exit code {}: the rest is stopped, as asked", by.container, by.code);
    let mut intent: Intent = desired.intent.clone();
    for (service, target) in &mut intent.targets {
        if *target == Target::Up && abort.concerns(service) {
            *target = Target::Stopped;
        }
    }
    let told = shared.journal.entry(HistoryKind::ContainerEnded, Some(&entry.name), message);
    let history = vec![HistoryEntry { service: Some(by.service.clone()), ..told }];
    intent.abort = intent.abort.map(|abort| evenkeel_model::Abort { by: Some(by), ..abort });
    let change = Change {
        stack: entry.name.clone(),
        expect_generation: None,
        new_revision: None,
        intent: intent.clone(),
        operation: None,
        forget: Forgotten::default(),
        history,
        idempotency: None,
        at: shared.clock.now(),
    };
    match shared.store.commit(change).await {
        Ok(Committed::Done { history, .. }) => {
            entry.set_desired(Desired { intent, ..desired });
            shared.journal.publish(history);
            true
        }
        Ok(Committed::Replayed(_)) => true,
        Err(error) => {
            tracing::error!(stack = %entry.name, %error, "the end of a run could not be written down");
            false
        }
    }
}
