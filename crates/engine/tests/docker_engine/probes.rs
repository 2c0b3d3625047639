//! Early probes of real processes.

use crate::play;
use crate::stage::Stage;
use evenkeel_model::{Action, Attachment, HealthTest, Healthcheck, NewContainer, Probe};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

fn checked(stage: &Stage, script: &str, check: &str) -> NewContainer {
    let mut new = stage.new_container("web", script, &[]);
    new.spec.healthcheck = Some(Healthcheck {
        test: Some(HealthTest::Shell(check.to_owned())),
        interval_ns: Some(3_600_000_000_000),
        ..Healthcheck::default()
    });
    new
}

async fn probe(stage: &Stage, timeout_ms: u64, ports: &[u16]) -> evenkeel_model::EarlyProbe {
    let expects_ports: BTreeSet<u16> = ports.iter().copied().collect();
    stage.done(Action::ProbeContainer(Probe { container: stage.name("web"), timeout_ms, expects_ports })).await;
    stage.container("web").await.early_probe.expect("a probe")
}

#[tokio::test]
async fn without_a_check_what_works_does_not_rest() {
    for (name, script, rests) in [
        ("rests", "trap 'exit 0' TERM; sleep 600 & wait", true),
        ("works", "trap 'exit 0' TERM; while :; do :; done", false),
        ("has-worked", "trap 'exit 0' TERM; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 600 & wait", true),
    ] {
        play(name, async |stage| {
            if !stage.engine.capabilities().await.expect("an engine").local {
                return;
            }
            stage.run(stage.new_container("web", script, &[])).await;
            // Tests beside it take the processors from it: to rest takes longer then.
            let early = probe(stage, if rests { 10_000 } else { 400 }, &[]).await;
            assert_eq!(early.passed, rests, "{name}: {early:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_check_that_hangs_fails_in_time_and_is_ended() {
    play("hang", async |stage| {
        stage.run(checked(stage, "trap 'exit 0' TERM; sleep 600 & wait", "exec sleep 4321")).await;
        let began = Instant::now();
        let early = probe(stage, 300, &[]).await;
        assert!(!early.passed && early.took_ms >= 300);
        assert!(began.elapsed() < Duration::from_secs(20));
        if stage.engine.capabilities().await.expect("an engine").local {
            // A process that was killed is there until it is reaped.
            let mut look = tokio::time::interval(Duration::from_millis(50));
            loop {
                look.tick().await;
                let top = crate::others().top_processes(stage.name("web").as_str(), None).await.expect("processes");
                if !top.processes.into_iter().flatten().flatten().any(|word| word.contains("4321")) {
                    break;
                }
                assert!(began.elapsed() < Duration::from_secs(20), "the check goes on");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_check_that_cannot_be_run_fails() {
    play("nocheck", async |stage| {
        let mut new = checked(stage, "trap 'exit 0' TERM; sleep 600 & wait", "");
        if let Some(check) = &mut new.spec.healthcheck {
            check.test = Some(HealthTest::Command(vec!["/no/such/check".to_owned()]));
        }
        stage.run(new).await;
        assert!(!probe(stage, 10_000, &[]).await.passed);
    })
    .await;
}

#[tokio::test]
async fn a_container_that_does_not_listen_is_not_probed() {
    play("listen", async |stage| {
        if !stage.engine.capabilities().await.expect("an engine").local {
            return;
        }
        // It listens when it is told to.
        let script = "trap 'nc -l -p 7002 & wait' USR1; echo up > /up; sleep 600 & wait; wait; wait";
        stage.done(Action::CreateNetwork(stage.new_network("net", "n1"))).await;
        let mut new = checked(stage, script, "test -e /up");
        new.endpoints = vec![(stage.network_name("net"), Attachment::default())];
        stage.run(new).await;
        for _ in 0..3 {
            let early = probe(stage, 10_000, &[7001, 7002]).await;
            assert_eq!((early.passed, early.listening, early.count), (false, Some(false), 0));
        }
        // Without an expectation the check decides.
        let early = probe(stage, 10_000, &[]).await;
        assert_eq!((early.listening, early.count), (None, 1));
        let signal = Action::KillContainer { container: stage.name("web"), signal: "SIGUSR1".to_owned() };
        stage.done(signal).await;
        let deadline = Instant::now() + Duration::from_secs(30);
        let early = loop {
            let early = probe(stage, 10_000, &[7001, 7002]).await;
            if early.listening == Some(true) {
                break early;
            }
            assert!(Instant::now() < deadline, "it never listens");
        };
        assert!(early.passed);
    })
    .await;
}
