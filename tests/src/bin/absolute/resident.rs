//! What a daemon costs that keeps 200 real containers in which nothing happens.

use crate::Figure;
use crate::process::{memory_mb, processor_time, quiet};
use evenkeel_tests::{Daemon, DockerApi};
use std::time::Duration;

const STACK: &str = "bench-resident";
const STACKS: usize = 10;
/// Long enough that every stack is looked at once without a reason. This is what is measured, no wait for anything.
const FOR: Duration = Duration::from_secs(65);
const COMPOSE: &str = "
services:
  many:
    image: evenkeel/busybox:1.35
    command: [sleep, '100000']
    network_mode: none
    stop_grace_period: 0s
    scale: 20
";

pub async fn measure() -> Vec<Figure> {
    let docker = DockerApi::connect().await;
    sweep(&docker).await;
    let daemon = Daemon::start("docker").await;
    for number in 0..STACKS {
        let operation = daemon.up(&format!("{STACK}-{number}"), COMPOSE).await;
        assert_eq!(operation["state"], "succeeded", "{operation:#}");
    }
    let before = quiet(daemon.pid()).await;
    tokio::time::sleep(FOR).await;
    let idle = (processor_time(daemon.pid()) - before).as_secs_f64() / FOR.as_secs_f64();
    let (now, peak) = memory_mb(daemon.pid());
    drop(daemon);
    sweep(&docker).await;
    vec![
        Figure {
            what: "resident memory with 200 containers in 10 stacks",
            measured: format!("{now:.1} MB (at its highest {peak:.1})"),
            target: "< 40 MB",
            missed: now >= 40.0,
        },
        Figure {
            what: "processor time while nothing happens",
            measured: format!("{:.2} % of a core", idle * 100.0),
            target: "< 0.5 %",
            missed: idle >= 0.005,
        },
    ]
}

/// Removes what it has left on the engine.
pub async fn sweep(docker: &DockerApi) {
    for number in 0..STACKS {
        docker.sweep(&format!("{STACK}-{number}")).await;
    }
}
