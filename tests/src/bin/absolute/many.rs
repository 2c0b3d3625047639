//! Many stacks of ten containers on the simulated engine, which is in the daemon's own memory and time, and takes its part of both.

use crate::Figure;
use crate::process::{memory_mb, processor_time, quiet};
use evenkeel_tests::Daemon;
use futures::StreamExt;
use std::time::Instant;

/// So many stacks, after which the cost of each is told.
const STAGES: [usize; 3] = [100, 300, 1_000];
const AT_ONCE: usize = 32;

pub async fn measure() -> Vec<Figure> {
    let mut daemon = Daemon::start("sim").await;
    let (mut begun, mut each) = (0, Vec::new());
    for stage in STAGES {
        let before = processor_time(daemon.pid());
        let ups = (begun..stage).map(|number| up(&daemon, number));
        futures::stream::iter(ups).buffer_unordered(AT_ONCE).collect::<()>().await;
        let cost = processor_time(daemon.pid()) - before;
        each.push(cost.as_secs_f64() * 1e3 / (stage - begun) as f64);
        begun = stage;
    }
    let (_, peak) = memory_mb(daemon.pid());
    let resync = resync(&daemon).await;
    daemon.kill();
    let began = Instant::now();
    daemon.start_again().await;
    let opened = began.elapsed();
    vec![
        Figure {
            what: "processor time of a stack of 10, up: each of the first 100, of the next 200, of the last 700",
            measured: each.iter().map(|ms| format!("{ms:.1} ms")).collect::<Vec<_>>().join(", "),
            target: "linear: < twice as much",
            missed: each.last().zip(each.first()).is_none_or(|(last, first)| *last >= 2.0 * first),
        },
        Figure {
            what: "memory at its highest with 1,000 stacks and 10,000 containers, the simulated engine included",
            measured: format!("{peak:.0} MB"),
            target: "< 300 MB",
            missed: peak >= 300.0,
        },
        Figure {
            what: "processor time of a look at each of the 1,000 when nothing is to be done",
            measured: format!("{resync:.2} s"),
            target: "< 1 s",
            missed: resync >= 1.0,
        },
        Figure {
            what: "a daemon with 1,000 stacks in its store begins anew, until it answers",
            measured: format!("{:.2} s", opened.as_secs_f64()),
            target: "",
            missed: false,
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

/// Seconds of processor time. An image that the engine has got is nobody's, so every stack is looked at: once when it has come, and those
/// that were looked at by then once more for what follows.
async fn resync(daemon: &Daemon) -> f64 {
    let before = quiet(daemon.pid()).await;
    let compose = "services: {one: {image: 'new:1', network_mode: none}}";
    let operation = daemon.up("many-and-one", compose).await;
    assert_eq!(operation["state"], "succeeded", "{operation:#}");
    (quiet(daemon.pid()).await - before).as_secs_f64()
}
