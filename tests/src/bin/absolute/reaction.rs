//! How soon the daemon does something about a container that somebody killed, and tells of it, by the engine's own clock, which is this
//! machine's: from the event `die` to the request for a new run, and to a client of the event stream.

use crate::{Figure, quantile};
use chrono::{DateTime, Utc};
use evenkeel_tests::{Daemon, DockerApi, Events};
use serde_json::Value;

const STACK: &str = "bench-reaction";
const TIMES: usize = 60;
const COMPOSE: &str = "
services:
  web:
    image: evenkeel/busybox:1.35
    command: [sleep, '100000']
    stop_grace_period: 0s
";

pub async fn measure() -> Vec<Figure> {
    let docker = DockerApi::connect().await;
    sweep(&docker).await;
    let daemon = Daemon::start("docker").await;
    let (mut asked, mut told) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        // Reset, so that each is a first failure and none waits for a back-off.
        let operation = daemon.up(STACK, COMPOSE).await;
        assert_eq!(operation["state"], "succeeded", "{operation:#}");
        let mut events = Events::of(daemon.api.stream(&format!("/v1/stacks/{STACK}/events")).await);
        let since = Utc::now();
        // The engine answers the request when it has cleaned up behind the container, and that is later than what is looked for here.
        let container = format!("{STACK}-web-1");
        let ((), (seen, began)) = tokio::join!(docker.kill(&container), noticed(&mut events));
        let died = died(&docker, since).await;
        asked.push((began - died).as_seconds_f64() * 1e3);
        told.push((seen - died).as_seconds_f64() * 1e3);
        daemon.act(STACK, "down", Value::Null).await;
    }
    sweep(&docker).await;
    asked.sort_by(f64::total_cmp);
    told.sort_by(f64::total_cmp);
    let words = |times: &[f64]| format!("median {:.1} ms, p95 {:.1} ms", quantile(times, 0.5), quantile(times, 0.95));
    vec![
        Figure {
            what: "from the engine's `die` to an SSE client",
            measured: words(&told),
            target: "p95 ≤ 20 ms",
            missed: quantile(&told, 0.95) > 20.0,
        },
        Figure {
            what: "from `die` to the request for its replacement, first failure",
            measured: words(&asked),
            target: "p95 ≤ 100 ms",
            missed: quantile(&asked, 0.95) > 100.0,
        },
    ]
}

/// When the first change was told, and when the new run was asked for.
async fn noticed(events: &mut Events) -> (DateTime<Utc>, DateTime<Utc>) {
    let mut seen = None;
    loop {
        let event = events.next().await.expect("an event");
        match event["kind"].as_str() {
            Some("service_state" | "container_ended") if seen.is_none() => seen = Some(Utc::now()),
            Some("step_started") => {
                let began = event["at"].as_str().and_then(|at| at.parse().ok()).expect("a time");
                return (seen.expect("a change before it"), began);
            }
            _ => {}
        }
    }
}

/// Removes what it has left on the engine.
pub async fn sweep(docker: &DockerApi) {
    docker.sweep(STACK).await;
}

/// When the container of the stack died last.
async fn died(docker: &DockerApi, since: DateTime<Utc>) -> DateTime<Utc> {
    let filters = format!("{{%22event%22:[%22die%22],%22label%22:[%22com.docker.compose.project={STACK}%22]}}");
    let filters = filters.replace('{', "%7B").replace('}', "%7D");
    let path = format!("/events?since={}&until={}&filters={filters}", since.timestamp(), Utc::now().timestamp() + 1);
    let text = docker.text("GET", &path, None).await.unwrap();
    let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let nanos = events.filter_map(|event| event["timeNano"].as_i64()).max().expect("a `die`");
    DateTime::from_timestamp_nanos(nanos)
}
