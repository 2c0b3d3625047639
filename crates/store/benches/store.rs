//! How long the store takes: the transaction of a request, and to open with many stacks. A commit is on the disk when it returns, so
//! that the first is mostly the disk's figure.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "../tests/store/data.rs"]
#[allow(dead_code, reason = "the words of the store's tests have more than is measured")]
mod data;

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use evenkeel_store::{Change, Store};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const STACKS: u64 = 1000;

/// What a first `up` writes: a stack's files, about as long as those of ten services, its operation, and an entry of its history.
fn first_up(number: u64) -> Change {
    let stack = format!("stack-{number}");
    let content = "services: {web: {image: web:1}}\n".repeat(150);
    Change {
        operation: Some(data::operation(&stack, &format!("op-{number}"))),
        history: vec![data::entry("up")],
        ..data::define(&stack, &content)
    }
}

fn store(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let open = |path: &Path| runtime.block_on(Store::open(path)).unwrap();
    let mut group = criterion.benchmark_group("store");
    group.sampling_mode(SamplingMode::Flat);

    group.bench_function("commit", |bencher| {
        // A store of its own for each sample: what a commit costs grows with what is there.
        bencher.iter_custom(|times| {
            let directory = tempfile::tempdir().unwrap();
            let store = open(directory.path());
            let changes: Vec<Change> = (0..times).map(first_up).collect();
            let began = Instant::now();
            for change in changes {
                runtime.block_on(store.commit(change)).unwrap();
            }
            let took = began.elapsed();
            runtime.block_on(store.close());
            took
        });
    });

    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for number in 0..STACKS {
        runtime.block_on(store.commit(first_up(number))).unwrap();
    }
    runtime.block_on(store.close());
    group.bench_function("open", |bencher| {
        bencher.iter_custom(|times| {
            let mut took = Duration::ZERO;
            for _ in 0..times {
                let began = Instant::now();
                let store = open(directory.path());
                let stacks = runtime.block_on(store.stacks()).unwrap();
                took += began.elapsed();
                assert_eq!(stacks.len() as u64, STACKS);
                runtime.block_on(store.close());
            }
            took
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    targets = store
}
criterion_main!(benches);
