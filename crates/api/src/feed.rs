//! History as an endless feed: what is stored behind a position first, then what happens, without a gap or a duplicate.

use evenkeel_model::{HistoryEntry, StackName};
use evenkeel_store::{Error, HistoryFilter, Order, Store};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

const PAGE: u32 = 500;

/// A reader's position in the history.
///
/// Live entries are forwarded only while they follow each other by id. Whenever one is missing, because the reader lagged or
/// because two entries were announced in another order than they were stored, the store is read instead.
pub struct Feed {
    live: Receiver<Arc<HistoryEntry>>,
    stack: Option<StackName>,
    /// All entries up to this id have been given, or are not of this stack.
    seen: i64,
    /// The store has to be read up to here at least before live entries count again.
    behind: Option<i64>,
    pending: VecDeque<Arc<HistoryEntry>>,
}

impl Feed {
    /// A feed from behind `after`, or from now on. `live` must have been subscribed to before, so that nothing falls between.
    ///
    /// # Errors
    /// The store's, when it cannot say where now is.
    pub async fn open(
        store: &Store,
        live: Receiver<Arc<HistoryEntry>>,
        stack: Option<StackName>,
        after: Option<i64>,
    ) -> Result<Self, Error> {
        let newest = newest(store).await?;
        let (seen, behind) = match after {
            // A position ahead of the newest entry is of another database: go on from now.
            Some(after) if after < newest => (after.max(0), Some(newest)),
            _ => (newest, None),
        };
        Ok(Self { live, stack, seen, behind, pending: VecDeque::new() })
    }

    /// The next entry; `None` when there will be none any more. Safe to drop and call again.
    ///
    /// # Errors
    /// The store's. The position stays as it was.
    pub async fn next(&mut self, store: &Store) -> Result<Option<Arc<HistoryEntry>>, Error> {
        loop {
            if let Some(entry) = self.pending.pop_front() {
                return Ok(Some(entry));
            }
            if let Some(up_to) = self.behind {
                self.catch_up(store, up_to).await?;
                continue;
            }
            match self.live.recv().await {
                // Progress is not stored and has no id.
                Ok(entry) if entry.id == 0 => {
                    if self.is_ours(&entry) {
                        return Ok(Some(entry));
                    }
                }
                Ok(entry) if entry.id <= self.seen => {}
                Ok(entry) if entry.id == self.seen + 1 => {
                    self.seen = entry.id;
                    if self.is_ours(&entry) {
                        return Ok(Some(entry));
                    }
                }
                Ok(entry) => self.behind = Some(entry.id),
                Err(RecvError::Lagged(_)) => self.behind = Some(newest(store).await?),
                Err(RecvError::Closed) => return Ok(None),
            }
        }
    }

    async fn catch_up(&mut self, store: &Store, up_to: i64) -> Result<(), Error> {
        let page = store
            .history(&HistoryFilter {
                stack: self.stack.clone(),
                after: Some(self.seen),
                limit: PAGE,
                order: Order::OldestFirst,
                ..HistoryFilter::default()
            })
            .await?;
        let last = page.last().map_or(self.seen, |entry| entry.id);
        if page.len() < PAGE as usize {
            // Ids are given in the order of commits, so nothing up to here can still appear.
            self.seen = last.max(up_to);
            self.behind = None;
        } else {
            self.seen = last;
        }
        self.pending.extend(page.into_iter().map(Arc::new));
        Ok(())
    }

    fn is_ours(&self, entry: &HistoryEntry) -> bool {
        self.stack.is_none() || entry.stack == self.stack
    }
}

