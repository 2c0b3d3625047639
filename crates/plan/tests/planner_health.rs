//! The planner about runs that go wrong: unhealthy ones by policy, lucky samples, loops.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "planner/world.rs"]
mod world;

use chrono::TimeDelta;
use evenkeel_model::*;
use evenkeel_plan::{ServiceState, StackState, Verdict, account, plan, render, status, unheard, verdict};
use world::{NOW, World, at};

const STACK: &str = "db: check\n web: check; after db healthy";

fn web() -> ContainerName {
    ContainerName::new("s-web-1")
}

/// A record of failures of `web`, the last so many seconds ago, next tried so many seconds from now.
fn failed(world: &mut World, failures: u32, ago: i64, next: i64) {
    let (last_at, reason) = (at(NOW - ago), "exit 1".to_owned());
    let times = vec![last_at; failures as usize];
    let attempt =
        Attempt { failures, times, first_at: last_at, last_at, next_at: at(NOW + next), reason, refused: false };
    world.ledger.attempts.insert(Object::Container(web()), attempt);
}

fn counted(world: &World) -> Vec<LedgerUpdate> {
    account(world.input(), None, &|_| false)
}

#[test]
fn an_unhealthy_run_is_ended_by_policy() {
    let sick = "it failed its healthcheck 3 times in a row: no";
    let restart = format!(
        "stop container s-web-1: {sick}\nstart container s-web-1: {sick}; waits for container s-web-1 to stop\n"
    );
    // (what, stack, db, web, whether it is restarted)
    for (what, stack, db, web, restarted) in [
        ("healthy before", STACK, "running healthy @1", "running unhealthy @50 lapsed", true),
        ("never healthy: it may be starting", STACK, "running healthy @1", "running unhealthy @10", false),
        ("never healthy, and no end of it", STACK, "running healthy @-400", "running unhealthy @-300", true),
        ("left alone", "db: check\n web: check; unhealthy ignore", "created", "running unhealthy @50 lapsed", false),
        (
            "never to be restarted",
            "db: check\n web: check; policy no",
            "created",
            "running unhealthy @50 lapsed",
            false,
        ),
        ("its start would have to wait", STACK, "running unhealthy @-1", "running unhealthy @50 lapsed", false),
        ("healthy", STACK, "running healthy @1", "running healthy @50 lapsed", false),
        ("a job", "db: check\n web: check\n x: after web completed", "created", "running unhealthy @50 lapsed", false),
    ] {
        let world = World::new(stack, &format!("image\n db {db}\n web {web}\n x created"));
        let steps = world.plan();
        assert_eq!(steps.contains("stop container s-web-1"), restarted, "{what}:\n{steps}");
        assert!(!restarted || steps.contains(&restart), "{what}:\n{steps}");
        let failures = counted(&world).len();
        assert_eq!(failures, usize::from(restarted), "{what}: counted");
    }
}

#[test]
fn an_unhealthy_run_fails_once() {
    let mut world = World::new(STACK, "image\n db running healthy @1\n web running unhealthy @50 lapsed");
    let [LedgerUpdate::Failed { object, attempt }] = &counted(&world)[..] else { panic!("it is not counted") };
    assert_eq!(attempt.reason, "failed its healthcheck 3 times in a row: no");
    assert_eq!((attempt.failures, attempt.next_at), (1, at(NOW)), "the first is mended at once");
    world.ledger.attempts.insert(object.clone(), attempt.clone());
    assert_eq!(counted(&world), [], "in the next pass");
    // Its end is ours, and no second failure; its next run tells why there is one.
    let ended = "image\n db running healthy @1\n web exited 137 outside @50";
    world.observed = World::new(STACK, ended).observed;
    let end = at(NOW + 1);
    let container = world.observed.containers.get_mut(&web()).unwrap();
    let ContainerState::Exited(exit) = &mut container.state else { panic!("it has ended") };
    exit.at = end;
    assert_eq!(counted(&world), []);
    assert_eq!(world.plan(), "start container s-web-1: again, after: failed its healthcheck 3 times in a row: no\n");
}

