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
