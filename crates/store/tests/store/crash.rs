//! A daemon that is killed: what it acknowledged is there, what it had half written is not.

use crate::data::{at, change, define, entry, fresh, name, operation};
use evenkeel_store::{Change, Error, HistoryFilter, Order, Store};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Set for the child: the state directory in which it commits until it is killed.
const CHILD_DIR: &str = "EVENKEEL_STORE_TEST_CHILD";
const TEST: &str = "crash::a_killed_daemon_loses_no_acknowledged_request";

#[tokio::test]
async fn a_killed_daemon_loses_no_acknowledged_request() {
    if let Some(dir) = std::env::var_os(CHILD_DIR) {
        return commit_for_ever(Path::new(&dir)).await;
    }
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let mut acknowledged = 0;
    for round in 1..=4 {
        acknowledged = run_and_kill(&state, acknowledged + 5 * round);
        let store = Store::open(&state).await.unwrap();
        let generation = store.stack(&name("shop")).await.unwrap().unwrap().generation;
        assert!(generation >= acknowledged, "{acknowledged} acknowledged, {generation} there");
        assert!(generation <= acknowledged + 1, "one commit at a time: at most one was not yet acknowledged");
        assert_whole(&store, generation).await;
        store.close().await;
        acknowledged = generation;
    }
}

/// Each request wrote one revision, one operation and its history, or nothing.
async fn assert_whole(store: &Store, generation: u64) {
    let operations = store.operations(None, 1000).await.unwrap();
    let ids: Vec<u64> = operations.iter().map(|operation| operation.id.0[3..].parse().unwrap()).collect();
    assert_eq!(ids, (1..=generation).rev().collect::<Vec<_>>());
    assert_eq!(store.running_operations().await.unwrap().len(), 1);
    let filter = HistoryFilter { limit: 10_000, order: Order::OldestFirst, ..HistoryFilter::default() };
    let entries = store.history(&filter).await.unwrap();
    // Two of its own, and one for the operation that it superseded.
    assert_eq!(entries.len() as u64, 3 * generation - 1);
    assert_eq!(store.stack(&name("shop")).await.unwrap().unwrap().intent.epoch, generation);
}

/// Lets a child commit until it has acknowledged this many, then kills it. Returns the last that it acknowledged.
fn run_and_kill(state: &Path, enough: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture", "--test-threads=1"])
        .env(CHILD_DIR, state)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut last = 0;
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    for line in lines.by_ref() {
        if let Some(number) = line.strip_prefix("acknowledged ") {
            last = number.parse().unwrap();
            if last >= enough {
                break;
            }
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(last >= enough, "the child ended by itself after {last}");
    // What it had acknowledged before the kill came, and we had not read yet.
    lines.filter_map(|line| line.strip_prefix("acknowledged ")?.parse().ok()).last().unwrap_or(last)
}

async fn commit_for_ever(state: &Path) {
    let store = Store::open(state).await.unwrap();
    let mut next = store.stack(&name("shop")).await.unwrap().map_or(0, |record| record.generation) + 1;
    loop {
        let mut change = Change {
            operation: Some(operation("shop", &format!("op-{next}"))),
            history: vec![entry("accepted"), entry("begun")],
            at: at(next as i64),
            ..define("shop", &next.to_string())
        };
        change.intent.epoch = next;
        store.commit(change).await.unwrap();
        println!("acknowledged {next}");
        next += 1;
    }
}

#[tokio::test]
async fn a_commit_that_is_dropped_half_way_is_whole_or_nothing() {
    let (_dir, store) = fresh().await;
    // Other than all that follow: what is the same again is no new generation.
    store.commit(define("shop", "first")).await.unwrap();
    let (mut dropped, mut expected) = (0, 1);
    for polls in 0..40 {
        // Behind what was dropped in the middle of its COMMIT.
        store.ping().await.unwrap();
        let before = store.stack(&name("shop")).await.unwrap().unwrap().generation;
        assert!(before == expected || before == expected + 1, "{before} after {expected}");
        expected = before;
        let commit = store.commit(Change { history: vec![entry("x"); 3], ..define("shop", &polls.to_string()) });
        if poll_at_most(commit, polls).await.is_none() {
            dropped += 1;
        }
    }
    assert!(dropped > 3, "only {dropped} were dropped half way");
    store.ping().await.unwrap();
    let generation = store.stack(&name("shop")).await.unwrap().unwrap().generation;
    let filter = HistoryFilter { limit: 10_000, ..HistoryFilter::default() };
    assert_eq!(store.history(&filter).await.unwrap().len() as u64, 3 * (generation - 1));
    assert!(matches!(store.commit(change("none")).await, Err(Error::UnknownStack { .. })), "the writer still works");
}

/// Drives a future through so many wake-ups, then drops it.
async fn poll_at_most<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = polls;
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
        std::task::Poll::Pending if left == 0 => std::task::Poll::Ready(None),
        std::task::Poll::Pending => {
            left -= 1;
            std::task::Poll::Pending
        }
    })
    .await
}