#[test]
fn the_longer_it_lasts_the_longer_it_is_left_alone() {
    let mut world = World::new(STACK, "image\n db running healthy @1\n web running unhealthy @50 lapsed");
    failed(&mut world, 4, 10, 3);
    assert!(
        world
            .plan()
            .contains("s-web-1: it failed its healthcheck 3 times in a row: no; waits for its next attempt in 3 s")
    );
    let plan = plan(world.input());
    let status = status(world.input(), &plan, None);
    let web = &status.services[&ServiceName::new("web")];
    assert!(matches!(web.state, ServiceState::Failed { failures: 4, .. }), "{:?}", web.state);
}

#[test]
fn what_has_died_is_stopping_until_the_engine_shows_its_end() {
    for (what, state) in [("ended by somebody", "died"), ("ended by itself", "crashed")] {
        let stack = "web: check\n api: after web healthy";
        let mut world = World::new(stack, &format!("image\n web running healthy @1 {state}\n api created"));
        let plan = plan(world.input());
        assert_eq!(plan.ready().count(), 0, "{what}: it serves nobody");
        let status = status(world.input(), &plan, None);
        assert_eq!(status.services[&ServiceName::new("web")].state, ServiceState::Stopping, "{what}");
        let told = (status.state, status.reason.as_deref());
        assert_eq!(told, (StackState::Converging, Some("web is stopping")), "{what}");
        assert_eq!(verdict(Verb::Up, &[], &status, &plan, at(NOW)), Verdict::Pending, "{what}");
        // Ended to begin anew, it is not through with its restart.
        world.desired.intent.stale_runs.insert(web(), world.observed.containers[&web()].started_at.unwrap());
        let steps = world.plan();
        assert!(steps.contains("start container s-web-1: its restart was asked for"), "{what}: {steps}");
    }
    let probes = |state: &str| World::new("web: check", &format!("image\n web running starting @1 {state}")).plan();
    assert_eq!(probes(""), "probe container s-web-1: it is starting\n");
    assert_eq!(probes("crashed"), "", "nobody is there to answer");
    let sharer = World::new(
        "web:\n side: shares web; after web started",
        "image\n web running @1 crashed\n side created shares=id-web",
    );
    assert_eq!(sharer.plan(), "start container s-side-1: it has not run yet; waits for web to be started\n");
    let mut world = World::new("web:", &format!("image\n web running @{NOW} crashed"));
    failed(&mut world, 2, 1, -1);
    let state = status(world.input(), &plan(world.input()), None).services[&ServiceName::new("web")].state.clone();
    assert!(matches!(state, ServiceState::Restarting { failures: 2, .. }), "in a loop: {state:?}");
}

#[test]
fn a_lucky_sample_is_not_ready() {
    use Verdict::{Met, Pending};
    // (milliseconds of the run; seen to rest, or to work on; a healthcheck; the verdict; when there is more to see, after the start; a probe)
    for (ms, rests, healthcheck, expected, again, probed) in [
        (0, None, false, Pending, Some(500), true),
        (99, None, false, Pending, Some(500), true),
        (499, None, false, Pending, Some(500), true),
        (500, None, false, Met, None, false),
        (60, Some(true), false, Pending, Some(100), false),
        (100, Some(true), false, Met, None, false),
        (499, Some(false), false, Pending, Some(500), false),
        (500, Some(false), false, Met, None, false),
        // A healthcheck that passes is no sample.
        (60, None, true, Met, None, false),
        // An engine whose clock is far from ours.
        (-60_000, None, false, Met, None, false),
    ] {
        let (stack, state) = if healthcheck { ("web: check", "running healthy @10") } else { ("web:", "running @10") };
        let mut world = World::new(stack, &format!("image\n web {state}"));
        let started_at = at(NOW) - TimeDelta::milliseconds(ms);
        let container = world.observed.containers.get_mut(&web()).unwrap();
        container.started_at = Some(started_at);
        let early = |passed| EarlyProbe { at: at(NOW), took_ms: 50, passed, listening: None, count: 1 };
        container.early_probe = rests.map(early);
        let plan = plan(world.input());
        let status = status(world.input(), &plan, None);
        assert_eq!(status.state, StackState::Up, "{ms} ms");
        assert_eq!(verdict(Verb::Up, &[], &status, &plan, at(NOW)), expected, "{ms} ms, {rests:?}");
        let again = again.map(|again| started_at + TimeDelta::milliseconds(again));
        assert_eq!(plan.again_at, again, "{ms} ms, {rests:?}");
        let probe = plan.steps.iter().find_map(|step| match &step.action {
            Action::ProbeContainer(probe) => Some(probe.timeout_ms),
            _ => None,
        });
        assert_eq!(probe, probed.then(|| u64::try_from(500 - ms).unwrap()), "{ms} ms, {rests:?}");
        world.observed.capabilities.local = false;
        assert_eq!(world.plan(), "", "from afar nobody can see it");
    }
    // Who depends on its start goes on at once.
    let mut world = World::new("web: \n api: after web started", "image\n web running @10\n api created");
    world.observed.containers.get_mut(&web()).unwrap().started_at = Some(at(NOW));
    let planned = "probe container s-web-1: it is starting\nstart container s-api-1: it has not run yet\n";
    assert_eq!(world.plan(), planned);
}