async fn newest(store: &Store) -> Result<i64, Error> {
    let page = store.history(&HistoryFilter { limit: 1, ..HistoryFilter::default() }).await?;
    Ok(page.first().map_or(0, |entry| entry.id))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use super::*;
    use evenkeel_model::HistoryKind;
    use tokio::sync::broadcast;

    fn entry(stack: &str, kind: HistoryKind, message: &str) -> HistoryEntry {
        HistoryEntry {
            id: 0,
            at: chrono::DateTime::UNIX_EPOCH,
            stack: Some(stack.into()),
            service: None,
            operation: None,
            kind,
            object: None,
            message: message.to_owned(),
            cause: None,
            took_ms: None,
            waits_for: Vec::new(),
        }
    }

    /// Stores entries and returns them with their ids.
    async fn store_all(store: &Store, messages: &[(&str, &str)]) -> Vec<Arc<HistoryEntry>> {
        let mut entries: Vec<HistoryEntry> =
            messages.iter().map(|(stack, message)| entry(stack, HistoryKind::StepDone, message)).collect();
        let ids = store.append(&entries).await.expect("the store writes");
        for (entry, id) in entries.iter_mut().zip(ids) {
            entry.id = id;
        }
        entries.into_iter().map(Arc::new).collect()
    }

    async fn read(feed: &mut Feed, store: &Store, count: usize) -> Vec<String> {
        let mut read = Vec::new();
        for _ in 0..count {
            let next = tokio::time::timeout(std::time::Duration::from_secs(10), feed.next(store)).await;
            let entry = next.expect("an entry in time").expect("the store reads").expect("the feed goes on");
            read.push(entry.message.clone());
        }
        read
    }

    /// What is stored before the feed is opened, what is announced live (by position, 0 for one that is never announced), and
    /// what is read, with room for `capacity` live entries.
    async fn check(before: usize, after: Option<i64>, announced: &[usize], capacity: usize, expected: &[&str]) {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(dir.path()).await.expect("a store");
        let (live, _) = broadcast::channel(capacity);
        let names = ["a", "b", "c", "d", "e", "f"];
        let all: Vec<(&str, &str)> =
            names.iter().map(|name| (if *name == "c" { "other" } else { "shop" }, *name)).collect();
        store_all(&store, &all[..before]).await;
        let mut feed = Feed::open(&store, live.subscribe(), Some("shop".into()), after).await.expect("a feed");
        let stored = store_all(&store, &all[before..]).await;
        for position in announced {
            live.send(stored[*position].clone()).expect("a listener");
        }
        let what = format!("{before} {after:?} {announced:?} {capacity}");
        assert_eq!(read(&mut feed, &store, expected.len()).await, expected, "{what}");

        // Whatever happened before: progress and the next entry come once.
        live.send(Arc::new(entry("shop", HistoryKind::Progress, "half"))).expect("a listener");
        live.send(Arc::new(entry("other", HistoryKind::Progress, "theirs"))).expect("a listener");
        for last in store_all(&store, &[("other", "x"), ("shop", "last")]).await {
            live.send(last).expect("a listener");
        }
        let rest = read(&mut feed, &store, if capacity < 4 { 1 } else { 2 }).await;
        assert_eq!(rest.last().map(String::as_str), Some("last"), "{what}: {rest:?}");
    }

    #[tokio::test]
    async fn nothing_is_missed_and_nothing_is_told_twice() {
        // From now on, announced in order.
        check(2, None, &[0, 1, 2, 3], 16, &["d", "e", "f"]).await;
        // From the beginning, and from a position.
        check(6, Some(0), &[], 16, &["a", "b", "d", "e", "f"]).await;
        check(4, Some(2), &[0, 1], 16, &["d", "e", "f"]).await;
        // A position of another database.
        check(2, Some(99), &[0, 1, 2, 3], 16, &["d", "e", "f"]).await;
        // Announced out of order, twice, or not at all but for the last.
        check(0, None, &[1, 0, 3, 2, 5, 4], 16, &["a", "b", "d", "e", "f"]).await;
        check(0, None, &[0, 0, 1, 1, 5, 5, 2], 16, &["a", "b", "d", "e", "f"]).await;
        check(0, None, &[5], 16, &["a", "b", "d", "e", "f"]).await;
        // A reader that lags.
        check(0, None, &[0, 1, 2, 3, 4, 5], 2, &["a", "b", "d", "e", "f"]).await;
        check(3, Some(1), &[0, 1, 2], 1, &["b", "d", "e", "f"]).await;
    }
}
