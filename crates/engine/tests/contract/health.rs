//! Healthchecks, the engine's own and early ones.

use crate::stage::Stage;
use evenkeel_engine::Error;
use evenkeel_model::{Action, ContainerState, Health, HealthTest, Healthcheck, NewContainer, Probe};
use std::collections::BTreeSet;

const MS: i64 = 1_000_000;

/// A container whose check looks for a file that it makes, or not.
fn checked(stage: &Stage, ready: bool, interval_ms: i64) -> NewContainer {
    let (script, sim) = if ready {
        ("touch /ready; trap 'exit 0' TERM; sleep 600 & wait", [("SIM_READY_MS", "0")])
    } else {
        ("trap 'exit 0' TERM; sleep 600 & wait", [("SIM_READY_MS", "never")])
    };
    let mut new = stage.new_container("web", script, &sim);
    new.spec.healthcheck = Some(Healthcheck {
        test: Some(HealthTest::Shell("test -e /ready || { echo not ready; exit 1; }".to_owned())),
        interval_ns: Some(interval_ms * MS),
        timeout_ns: Some(10_000 * MS),
        retries: Some(2),
        ..Healthcheck::default()
    });
    new
}

fn probe(stage: &Stage) -> Action {
    Action::ProbeContainer(Probe { container: stage.name("web"), timeout_ms: 10_000, expects_ports: BTreeSet::new() })
}

pub async fn without_a_healthcheck(stage: &Stage) {
    stage.run(stage.obedient("web")).await;
    let running = stage.container("web").await;
    assert!(!running.has_healthcheck);
    assert_eq!(running.state, ContainerState::Running { health: Health::None });
    let probed = stage.perform(probe(stage)).await;
    if stage.engine.capabilities().await.expect("an engine").local {
        probed.expect("a probe");
        let rests = stage.container("web").await.early_probe.expect("a probe");
        assert!(rests.passed, "{rests:?}");
    } else {
        assert!(matches!(probed, Err(Error::Rejected { .. })), "{probed:?}");
    }
}

pub async fn its_native_check_passes(stage: &Stage) {
    stage.run(checked(stage, true, 300)).await;
    assert!(stage.container("web").await.has_healthcheck);
    let healthy =
        |health: &ContainerState| matches!(health, ContainerState::Running { health: Health::Healthy { .. } });
    let container = stage.until("healthy", "web", |container| healthy(&container.state)).await;
    assert_eq!(container.early_probe, None);
}

pub async fn its_native_check_fails(stage: &Stage) {
    stage.run(checked(stage, false, 300)).await;
    let unhealthy =
        |state: &ContainerState| matches!(state, ContainerState::Running { health: Health::Unhealthy { .. } });
    let container = stage.until("unhealthy", "web", |container| unhealthy(&container.state)).await;
    let ContainerState::Running { health: Health::Unhealthy { streak, since, .. } } = container.state else { return };
    assert!(streak >= 2);
    assert!(Some(since) > container.started_at);
}

pub async fn one_that_was_frozen_is_not_ill(stage: &Stage) {
    stage.run(checked(stage, true, 3_000)).await;
    let healthy = |state: &ContainerState| matches!(state, ContainerState::Running { health: Health::Healthy { .. } });
    stage.until("healthy", "web", |container| healthy(&container.state)).await;
    stage.done(Action::PauseContainer(stage.name("web"))).await;
    assert_eq!(stage.container("web").await.state, ContainerState::Paused);
    stage.done(Action::UnpauseContainer(stage.name("web"))).await;
    assert_eq!(stage.container("web").await.state, ContainerState::Running { health: Health::Starting });
    stage.until("healthy again", "web", |container| healthy(&container.state)).await;
}

pub async fn an_early_probe_passes(stage: &Stage) {
    stage.run(checked(stage, true, 3_600_000)).await;
    assert_eq!(stage.container("web").await.early_probe, None);
    let mut count = 0;
    loop {
        stage.done(probe(stage)).await;
        count += 1;
        let early = stage.container("web").await.early_probe.expect("a probe");
        assert_eq!(early.count, count);
        if early.passed {
            break;
        }
        // The process may not have got so far yet.
        assert!(count < 100, "it never passes");
    }
    // The native check has not spoken yet.
    assert_eq!(stage.container("web").await.state, ContainerState::Running { health: Health::Starting });
}

pub async fn an_early_probe_fails(stage: &Stage) {
    stage.run(checked(stage, false, 3_600_000)).await;
    for count in 1..=2 {
        stage.done(probe(stage)).await;
        let early = stage.container("web").await.early_probe.expect("a probe");
        assert_eq!((early.passed, early.count), (false, count));
    }
}

pub async fn an_early_probe_belongs_to_its_run(stage: &Stage) {
    stage.run(checked(stage, false, 3_600_000)).await;
    stage.done(probe(stage)).await;
    stage.done(stage.stop("web")).await;
    stage.done(stage.start("web")).await;
    assert_eq!(stage.container("web").await.early_probe, None);
    stage.done(stage.stop("web")).await;
    let refused = stage.perform(probe(stage)).await;
    assert!(matches!(refused, Err(Error::Rejected { .. })), "{refused:?}");
}
