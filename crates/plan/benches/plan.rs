//! How long a pass's two pure functions take, the planner and the status, by the number of services: from nothing, half way, and with nothing to do.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/planner/world.rs"]
#[allow(dead_code, reason = "the language of the planner's tests has more than is measured")]
mod world;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use evenkeel_plan::{plan, status};
use std::fmt::Write;
use std::time::Duration;
use world::World;

/// Each service waits for one that came long before it, so that the graph is as deep as the number's logarithm.
fn stack(services: usize) -> String {
    let mut text = String::from("service-0: check; net front\n");
    for n in 1..services {
        let _ = writeln!(text, "service-{n}: after service-{} healthy; net front; check; port {}", n / 2, 10_000 + n);
    }
    text
}

/// Containers of the first so many, all healthy.
fn running(services: usize) -> String {
    let mut text = String::from("network front\nimage\n");
    for n in 0..services {
        let _ = writeln!(text, "service-{n} running healthy @10");
    }
    text
}

fn pass(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan");
    for services in [12, 100, 1000] {
        let stack = stack(services);
        group.throughput(Throughput::Elements(services as u64));
        let states = [
            ("nothing runs", "image".to_owned()),
            ("half runs", running(services / 2)),
            ("all runs", running(services)),
        ];
        for (state, observed) in states {
            let world = World::new(&stack, &observed);
            group.bench_with_input(BenchmarkId::new(state, services), &world, |bencher, world| {
                let pass = || {
                    let plan = plan(world.input());
                    let status = status(world.input(), &plan, None);
                    (plan, status)
                };
                bencher.iter_batched(|| (), |()| pass(), BatchSize::PerIteration);
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = pass
}
criterion_main!(benches);
