//! Listens to the engine's hints and nudges the stacks that they concern.

use crate::shared::Shared;
use evenkeel_engine::Change;
use evenkeel_model::HistoryKind;
use futures::StreamExt;
use std::sync::Arc;

/// Nudges stacks until the daemon ends.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut changes = shared.engine.changes();
    let mut lost = false;
    loop {
        let change = tokio::select! {
            biased;
            () = shared.ending.cancelled() => return,
            change = changes.next() => change,
        };
        match change {
            Some(Change::Stack(name)) => {
                if let Some(entry) = shared.entry(&name) {
                    entry.nudge.notify_one();
                }
            }
            Some(Change::Everything) => {
                if std::mem::take(&mut lost) {
                    let found = shared.journal.entry(HistoryKind::Engine, None, "the engine answers again");
                    shared.journal.tell(found).await;
                }
                shared.nudge_all();
            }
            Some(Change::Lost(why)) => {
                if !std::mem::replace(&mut lost, true) {
                    tracing::warn!(%why, "the engine does not answer");
                    let told =
                        shared.journal.entry(HistoryKind::Engine, None, format!("the engine does not answer: {why}"));
                    shared.journal.tell(told).await;
                }
                shared.nudge_all();
            }
            None => return,
        }
    }
}
