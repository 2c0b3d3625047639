//! The engine goes down and comes back; a daemon does.

use crate::stage::*;
use evenkeel_engine::sim::{Behaviour, SimOptions};
use evenkeel_engine::{Change, Engine, Error};
use evenkeel_model::{Action, Probe, RestartPolicy};
use futures::StreamExt;

#[tokio::test(start_paused = true)]
async fn without_live_restore_only_always_comes_back() {
    use RestartPolicy::{Always, No, OnFailure, UnlessStopped};
    for (live_restore, policy, state) in [
        (false, No, "exited 0 Outside"),
        (false, OnFailure(None), "exited 0 Outside"),
        (false, UnlessStopped, "exited 0 Outside"),
        (false, Always, "running"),
        (true, No, "running"),
        (true, UnlessStopped, "running"),
    ] {
        let stage = with(SimOptions { live_restore, ..SimOptions::default() });
        stage.run(restarting("web", policy), Behaviour::default()).await;
        let before = stage.container("web").await.started_at;
        pass_ms(100).await;
        stage.faults().kill_engine();
        pass_ms(100).await;
        stage.faults().revive_engine();
        assert_eq!(stage.state("web").await, state, "{policy:?}, live-restore {live_restore}");
        let same_run = stage.container("web").await.started_at == before;
        assert_eq!(same_run, live_restore || policy != Always, "{policy:?}, live-restore {live_restore}");
    }
}

/// As the daemon of Docker does when it takes containers up again (`restore`): what was to be removed at its end is, also what never ran.
#[tokio::test(start_paused = true)]
async fn what_goes_with_its_end_is_gone_after_an_outage_in_which_it_ended() {
    for (live_restore, started, left) in
        [(false, true, false), (true, true, true), (false, false, false), (true, false, false)]
    {
        let stage = with(SimOptions { live_restore, ..SimOptions::default() });
        let mut new = container("job");
        new.spec.auto_remove = true;
        stage.done(create(new)).await;
        if started {
            stage.done(start("job")).await;
        }
        stage.faults().kill_engine();
        stage.faults().revive_engine();
        let there = stage.observe().await.containers.contains_key("job");
        assert_eq!(there, left, "live-restore {live_restore}, started {started}");
    }
}

#[tokio::test(start_paused = true)]
async fn while_it_is_down_nothing_answers_and_then_everything_is_looked_at() {
    let stage = with(SimOptions { live_restore: true, ..SimOptions::default() });
    stage.run(checked("web"), Behaviour::default()).await;
    stage.run(restarting("job", RestartPolicy::Always), Behaviour::exits(ms(5000), 1)).await;
    let mut changes = stage.changes();
    stage.faults().kill_engine();
    let calls = stage.calls();
    let silent = |result: Result<(), Error>| matches!(result, Err(Error::Unavailable { .. }));
    assert!(silent(stage.capabilities().await.map(drop)));
    assert!(silent(stage.0.observe(&interest()).await.map(drop)));
    assert!(silent(stage.perform(start("web")).await));
    assert_eq!(stage.calls() - calls, 2, "an observation needs no request to know");
    // Longer than the clients' slow look at everything.
    pass_ms(200_000).await;
    assert!(matches!(changes.next().await, Some(Change::Lost(_))));
    stage.faults().revive_engine();
    assert_eq!(changes.next().await, Some(Change::Everything));
    assert!(stage.when("web healthy").is_empty(), "nobody probed");
    assert_eq!(stage.when("job start").len(), 2, "nobody restarted it before");
    pass_ms(2000).await;
    assert_eq!(stage.when("web healthy").len(), 1);
    pass_ms(10_000).await;
    stage.outside().force_health(&"web".into(), false).unwrap();
    pass_ms(2500).await;
    assert_eq!(stage.when("web unhealthy").len(), 1, "probes come at their old pace");
}

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_when_it_goes_down_is_not_answered() {
    let stage = stage();
    stage.run(container("web"), Behaviour::deaf()).await;
    let stopping = stage.perform(stop("web", 10));
    let outage = async {
        pass_ms(1000).await;
        stage.faults().kill_engine();
        stage.faults().revive_engine();
    };
    let (stopped, ()) = tokio::join!(stopping, outage);
    assert!(matches!(stopped, Err(Error::Unavailable { .. })), "{stopped:?}");
    assert_eq!(stage.state("web").await, "exited 137 Outside");
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_comes_later_knows_what_the_engine_tells() {
    let first = stage();
    first.run(checked("web"), Behaviour::default()).await;
    first.run(container("job"), Behaviour::exits(ms(100), 3)).await;
    pass_ms(500).await;
    let probe = Probe { container: "web".into(), timeout_ms: 1000, expects_ports: [].into() };
    first.done(Action::ProbeContainer(probe)).await;
    assert_eq!(first.state("job").await, "exited 3 Itself");
    assert!(first.container("web").await.early_probe.is_some());

    let second = Stage(first.attach());
    assert_eq!(second.state("job").await, "exited 3 Unknown");
    assert_eq!(second.container("web").await.early_probe, None);
    assert_eq!(second.calls(), 1);
    second.outside().exit(&"web".into(), 4).unwrap();
    assert_eq!(second.state("web").await, "exited 4 Itself");
}