#[test]
fn a_young_run_in_a_loop_is_not_up() {
    // (seconds of the run, failures, starts by the engine's own policy, state)
    for (age, failures, restarts, up) in
        [(1, 4, 0, false), (9, 4, 0, false), (10, 4, 0, true), (1, 3, 0, true), (1, 0, 4, false), (1, 0, 3, true)]
    {
        let mut world = World::new("web:", &format!("image\n web running @{}", NOW - age));
        failed(&mut world, failures, age + 1, -age);
        world.observed.containers.get_mut(&web()).unwrap().restart_count = restarts;
        let plan = plan(world.input());
        let status = status(world.input(), &plan, None);
        assert_eq!(status.state == StackState::Up, up, "{age} s, {failures} and {restarts}: {:?}", status.state);
        assert_eq!(plan.again_at, (!up).then_some(at(NOW - age + 10)), "{age} s, {failures} and {restarts}");
    }
}

#[test]
fn after_a_failure_a_run_is_up_once_it_has_lasted() {
    // (milliseconds of the run, failures, starts by the engine's own policy, state)
    for (ms, failures, restarts, up) in
        [(100, 0, 0, true), (499, 1, 0, false), (499, 0, 1, false), (500, 1, 0, true), (500, 0, 1, true)]
    {
        let mut world = World::new("web:", "image\n web running @10");
        failed(&mut world, failures, 1, 0);
        let container = world.observed.containers.get_mut(&web()).unwrap();
        container.started_at = Some(at(NOW) - TimeDelta::milliseconds(ms));
        container.restart_count = restarts;
        let plan = plan(world.input());
        let status = status(world.input(), &plan, None);
        assert_eq!(status.state == StackState::Up, up, "{ms} ms, {failures} and {restarts}: {:?}", status.state);
        let again = (!up).then(|| at(NOW) + TimeDelta::milliseconds(500 - ms));
        assert!(up || plan.again_at == again, "{ms} ms, {failures} and {restarts}: {:?}", plan.again_at);
    }
}

#[test]
fn last_words_are_asked_for_and_told() {
    let stack = "web: \n job: \n api: after job completed";
    let mut world =
        World::new(stack, "image\n web exited 1 itself @10\n job exited 0 itself @10\n api exited 0 outside @10");
    failed(&mut world, 4, 10, 3);
    let asked: Vec<_> = unheard(world.input()).into_iter().map(|ended| ended.container).collect();
    assert_eq!(asked, [web()], "not what is done, and not what somebody stopped");
    let words = LastWords { exit_at: at(90), text: "starting\npanic: no database".to_owned() };
    world.ledger.last_words.insert(web(), words);
    assert_eq!(unheard(world.input()), []);
    let plan = plan(world.input());
    let status = status(world.input(), &plan, None);
    let web = &status.services[&ServiceName::new("web")];
    assert_eq!(
        render::reason(&web.state, at(NOW)).unwrap(),
        "failed 4 times: exit 1; it said last: starting | panic: no database; next attempt in 3 s"
    );
    assert_eq!(web.replicas[0].last_words.as_deref(), Some("starting\npanic: no database"));
}
