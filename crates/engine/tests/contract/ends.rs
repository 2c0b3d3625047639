//! How runs end, and by whom.

use crate::stage::Stage;
use evenkeel_model::{Action, Container, ContainerState, EndedBy, Health, HealthTest, Healthcheck, RestartPolicy};

fn exited(container: &Container) -> bool {
    matches!(container.state, ContainerState::Exited(_))
}

fn end(container: &Container) -> (i64, EndedBy) {
    let exit = container.exit().expect("an end");
    assert!(Some(exit.at) >= container.started_at, "{exit:?}");
    (exit.code, exit.by)
}

pub async fn by_itself(stage: &Stage) {
    for (service, script, code) in [("good", "exit 0", "0"), ("bad", "exit 3", "3")] {
        let new = stage.new_container(service, script, &[("SIM_EXIT_AFTER_MS", "20"), ("SIM_EXIT_CODE", code)]);
        stage.run(new).await;
        let ended = stage.until("ended", service, exited).await;
        assert_eq!(end(&ended), (code.parse().expect("a code"), EndedBy::Itself));
    }
}

pub async fn stopped(stage: &Stage) {
    stage.run(stage.obedient("web")).await;
    stage.done(stage.stop("web")).await;
    // On a busy machine it may not have got so far yet as to listen to the signal.
    let ended = end(&stage.container("web").await);
    assert!(matches!(ended, (0 | 137, EndedBy::Outside)), "{ended:?}");
    // The same container, started again and ending by itself, tells of its newest run.
    let deaf = stage.new_container("deaf", "trap '' TERM; sleep 600 & wait", &[("SIM_DEAF", "1")]);
    stage.run(deaf).await;
    stage.done(Action::StopContainer { container: stage.name("deaf"), grace_s: Some(1) }).await;
    assert_eq!(end(&stage.container("deaf").await), (137, EndedBy::Outside));
}

pub async fn stopped_slowly(stage: &Stage) {
    // It is healthy as soon as it listens to the signal.
    let script = "trap 'sleep 0.3; exit 4' TERM; touch /ready; sleep 600 & wait";
    let sim = [("SIM_READY_MS", "0"), ("SIM_STOP_MS", "300"), ("SIM_STOP_CODE", "4")];
    let mut new = stage.new_container("web", script, &sim);
    new.spec.healthcheck = Some(Healthcheck {
        test: Some(HealthTest::Shell("test -e /ready".to_owned())),
        interval_ns: Some(100_000_000),
        ..Healthcheck::default()
    });
    stage.run(new).await;
    let healthy = |it: &Container| matches!(it.state, ContainerState::Running { health: Health::Healthy { .. } });
    stage.until("healthy", "web", healthy).await;
    stage.done(Action::StopContainer { container: stage.name("web"), grace_s: Some(30) }).await;
    assert_eq!(end(&stage.container("web").await), (4, EndedBy::Outside), "its grace is its own");
}

pub async fn out_of_memory(stage: &Stage) {
    // Not in its first moments: what 28.5 hears of a container's memory begins a little after the container. And not its
    // last one: where the kernel ends the main process, 20.10 may hear of the end alone (1 of 24 times on a busy machine).
    let script = "sleep 1; dd if=/dev/zero of=/dev/null bs=64M count=1000; sleep 1; exit 137";
    let mut new = stage.new_container("hog", script, &[("SIM_EXIT_AFTER_MS", "1000"), ("SIM_OOM", "1")]);
    new.spec.memory_bytes = Some(16 << 20);
    stage.run(new).await;
    // The engine hears of the end and of its reason from two sides, in whatever order.
    let for_want_of_memory = |container: &Container| exited(container) && container.exit().is_some_and(|exit| exit.oom);
    let ended = stage.until("ended for want of memory", "hog", for_want_of_memory).await;
    assert_eq!(end(&ended), (137, EndedBy::Itself), "nobody has sent a signal");
}

pub async fn killed(stage: &Stage) {
    stage.run(stage.obedient("web")).await;
    let kill = Action::KillContainer { container: stage.name("web"), signal: "SIGKILL".to_owned() };
    stage.done(kill.clone()).await;
    let ended = stage.until("killed", "web", exited).await;
    assert_eq!(end(&ended), (137, EndedBy::Outside));
    stage.done(kill).await;
}

pub async fn a_reload_is_no_end(stage: &Stage) {
    let script = "trap 'exit 7' USR1; sleep 600 & wait";
    stage.run(stage.new_container("web", script, &[("SIM_DEAF", "1")])).await;
    stage.done(Action::KillContainer { container: stage.name("web"), signal: "SIGWINCH".to_owned() }).await;
    assert!(stage.container("web").await.is_running());
}

pub async fn removed_while_it_runs(stage: &Stage) {
    stage.run(stage.obedient("web")).await;
    stage.done(stage.remove("web")).await;
    assert!(stage.observe().await.containers.is_empty());
}

pub async fn restarted_by_its_policy(stage: &Stage) {
    let mut new = stage.new_container("web", "exit 1", &[("SIM_EXIT_AFTER_MS", "0"), ("SIM_EXIT_CODE", "1")]);
    new.spec.restart = Some(RestartPolicy::OnFailure(Some(2)));
    stage.run(new).await;
    let ended = stage.until("given up", "web", |container| exited(container) && container.restart_count == 2).await;
    assert_eq!(end(&ended), (1, EndedBy::Itself));
}
