//! What the world lets its clients know: hints to look again, which faults may drop or double.

use super::faults::EventFate;
use crate::Change;
use evenkeel_model::Owner;
use tokio::sync::{broadcast, watch};

/// Hints that may wait for a slow reader; one that falls behind is told that anything may have changed.
const CAPACITY: usize = 1024;

/// The world's voice.
#[derive(Debug)]
pub(super) struct Hints {
    changes: broadcast::Sender<Change>,
    /// Rises with every change, told or not: what waits inside the engine waits on this.
    version: watch::Sender<u64>,
    /// Rises with every change that was told.
    told: u64,
    /// Something was not told.
    missed: bool,
}

impl Hints {
    pub(super) fn new() -> Self {
        Self { changes: broadcast::Sender::new(CAPACITY), version: watch::Sender::new(0), told: 0, missed: false }
    }

    /// Something of this owner changed.
    pub(super) fn changed(&mut self, owner: &Owner, fate: EventFate) {
        let change = match owner {
            Owner::Evenkeel(stack) => Change::Stack(stack.clone()),
            Owner::Compose(_) | Owner::Nobody => Change::Everything,
        };
        match fate {
            EventFate::Told => self.tell(change),
            EventFate::Doubled => {
                self.tell(change.clone());
                self.tell(change);
            }
            EventFate::Dropped => {
                self.missed = true;
                self.stir();
            }
        }
    }

    /// Something changed that is no event, such as a line in a log.
    pub(super) fn stir(&mut self) {
        self.version.send_modify(|version| *version += 1);
    }

    pub(super) fn tell(&mut self, change: Change) {
        self.told += 1;
        self.stir();
        // Nobody listens: nobody misses it.
        let _ = self.changes.send(change);
    }

    /// A client looks at everything again: what was missed is told now.
    pub(super) fn resync(&mut self) {
        if std::mem::take(&mut self.missed) {
            self.tell(Change::Everything);
        }
    }

    pub(super) fn told(&self) -> u64 {
        self.told
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    pub(super) fn version(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }
}
