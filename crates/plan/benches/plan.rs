//! How long the planner and the status take, by the number of services: from nothing, half way, and with nothing to do.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
// A clock, and a table on stdout.

#[path = "../tests/planner/world.rs"]
#[allow(dead_code, reason = "the language of the planner's tests has more than is measured")]
mod world;

use evenkeel_plan::{plan, status};
use std::fmt::Write;
use std::time::Duration;
use world::World;

const TIMES: usize = 11;
/// The kernel accounts for a processor in ticks, which a small stack's pass is shorter than.
const REPEAT: u32 = 5;

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

/// The median of what a pass's two pure functions take of a processor.
fn measure(world: &World) -> Duration {
    let mut took: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let began = processor_time();
            for _ in 0..REPEAT {
                let plan = plan(world.input());
                std::hint::black_box(status(world.input(), &plan, None));
            }
            (processor_time() - began) / REPEAT
        })
        .collect();
    took.sort();
    took[TIMES / 2]
}

fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or_default())
}

fn main() {
    println!("| services | from nothing | half way | nothing to do | each, nothing to do |\n|---|---|---|---|---|");
    let each: Vec<f64> = [12, 100, 1000]
        .into_iter()
        .map(|services| {
            let stack = stack(services);
            let ms = |running: &str| measure(&World::new(&stack, running)).as_secs_f64() * 1e3;
            let (cold, half) = (ms("image"), ms(&running(services / 2)));
            let warm = ms(&running(services));
            let each = warm * 1e3 / services as f64;
            println!("| {services} | {cold:.2} ms | {half:.2} ms | {warm:.2} ms | {each:.1} µs |");
            each
        })
        .collect();
    assert!(each[2] < 2.0 * each[1], "the time for a service doubles from 100 services to 1,000");
}
