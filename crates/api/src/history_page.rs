//! One page of history, backwards from a position.

use evenkeel_model::{HistoryEntry, OperationId, ServiceName, StackName};
use evenkeel_store::{Error, HistoryFilter, Order, Store};

/// Ids that are looked at in one query.
const WINDOW: i64 = 2_000;

/// Which entries, and how many of the newest of them.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Only of this stack.
    pub stack: Option<StackName>,
    /// Only of this service.
    pub service: Option<ServiceName>,
    /// Only on behalf of this operation.
    pub operation: Option<OperationId>,
    /// Only with a lower id.
    pub before: Option<i64>,
    /// At most this many.
    pub limit: usize,
}

/// Reads a page, oldest first.
///
/// The store reads forwards from a position, so the history is walked back window by window; ids have no gaps, so a window of
/// ids is as many entries at most.
///
/// # Errors
/// The store's.
pub async fn read(store: &Store, page: &Page) -> Result<Vec<HistoryEntry>, Error> {
    let edge = |order| HistoryFilter { limit: 1, order, ..HistoryFilter::default() };
    let newest = store.history(&edge(Order::NewestFirst)).await?.first().map_or(0, |entry| entry.id);
    let oldest = store.history(&edge(Order::OldestFirst)).await?.first().map_or(0, |entry| entry.id);
    let mut end = page.before.map_or(newest + 1, |before| before.min(newest + 1));
    let mut newest_first = Vec::new();
    while end > oldest && newest_first.len() < page.limit {
        let after = end.saturating_sub(WINDOW + 1).max(0);
        let window = store
            .history(&HistoryFilter {
                stack: page.stack.clone(),
                operation: page.operation.clone(),
                after: Some(after),
                limit: u32::try_from(WINDOW).unwrap_or(u32::MAX),
                order: Order::OldestFirst,
            })
            .await?;
        let chosen = window
            .into_iter()
            .rev()
            .filter(|entry| entry.id < end && (page.service.is_none() || entry.service == page.service));
        newest_first.extend(chosen.take(page.limit - newest_first.len()));
        end = after + 1;
    }
    newest_first.reverse();
    Ok(newest_first)
}
