//! What will happen in the simulated world, in order of time and then of when it was planned.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Something that will happen to a run of a container. It does not if that run is over by then.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    /// The container's id.
    pub(super) container: String,
    /// Which of its runs.
    pub(super) run: u32,
    /// What.
    pub(super) what: What,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// The process can serve.
    Ready,
    /// The process ends by itself.
    Exit {
        /// With this code.
        code: i64,
        /// For want of memory.
        oom: bool,
    },
    /// The process ends because it was asked to, or killed.
    Obey {
        /// With this code.
        code: i64,
    },
    /// The grace is over: SIGKILL.
    Grace,
    /// A native probe begins.
    Probe,
    /// It ends.
    ProbeEnds {
        /// Its verdict.
        passed: bool,
        /// It began within the start period.
        early: bool,
    },
    /// The restart policy's back-off is over.
    Restart,
}

/// The plan of the world's future. Planning wakes whoever sleeps until the next event.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<(Instant, u64, Due)>>,
    planned: u64,
    wake: Arc<Notify>,
}

impl Agenda {
    pub(super) fn plan(&mut self, at: Instant, due: Due) {
        self.planned += 1;
        self.heap.push(Reverse((at, self.planned, due)));
        self.wake.notify_one();
    }

    /// The next event that is due by now, with its own time.
    pub(super) fn pop(&mut self, now: Instant) -> Option<(Instant, Due)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse((at, _, due))| (at, due))
    }

    /// When the next event is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    /// Told when something new is planned.
    pub(super) fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }
}
