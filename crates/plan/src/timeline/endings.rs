//! The way down: when each service and network was gone, and what it waited for.

use super::{Waited, last_of, verb};
use evenkeel_model::{HistoryEntry, HistoryKind, ServiceName, Timestamp};
use std::collections::BTreeMap;

/// The way of one service or network until it was gone. With several containers it is the last of them that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// `web`, `network shop_default`.
    pub what: String,
    /// The service, where it is one.
    pub service: Option<ServiceName>,
    /// When it was asked to stop; `None` where nothing ran.
    pub stopping_at: Option<Timestamp>,
    /// When it had stopped.
    pub stopped_at: Option<Timestamp>,
    /// When it had been removed.
    pub removed_at: Option<Timestamp>,
    /// What it waited for before it was asked to stop, or removed where nothing ran.
    pub waited_for: Vec<Waited>,
    /// Whether the whole took as long as it did because of it.
    pub is_critical: bool,
}

impl Ending {
    /// When it was through, as far as that goes.
    fn ended_at(&self) -> Option<Timestamp> {
        self.removed_at.or(self.stopped_at)
    }
}

/// Reads the ends of a history, oldest first, in order of being through.
pub(super) fn read(began_at: Timestamp, history: &[HistoryEntry]) -> Vec<Ending> {
    let mut endings: BTreeMap<String, Ending> = BTreeMap::new();
    for entry in history {
        let (Some(object), verb @ ("stop" | "remove")) = (&entry.object, verb(entry)) else { continue };
        let what = entry.service.as_ref().map_or_else(|| object.clone(), ToString::to_string);
        let ending = endings.entry(what).or_insert_with_key(|what| Ending::of(what, entry.service.clone()));
        match (entry.kind, verb) {
            (HistoryKind::StepStarted, verb) => {
                // The removal of a container waits for its own end.
                if verb == "stop" || entry.service.is_none() {
                    let waits = entry.waits_for.iter().filter(|wait| !wait.starts_with(object.as_str()));
                    ending.waited_for.extend(waits.map(|wait| waited(wait, began_at, history)));
                }
                if verb == "stop" && ending.stopping_at.is_none() {
                    ending.stopping_at = Some(entry.at);
                }
            }
            (HistoryKind::StepDone, "stop") => ending.stopped_at = Some(entry.at),
            (HistoryKind::StepDone, _) => ending.removed_at = Some(entry.at),
            _ => {}
        }
    }
    let mut endings: Vec<Ending> = endings.into_values().collect();
    for ending in &mut endings {
        ending.waited_for.retain(|wait| wait.took_ms != Some(0));
        ending.waited_for.sort_by_key(|wait| wait.until);
    }
    mark_critical(&mut endings);
    endings.sort_by_key(|one| (one.ended_at().is_none(), one.ended_at(), one.what.clone()));
    endings
}

impl Ending {
    fn of(what: &str, service: Option<ServiceName>) -> Self {
        Self {
            what: what.to_owned(),
            service,
            stopping_at: None,
            stopped_at: None,
            removed_at: None,
            waited_for: Vec::new(),
            is_critical: false,
        }
    }
}

/// A wait for a container (`container shop-web-1 to stop`), with when that came about.
fn waited(what: &str, began_at: Timestamp, history: &[HistoryEntry]) -> Waited {
    let ended_by = history.iter().find(|entry| entry.kind == HistoryKind::StepDone && super::ends(entry, what));
    let until = ended_by.map(|entry| entry.at);
    let took_ms = until.map(|until| u64::try_from((until - began_at).num_milliseconds()).unwrap_or(0));
    Waited { what: what.to_owned(), service: ended_by.and_then(|entry| entry.service.clone()), until, took_ms }
}

/// Marks what was through last, the service that it waited for last, and so on until one that nobody held up.
fn mark_critical(endings: &mut [Ending]) {
    let ended = endings.iter().enumerate().filter(|(_, one)| one.ended_at().is_some());
    let mut next = ended.max_by_key(|(_, one)| one.ended_at()).map(|(at, _)| at);
    while let Some(at) = next {
        endings[at].is_critical = true;
        let last = last_of(&endings[at].waited_for, None);
        next = endings.iter().position(|other| other.service.is_some() && other.service == last && !other.is_critical);
    }
}
