//! Many stacks of ten containers on the simulated engine, which is in the daemon's own memory and time, and takes its part of both.

use crate::Figure;
use crate::process::{memory_mb, processor_time};
use evenkeel_tests::Daemon;
use futures::StreamExt;
use std::time::{Duration, Instant};

/// So many stacks, after which the cost of each is told. With more, the simulated engine's own looks at all that it has are what is
/// measured.
const STAGES: [usize; 3] = [100, 200, 400];
const AT_ONCE: usize = 8;
/// A pass over each stack is made at least once in this time.
const RESYNC: Duration = Duration::from_secs(61);

pub async fn measure() -> Vec<Figure> {
    let mut daemon = Daemon::start("sim").await;
    let (mut begun, mut each) = (0, Vec::new());
    for stage in STAGES {
        let before = processor_time(daemon.pid());
        let ups = (begun..stage).map(|number| up(&daemon, number));
        futures::stream::iter(ups).buffer_unordered(AT_ONCE).collect::<()>().await;
        let cost = processor_time(daemon.pid()) - before;
        each.push(format!("{:.1} ms", cost.as_secs_f64() * 1e3 / (stage - begun) as f64));
        begun = stage;
    }
    let (_, peak) = memory_mb(daemon.pid());
    let before = processor_time(daemon.pid());
    tokio::time::sleep(RESYNC).await;
    let resync = processor_time(daemon.pid()) - before;
    daemon.kill();
    let began = Instant::now();
    daemon.start_again().await;
    let opened = began.elapsed();
    vec![
        Figure {
            what: "processor time of a stack of 10, up: each of the first 100, of the next 100, of the last 200",
            measured: each.join(", "),
            target: "the same",
        },
        Figure {
            what: "memory at its highest with 4,000 containers, the simulated engine included",
            measured: format!("{peak:.0} MB"),
            target: "< 300 MB with 10,000",
        },
        Figure {
            what: "processor time of a minute in which each of 400 stacks is looked at and nothing is to be done",
            measured: format!("{:.2} s", resync.as_secs_f64()),
            target: "< 1 s with 1,000 stacks",
        },
        Figure {
            what: "a daemon with 400 stacks in its store begins anew, until it answers",
            measured: format!("{:.2} s", opened.as_secs_f64()),
            target: "",
        },
    ]
}

async fn up(daemon: &Daemon, number: usize) {
    let mut compose = String::from("services:\n");
    for service in 0..10 {
        // Without networks: an engine has subnets for thirty.
        compose.push_str(&format!("  s{service}:\n    image: app:1\n    network_mode: none\n"));
        if service > 0 {
            compose.push_str(&format!("    depends_on: [s{}]\n", service / 2));
        }
    }
    let operation = daemon.up(&format!("many-{number}"), &compose).await;
    assert_eq!(operation["state"], "succeeded", "{operation:#}");
}
