//! What grows without end elsewhere is bounded here.

use crate::data::{at, define, entry, name, operation};
use evenkeel_model::{HistoryKind, ServiceName};
use evenkeel_store::{AuditEntry, Change, HistoryFilter, Kept, Order, Store};

#[tokio::test]
async fn history_keeps_the_newest_and_never_reuses_an_id() {
    let dir = tempfile::tempdir().unwrap();
    let (kept, batch) = (100, 5);
    let store = Store::open_with(dir.path(), Kept { history: kept, ..Kept::default() }).await.unwrap();
    let all = HistoryFilter { limit: 10_000, order: Order::OldestFirst, ..HistoryFilter::default() };
    let mut newest = 0;
    for _ in 0..60 {
        let ids = store.append(&vec![entry("x"); 7]).await.unwrap();
        assert_eq!(ids, (newest + 1..=newest + 7).collect::<Vec<_>>());
        newest += 7;
        let there = store.history(&all).await.unwrap();
        assert!(there.len() < (kept + batch + 7) as usize, "{} entries", there.len());
        assert!(there.len() >= (kept as usize).min(newest as usize));
        assert_eq!(there.last().unwrap().id, newest);
    }
}

#[tokio::test]
async fn progress_is_streamed_and_not_stored() {
    let (_dir, store) = crate::data::fresh().await;
    let mut progress = entry("layer 3 of 7");
    progress.kind = HistoryKind::Progress;
    assert_eq!(store.append(&[progress.clone()]).await.unwrap(), [0]);
    assert_eq!(store.append(&[progress, entry("done")]).await.unwrap(), [0, 1]);
}

#[tokio::test]
async fn revisions_and_operations_keep_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    let kept = Kept { revisions: 100, operations: 30, ..Kept::default() };
    let store = Store::open_with(dir.path(), kept).await.unwrap();
    for i in 1..=130 {
        let change =
            Change { operation: Some(operation("shop", &format!("op-{i}"))), ..define("shop", &i.to_string()) };
        store.commit(change).await.unwrap();
    }
    let revisions = store.revisions(&name("shop")).await.unwrap();
    assert_eq!((revisions.len(), revisions[0].generation), (100, 130));
    let newest = store.operations(Some(&name("shop")), 2).await.unwrap();
    assert_eq!(newest.iter().map(|o| o.id.0.as_str()).collect::<Vec<_>>(), ["op-130", "op-129"]);
    assert_eq!(store.operations(None, 1000).await.unwrap().len(), 30);
}

#[tokio::test]
async fn history_is_filtered_and_resumed() {
    let (_dir, store) = crate::data::fresh().await;
    let mut entries = vec![entry("1"), entry("2"), entry("3"), entry("4")];
    entries[1].stack = Some(name("other"));
    entries[2].operation = Some(evenkeel_model::OperationId("op-1".into()));
    store.append(&entries).await.unwrap();
    for (stack, operation, after, limit, order, expected) in [
        (None, None, None, 10, Order::NewestFirst, "4321"),
        (None, None, None, 10, Order::OldestFirst, "1234"),
        (None, None, Some(2), 10, Order::OldestFirst, "34"),
        (None, None, Some(1), 1, Order::OldestFirst, "2"),
        (None, None, None, 2, Order::NewestFirst, "43"),
        (Some("shop"), None, None, 10, Order::OldestFirst, "134"),
        (Some("shop"), Some("op-1"), None, 10, Order::OldestFirst, "3"),
        (None, Some("op-2"), None, 10, Order::OldestFirst, ""),
    ] {
        let filter = HistoryFilter {
            stack: stack.map(name),
            operation: operation.map(|id: &str| evenkeel_model::OperationId(id.into())),
            after,
            limit,
            order,
            ..HistoryFilter::default()
        };
        let got: String = store.history(&filter).await.unwrap().into_iter().map(|entry| entry.message).collect();
        assert_eq!(got, expected, "{filter:?}");
    }
    for (before, service, expected) in [(Some(3), None, "21"), (Some(1), None, ""), (None, Some("nobody"), "")] {
        let service = service.map(ServiceName::from);
        let filter = HistoryFilter { before, service, limit: 10, ..HistoryFilter::default() };
        let got: String = store.history(&filter).await.unwrap().into_iter().map(|entry| entry.message).collect();
        assert_eq!(got, expected, "{filter:?}");
    }
    let mut first = entries.remove(0);
    first.id = 1;
    let filter = HistoryFilter { limit: 1, order: Order::OldestFirst, ..HistoryFilter::default() };
    assert_eq!(store.history(&filter).await.unwrap(), [first]);
}

#[tokio::test]
async fn the_audit_is_read_page_by_page() {
    let (_dir, store) = crate::data::fresh().await;
    for i in 1..=5 {
        let entry = AuditEntry {
            id: 0,
            at: at(i),
            who: "ci".into(),
            method: "POST".into(),
            path: format!("/v1/stacks/{i}/up"),
            status: 202,
        };
        store.append_audit(&entry).await.unwrap();
    }
    for (before, limit, expected) in [(None, 2, vec![5, 4]), (Some(4), 9, vec![3, 2, 1]), (Some(1), 9, vec![])] {
        let page = store.audit(before, limit).await.unwrap();
        assert_eq!(page.iter().map(|entry| entry.id).collect::<Vec<_>>(), expected);
    }
}
