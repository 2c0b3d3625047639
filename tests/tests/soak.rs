//! Endurance: stacks change at random for as long as `EVENKEEL_SOAK` says (seconds; a minute otherwise), twenty on the simulated engine and
//! one on the machine's own, and what the two daemons use must stay what it was. The curves are printed.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "soak/curve.rs"]
mod curve;
#[path = "soak/work.rs"]
mod work;

use curve::Curve;
use evenkeel_tests::{Daemon, DockerApi, Random};
use std::time::{Duration, Instant};
use work::Stacks;

/// Entries of history that the daemons are told to keep: few, so that a short run passes the bound too.
const HISTORY: i64 = 2_000;
/// Looks at what a daemon uses, spread evenly over the run.
const LOOKS: u32 = 60;

#[tokio::test]
async fn what_it_uses_stays_what_it_was() {
    let seconds: u64 = std::env::var("EVENKEEL_SOAK").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let length = Duration::from_secs(seconds);
    let mut random = Random::seeded(20_261_120);
    let docker = DockerApi::connect().await;
    docker.sweep("ek-soak-0").await;
    let mut simulated = Side::open("sim", Stacks { prefix: "soak", count: 20, image: "app:1" }, 10).await;
    let real = Stacks { prefix: "ek-soak", count: 1, image: "evenkeel/busybox:1.35" };
    let mut real = Side::open("docker", real, 1).await;
    let (began, mut looks) = (Instant::now(), 0);
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    while began.elapsed() < length {
        tick.tick().await;
        for side in [&mut simulated, &mut real] {
            side.change(&mut random).await;
            if began.elapsed() >= length * looks / LOOKS {
                side.look().await;
            }
        }
        looks =
            u32::try_from(began.elapsed().as_millis() * u128::from(LOOKS) / length.as_millis()).unwrap_or(LOOKS) + 1;
    }
    let mut failures = simulated.close().await;
    failures.extend(real.close().await);
    docker.sweep("ek-soak-0").await;
    assert!(failures.is_empty(), "after {seconds} s: {}", failures.join("; "));
}

/// A daemon with its stacks.
struct Side {
    daemon: Daemon,
    engine: &'static str,
    stacks: Stacks,
    /// Requests for each tick of the slower of the two.
    pace: u64,
    requests: u64,
    ticks: u64,
    curve: Curve,
}

impl Side {
    async fn open(engine: &'static str, stacks: Stacks, pace: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = format!("[history]\nentries = {HISTORY}\noperations = 200\nrevisions = 10\n");
        std::fs::write(directory.path().join("evenkeel.toml"), config).unwrap();
        let daemon = Daemon::start_in(directory, (engine, None)).await;
        Self { daemon, engine, stacks, pace, requests: 0, ticks: 0, curve: Curve::default() }
    }

    /// One request, where its time has come.
    async fn change(&mut self, random: &mut Random) {
        self.ticks += 1;
        if (self.ticks * self.pace).is_multiple_of(10) {
            self.requests += 1;
            self.stacks.change(&self.daemon, random).await;
        }
    }

    async fn look(&mut self) {
        let newest = self.daemon.api.get("/v1/history?limit=1").await[0]["id"].as_i64().unwrap_or(0);
        self.curve.add(self.daemon.pid(), newest);
    }

    /// What has grown.
    async fn close(mut self) -> Vec<String> {
        self.look().await;
        let newest = self.curve.newest_entry();
        // Old entries go in batches of a twentieth, after a batch was written.
        let before = newest - HISTORY - HISTORY / 20 - 300;
        let old = self.daemon.api.get(&format!("/v1/history?limit=1&before={}", before.max(0))).await;
        println!(
            "{}, {} requests, {newest} entries of history were written\n{}",
            self.engine, self.requests, self.curve
        );
        let mut failures = self.curve.growth();
        if before > 0 && old.as_array().is_none_or(|old| !old.is_empty()) {
            failures.push(format!("history before entry {before} of {newest} is kept"));
        }
        self.stacks.down(&self.daemon).await;
        failures.iter().map(|failure| format!("{}: {failure}", self.engine)).collect()
    }
}
