//! Stops of real processes that hear the signal, and of one that cannot.

use crate::play;
use evenkeel_model::Action;
use std::time::{Duration, Instant};

#[tokio::test]
async fn who_cannot_hear_is_not_waited_for_and_who_can_is() {
    play("deaf", async |stage| {
        if !stage.engine.capabilities().await.expect("an engine").local {
            return;
        }
        stage.run(stage.new_container("deaf", "exec sleep 600", &[])).await;
        // The signal comes to the init, which waits for it in sigwait and passes it on.
        let mut behind = stage.new_container("behind", "exec sleep 600", &[]);
        behind.spec.init = Some(true);
        stage.run(behind).await;
        stage.run(stage.new_container("busy", "trap 'sleep 1; exit 3' TERM; sleep 600 & wait", &[])).await;
        for service in ["busy", "behind"] {
            settled(stage, service).await;
        }
        for (service, code, waited) in
            [("deaf", 137, Duration::ZERO), ("behind", 143, Duration::ZERO), ("busy", 3, Duration::from_secs(1))]
        {
            let began = Instant::now();
            stage.done(Action::StopContainer { container: stage.name(service), grace_s: Some(40) }).await;
            let took = began.elapsed();
            let container = stage.container(service).await;
            assert_eq!(container.exit().map(|exit| exit.code), Some(code), "{service}");
            assert!(took >= waited && took < Duration::from_secs(30), "{service}: {took:?}");
        }
    })
    .await;
}

/// Waits until the main process has got so far as to hear SIGTERM: until it sleeps with children.
async fn settled(stage: &crate::stage::Stage, service: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut pause = tokio::time::interval(Duration::from_millis(20));
    while Instant::now() < deadline {
        // No event tells what happens inside of a container.
        pause.tick().await;
        let top = crate::others().top_processes(stage.name(service).as_str(), None).await.expect("processes");
        let sleeps = |words: &Vec<String>| words.last().is_some_and(|command| command.starts_with("sleep"));
        if top.processes.unwrap_or_default().iter().any(sleeps) {
            return;
        }
    }
    panic!("{service} never got so far");
}
