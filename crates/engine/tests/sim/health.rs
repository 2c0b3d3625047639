//! When healthchecks run and what they say.

use crate::stage::*;
use evenkeel_engine::sim::{Behaviour, SimOptions};
use evenkeel_model::{Action, ContainerState, Health, Probe};

#[tokio::test(start_paused = true)]
async fn the_first_probe_comes_one_interval_after_the_start_and_the_next_after_its_end() {
    let ready = |after| Behaviour { probe_takes: ms(200), ..Behaviour::ready(ms(after)) };
    let sick = Behaviour { sick_after: Some(ms(1500)), ..ready(0) };
    for (case, behaviour, healthy, unhealthy) in [
        ("at once", ready(0), vec![1200], vec![]),
        ("just too late for the first", ready(1001), vec![2400], vec![]),
        ("for the second too", ready(2300), vec![3600], vec![2400]),
        ("never", Behaviour { ready_after: None, ..ready(0) }, vec![], vec![2400]),
        ("falls sick", sick, vec![1200], vec![3600]),
        ("slower than its timeout", Behaviour { probe_takes: ms(900), ..ready(0) }, vec![], vec![3000]),
    ] {
        let stage = stage();
        stage.run(checked("web"), behaviour).await;
        pass_ms(6000).await;
        assert_eq!(stage.when("web healthy"), healthy, "{case}");
        assert_eq!(stage.when("web unhealthy"), unhealthy, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_in_the_start_period_do_not_count_and_newer_engines_probe_more_often_in_it() {
    for (api, ready, healthy, unhealthy) in [
        ((1, 41), Some(ms(3500)), vec![4160], vec![]),
        ((1, 44), Some(ms(3500)), vec![3770], vec![]),
        ((1, 41), None, vec![], vec![6240]),
    ] {
        let stage = with(SimOptions { api, ..SimOptions::default() });
        let mut new = checked("web");
        let check = new.spec.healthcheck.as_mut().unwrap();
        (check.start_period_ns, check.start_interval_ns) = (Some(5000 * MS), Some(250 * MS));
        stage.run(new, Behaviour { ready_after: ready, ..Behaviour::default() }).await;
        pass_ms(9000).await;
        assert_eq!((stage.when("web healthy"), stage.when("web unhealthy")), (healthy, unhealthy), "{api:?} {ready:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_run_begins_anew_and_a_stopped_container_is_not_probed() {
    let stage = stage();
    stage.run(checked("web"), Behaviour::default()).await;
    pass_ms(1500).await;
    let healthy = ContainerState::Running { health: Health::Healthy { since: stage.outside().now() - ms(460) } };
    assert_eq!(stage.container("web").await.state, healthy);
    stage.outside().kill(&"web".into()).unwrap();
    pass_ms(5000).await;
    stage.done(start("web")).await;
    assert_eq!(stage.container("web").await.state, ContainerState::Running { health: Health::Starting });
    pass_ms(2000).await;
    assert_eq!(stage.when("web healthy"), [1040, 7540]);
}

#[tokio::test(start_paused = true)]
async fn health_can_be_forced_from_outside() {
    let stage = stage();
    stage.run(checked("web"), Behaviour::default()).await;
    pass_ms(1500).await;
    stage.outside().force_health(&"web".into(), false).unwrap();
    pass_ms(3000).await;
    stage.outside().force_health(&"web".into(), true).unwrap();
    pass_ms(3000).await;
    assert_eq!((stage.when("web healthy"), stage.when("web unhealthy")), (vec![1040, 5200], vec![3120]));
}

#[tokio::test(start_paused = true)]
async fn early_probes_say_what_they_find_and_whether_it_listens() {
    let database = Behaviour { listens_after: Some(ms(2000)), ..Behaviour::ready(ms(500)) };
    for (local, after, ports, timeout_ms, expected) in [
        (true, 0, vec![], 1000, (false, None)),
        (true, 600, vec![], 1000, (true, None)),
        (true, 600, vec![5432], 1000, (false, Some(false))),
        (false, 600, vec![5432], 1000, (true, None)),
        (true, 2000, vec![5432], 1000, (true, Some(true))),
        (true, 2000, vec![], 10, (false, None)),
    ] {
        let stage = with(SimOptions { local, ..SimOptions::default() });
        stage.run(checked("db"), database.clone()).await;
        pass_ms(after).await;
        let expects_ports = ports.iter().copied().collect();
        stage.done(Action::ProbeContainer(Probe { container: "db".into(), timeout_ms, expects_ports })).await;
        let probe = stage.container("db").await.early_probe.unwrap();
        assert_eq!((probe.passed, probe.listening), expected, "after {after} ms, {ports:?}, timeout {timeout_ms} ms");
        assert_eq!(probe.count, 1);
    }
}
