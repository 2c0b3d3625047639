//! What happened before and cannot be observed: failed attempts with their back-off, jobs that are done, and who runs since when beside whom.

use crate::{ContainerName, HookMoment, Object, ServiceName, SpecHash, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The stack's record of attempts and completions, as the planner reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Failures of an object that count against it now.
    pub attempts: BTreeMap<Object, Attempt>,
    /// Jobs that are done.
    pub completions: BTreeMap<ContainerName, Completion>,
    /// Hooks that have been run, the newest of each moment.
    pub hooks: BTreeMap<(ContainerName, HookMoment), HooksRan>,
    /// What containers said before their newest end that was not asked for.
    pub last_words: BTreeMap<ContainerName, LastWords>,
    /// Runs beside those of what they follow (`depends_on` with `restart: true`): the follower, and the one that it follows.
    pub followings: BTreeMap<(ContainerName, ContainerName), Following>,
}

/// What of a ledger counts no more once a request is taken on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Failed attempts, what containers said last, and hooks that failed: everything is tried at once.
    pub failures: bool,
    /// Jobs that are done: they are to be done again.
    pub completions: Undone,
}

/// Which jobs that are done are to be done again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    /// All of the stack.
    All,
    /// Those in these places.
    In(BTreeSet<ContainerName>),
}

impl Undone {
    /// None.
    pub fn nothing() -> Self {
        Self::In(BTreeSet::new())
    }
}

impl Default for Undone {
    fn default() -> Self {
        Self::nothing()
    }
}

impl Ledger {
    /// Forgets that.
    pub fn forget(&mut self, forgotten: &Forgotten) {
        if forgotten.failures {
            self.attempts.clear();
            self.last_words.clear();
            self.hooks.retain(|_, ran| ran.failed.is_none());
        }
        match &forgotten.completions {
            Undone::All => self.completions.clear(),
            Undone::In(places) => self.completions.retain(|place, _| !places.contains(place)),
        }
    }
}

/// Failures of one object: crashes of a container that should run, or actions on it that the engine refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Failures within the window.
    pub failures: u32,
    /// When they were, oldest first; of very many the newest.
    pub times: Vec<Timestamp>,
    /// The first of them.
    pub first_at: Timestamp,
    /// The last of them. For a crash this is the moment of the exit, so that one exit never counts twice.
    pub last_at: Timestamp,
    /// Not to be tried again before this.
    pub next_at: Timestamp,
    /// The last failure in words for people.
    pub reason: String,
    /// The last one was a refusal that trying again would only repeat: whoever waits is told at once. Not kept beyond the daemon's life:
    /// a new one hears it again soon enough.
    #[serde(default)]
    pub refused: bool,
}

/// A job's container that ended with exit code 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// The service.
    pub service: ServiceName,
    /// What it was made from: a changed job runs again.
    pub spec_hash: SpecHash,
    /// The epoch in which it ran: after a reset it runs again.
    pub epoch: u64,
    /// The engine's id of the container that did it.
    pub container_id: String,
    /// When that run began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
}

/// A container's newest run beside that of one which it follows. Which of them began first cannot be told by a clock that somebody may set; whose run was
/// there when the other one's began can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Following {
    /// The start of the follower's newest run; `None` before its first.
    pub run: Option<Timestamp>,
    /// The start of the other's run; `None` where it did not run.
    pub beside: Option<Timestamp>,
    /// The other one began anew during the follower's run, which is to end for it.
    pub behind: bool,
}

/// Hooks that were run in one run of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HooksRan {
    /// The start of that run.
    pub run: Timestamp,
    /// When they ended.
    pub at: Timestamp,
    /// How they failed, as a clause that follows the service's name; `None` where all went well.
    pub failed: Option<String>,
}

/// The end of a container's log as it was after a run had ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastWords {
    /// When that run ended.
    pub exit_at: Timestamp,
    /// The last lines, secrets masked, bounded in size; never empty.
    pub text: String,
}

/// One change to a stack's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerUpdate {
    /// An object failed (again).
    Failed {
        /// Which.
        object: Object,
        /// The attempt's new record.
        attempt: Attempt,
    },
    /// An object's failures count no more.
    Cleared {
        /// Which.
        object: Object,
    },
    /// A job's container is done.
    Completed {
        /// Which.
        container: ContainerName,
        /// The record.
        completion: Completion,
    },
    /// Hooks have been run.
    HooksRan {
        /// In which container.
        container: ContainerName,
        /// At which moment.
        moment: HookMoment,
        /// The record.
        ran: HooksRan,
    },
    /// A container runs beside one that it follows.
    Follows {
        /// The follower.
        container: ContainerName,
        /// The one that it follows.
        followed: ContainerName,
        /// The record.
        following: Following,
    },
    /// A container has ended, and this was what it said last.
    LastWords {
        /// Which.
        container: ContainerName,
        /// The record.
        words: LastWords,
    },
}
