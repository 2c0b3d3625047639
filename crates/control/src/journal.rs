//! The journal: what happened goes to the store in batches and from there, numbered, to everybody who listens.

use crate::clock::Clock;
use evenkeel_model::{HistoryEntry, HistoryKind, OperationId, ServiceName, StackName};
use evenkeel_store::Store;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc};

/// Entries that may wait to be written. A writer that gets so far behind holds up the passes, so nothing is lost.
const QUEUE: usize = 4_096;
/// Entries that a listener may be behind before it must read from the store instead.
const BACKLOG: usize = 4_096;
/// Entries written in one transaction.
const BATCH: usize = 256;

/// The writing end. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Journal {
    clock: Clock,
    queue: mpsc::Sender<HistoryEntry>,
    listeners: broadcast::Sender<Arc<HistoryEntry>>,
}

impl Journal {
    /// A journal and the task that writes it, which ends when the last clone is gone.
    pub fn open(store: Arc<Store>, clock: Clock) -> (Self, impl Future<Output = ()>) {
        let (queue, entries) = mpsc::channel(QUEUE);
        let (listeners, _) = broadcast::channel(BACKLOG);
        let journal = Self { clock, queue, listeners: listeners.clone() };
        (journal, write(store, entries, listeners))
    }

    /// Everything from now on.
    pub fn listen(&self) -> broadcast::Receiver<Arc<HistoryEntry>> {
        self.listeners.subscribe()
    }

    /// An entry of this moment, to be completed and told.
    pub fn entry(&self, kind: HistoryKind, stack: Option<&StackName>, message: impl Into<String>) -> HistoryEntry {
        HistoryEntry {
            id: 0,
            at: self.clock.now(),
            stack: stack.cloned(),
            service: None,
            operation: None,
            kind,
            object: None,
            message: message.into(),
            cause: None,
            took_ms: None,
            waits_for: Vec::new(),
        }
    }

    /// Writes an entry down and tells everybody.
    pub async fn tell(&self, entry: HistoryEntry) {
        // The writer only ends with the daemon.
        let _ = self.queue.send(entry).await;
    }

    /// Tells how far a step is, without writing it down. Never waits.
    pub fn progress(
        &self,
        stack: &StackName,
        service: Option<&ServiceName>,
        operation: Option<&OperationId>,
        object: String,
        line: String,
    ) {
        let entry = HistoryEntry {
            service: service.cloned(),
            operation: operation.cloned(),
            object: Some(object),
            ..self.entry(HistoryKind::Progress, Some(stack), line)
        };
        let _ = self.listeners.send(Arc::new(entry));
    }

    /// Tells entries that are stored already.
    pub fn publish(&self, stored: Vec<HistoryEntry>) {
        for entry in stored {
            let _ = self.listeners.send(Arc::new(entry));
        }
    }
}

async fn write(
    store: Arc<Store>,
    mut entries: mpsc::Receiver<HistoryEntry>,
    listeners: broadcast::Sender<Arc<HistoryEntry>>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while entries.recv_many(&mut batch, BATCH).await > 0 {
        match store.append(&batch).await {
            Ok(ids) => {
                for (entry, id) in batch.iter_mut().zip(ids) {
                    entry.id = id;
                }
            }
            // History is told all the same; without a number nobody can resume from it.
            Err(error) => tracing::error!(%error, lost = batch.len(), "history could not be written"),
        }
        for entry in batch.drain(..) {
            let _ = listeners.send(Arc::new(entry));
        }
    }
}
