//! How processes live and end: restart policies, stops, jobs, logs.

use crate::stage::*;
use evenkeel_engine::sim::{Behaviour, Ends};
use evenkeel_engine::{Engine, LogQuery};
use evenkeel_model::{Action, InjectedFile, RestartPolicy, Sensitive, labels};
use futures::StreamExt;

#[tokio::test(start_paused = true)]
async fn restart_policies_and_their_pauses() {
    use RestartPolicy::{Always, No, OnFailure, UnlessStopped};
    let exits = |code| Behaviour::exits(ms(0), code);
    let long = Behaviour::exits(ms(11_000), 1);
    for (case, policy, behaviour, starts, state) in [
        ("no", No, exits(1), vec![0], "exited 1 Itself"),
        ("always, 0", Always, exits(0), vec![0, 100, 300, 700, 1500], "restarting 0 Itself"),
        ("unless-stopped", UnlessStopped, exits(1), vec![0, 100, 300, 700, 1500], "restarting 1 Itself"),
        ("on-failure, 0", OnFailure(None), exits(0), vec![0], "exited 0 Itself"),
        ("on-failure", OnFailure(None), exits(1), vec![0, 100, 300, 700, 1500], "restarting 1 Itself"),
        ("on-failure:2", OnFailure(Some(2)), exits(1), vec![0, 100, 300], "exited 1 Itself"),
        ("crashes twice", Always, Behaviour { crashes: 2, ..Behaviour::default() }, vec![0, 100, 300], "running"),
        ("long runs", Always, long, vec![0], "running"),
    ] {
        let stage = stage();
        stage.run(restarting("web", policy), behaviour).await;
        pass_ms(2000).await;
        assert_eq!(stage.when("web start"), starts, "{case}");
        assert_eq!(stage.state("web").await, state, "{case}");
        assert_eq!(stage.container("web").await.restart_count as usize, starts.len() - 1, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_good_run_sets_the_pause_back_and_a_start_by_hand_the_count() {
    let stage = stage();
    stage.run(restarting("web", RestartPolicy::Always), Behaviour::exits(ms(10_000), 1)).await;
    pass_ms(30_250).await;
    assert_eq!(stage.when("web start"), [0, 10_100, 20_200, 30_300][..3]);
    stage.done(stop("web", 1)).await;
    assert_eq!(stage.state("web").await, "exited 1 Outside", "a stop during the pause ends it");
    stage.done(start("web")).await;
    assert_eq!(stage.container("web").await.restart_count, 0);
}

#[tokio::test(start_paused = true)]
async fn stops_take_what_the_process_and_the_grace_make_of_them() {
    let slow = |stop_takes| Behaviour { stop_takes, stop_code: 143, ..Behaviour::default() };
    for (case, behaviour, grace_s, took, state) in [
        ("obedient", slow(ms(50)), 10, 50, "exited 143 Outside"),
        ("slow", slow(ms(3000)), 10, 3000, "exited 143 Outside"),
        ("too slow", slow(ms(3000)), 2, 2000, "exited 137 Outside"),
        ("deaf", Behaviour::deaf(), 10, 10_000, "exited 137 Outside"),
        ("no grace", slow(ms(50)), 0, 0, "exited 137 Outside"),
    ] {
        let stage = stage();
        stage.run(restarting("web", RestartPolicy::Always), behaviour).await;
        let began = tokio::time::Instant::now();
        stage.done(stop("web", grace_s)).await;
        assert_eq!(began.elapsed().as_millis(), took, "{case}");
        assert_eq!(stage.state("web").await, state, "{case}");
        pass_ms(5000).await;
        assert_eq!(stage.state("web").await, state, "{case}: the policy leaves it alone");
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_others_wait_for_completes() {
    for (case, depends_on, created_after, behaviour, state) in [
        ("awaited", "job:service_completed_successfully:false", 0, Behaviour::default(), "exited 0 Itself"),
        ("later", "job:service_completed_successfully:false", 5000, Behaviour::default(), "exited 0 Itself"),
        (
            "one of several",
            "db:service_healthy:false,job:service_completed_successfully:true",
            0,
            Behaviour::default(),
            "exited 0 Itself",
        ),
        ("only started", "job:service_started:false", 0, Behaviour::default(), "running"),
        ("another's", "job2:service_completed_successfully:false", 0, Behaviour::default(), "running"),
        (
            "told not to",
            "job:service_completed_successfully:false",
            0,
            Behaviour { ends: Ends::Never, ..Behaviour::default() },
            "running",
        ),
        ("failing", "job:service_completed_successfully:false", 0, Behaviour::exits(ms(10), 4), "exited 4 Itself"),
        ("never ready", "job:service_completed_successfully:false", 0, Behaviour::never_ready(), "running"),
    ] {
        let stage = stage();
        stage.run(container("job"), behaviour).await;
        pass_ms(created_after).await;
        let mut web = container("web");
        web.labels.insert(labels::DEPENDS_ON.to_owned(), depends_on.to_owned());
        stage.done(create(web)).await;
        pass_ms(1000).await;
        assert_eq!(stage.state("job").await, state, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_environment_of_the_file_says_how_a_process_behaves() {
    let stage = stage();
    let mut new = container("job");
    new.spec.environment.insert("SIM_EXIT_AFTER_MS".into(), Some("700".into()));
    new.spec.environment.insert("SIM_EXIT_CODE".into(), Some("9".into()));
    stage.done(create(new)).await;
    stage.done(start("job")).await;
    pass_ms(1000).await;
    assert_eq!(stage.journal(), ["0 app pull", "0 job create", "0 job start", "700 job die 9"]);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_cannot_be_started_leaves_its_reason() {
    let stage = stage();
    let error =
        Behaviour { start_error: Some("exec: \"x\": executable file not found".into()), ..Behaviour::default() };
    stage.behave_service("web", error.clone());
    stage.done(create(container("web"))).await;
    let refused = stage.perform(start("web")).await.unwrap_err();
    assert_eq!(refused.to_string(), "container web: exec: \"x\": executable file not found");
    assert_eq!(stage.state("web").await, "created", "as it was");

    stage.run(container("web"), Behaviour::exits(ms(0), 3)).await;
    pass_ms(10).await;
    stage.behave_service("web", error);
    stage.perform(start("web")).await.unwrap_err();
    assert_eq!(stage.state("web").await, "exited 128 Itself");
    assert!(stage.container("web").await.exit().unwrap().error.contains("executable file not found"));
}

#[tokio::test(start_paused = true)]
async fn memory_runs_out() {
    let stage = stage();
    stage.run(container("web"), Behaviour::default()).await;
    stage.outside().out_of_memory(&"web".into()).unwrap();
    let exit = stage.container("web").await.exit().cloned().unwrap();
    assert_eq!((exit.code, exit.oom, stage.state("web").await.as_str()), (137, true, "exited 137 Itself"));
}

#[tokio::test(start_paused = true)]
async fn a_paused_process_does_nothing_until_it_goes_on() {
    let stage = stage();
    stage.run(container("job"), Behaviour::exits(ms(100), 5)).await;
    stage.done(Action::PauseContainer("job".into())).await;
    pass_ms(5000).await;
    assert_eq!(stage.state("job").await, "paused");
    stage.done(Action::UnpauseContainer("job".into())).await;
    pass_ms(1).await;
    assert_eq!(stage.state("job").await, "exited 5 Itself");
    stage.run(container("web"), Behaviour::default()).await;
    stage.done(Action::PauseContainer("web".into())).await;
    stage.done(stop("web", 3)).await;
    assert_eq!(stage.state("web").await, "exited 137 Outside", "a frozen process hears no signal");
}

#[tokio::test(start_paused = true)]
async fn without_its_files_a_process_cannot_live() {
    let stage = stage();
    let mut new = container("web");
    let content = Sensitive::new("hunter2");
    new.spec.files.push(InjectedFile { path: "/run/secrets/x".into(), content, uid: 0, gid: 0, mode: 0o444 });
    stage.faults().fail_next(evenkeel_engine::sim::Call::CopyFiles);
    stage.perform(create(new.clone())).await.unwrap_err();
    stage.done(start("web")).await;
    pass_ms(1).await;
    assert_eq!(stage.state("web").await, "exited 1 Itself");
    stage.done(remove("web")).await;
    stage.run(new, Behaviour::default()).await;
    pass_ms(1).await;
    assert_eq!(stage.state("web").await, "running");
}

#[tokio::test(start_paused = true)]
async fn lines_are_read_and_followed_to_the_end_of_the_run() {
    let stage = stage();
    stage.run(container("web"), Behaviour::exits(ms(2000), 3)).await;
    let read = async |follow, tail| {
        let query = LogQuery { container: "web".into(), follow, tail, since: None };
        let lines: Vec<_> = stage.logs(&query).await.unwrap().collect().await;
        let text = |line: Result<evenkeel_engine::LogLine, _>| String::from_utf8(line.unwrap().text.to_vec()).unwrap();
        lines.into_iter().map(text).collect::<Vec<_>>()
    };
    let first = "simulated process of web, run 1";
    assert_eq!(read(false, None).await, [first]);
    assert_eq!(read(true, None).await, [first, "ready", "exit code 3"], "waits for the end");
    assert_eq!(read(true, Some(1)).await, ["exit code 3"]);
    let missing = LogQuery { container: "none".into(), follow: false, tail: None, since: None };
    assert!(stage.logs(&missing).await.is_err());
}

/// The one test without a paused clock: as in `serve --engine sim`, nobody looks at the world while it moves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_world_moves_by_itself_in_real_time() {
    let stage = stage();
    let mut changes = stage.changes();
    stage.run(container("job"), Behaviour::exits(ms(20), 3)).await;
    let moved = async {
        // Its creation, its start, its end.
        for _ in 0..3 {
            changes.next().await;
        }
    };
    tokio::time::timeout(ms(20_000), moved).await.unwrap();
    assert_eq!(stage.state("job").await, "exited 3 Itself");
}
