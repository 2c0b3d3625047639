//! How long the store takes: the transaction of a request, and to open with many stacks. A commit is on the disk when it returns, so
//! that the first is mostly the disk's figure.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, clippy::unwrap_used, clippy::panic)]
// A clock, and lines on stdout.

#[path = "../tests/store/data.rs"]
#[allow(dead_code, reason = "the words of the store's tests have more than is measured")]
mod data;

use evenkeel_store::{Change, Store};
use std::time::{Duration, Instant};

const STACKS: usize = 1000;

#[tokio::main]
async fn main() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    // About as long as the files of ten services.
    let content = "services: {web: {image: web:1}}\n".repeat(150);
    let mut took = Vec::new();
    for number in 0..STACKS {
        let stack = format!("stack-{number}");
        let id = format!("op-{number}");
        let change = Change {
            operation: Some(data::operation(&stack, &id)),
            history: vec![data::entry("up")],
            ..data::define(&stack, &content)
        };
        let began = Instant::now();
        store.commit(change).await.unwrap();
        took.push(began.elapsed());
    }
    took.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "a request's transaction: median {:.2} ms, p99 {:.2} ms",
        ms(took[STACKS / 2]),
        ms(took[STACKS * 99 / 100])
    );
    store.close().await;
    let began = Instant::now();
    let store = Store::open(directory.path()).await.unwrap();
    let stacks = store.stacks().await.unwrap();
    println!("opened, {} stacks read: {:.1} ms", stacks.len(), ms(began.elapsed()));
    assert_eq!(stacks.len(), STACKS);
}
