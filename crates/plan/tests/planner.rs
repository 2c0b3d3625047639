//! The planner's decisions on the way up, while a stack is up, and down again: a stack, a world, and the plan in words.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "planner/case.rs"]
mod case;
#[path = "planner/world.rs"]
mod world;

use case::{as_is, check, init_completed};
use evenkeel_model::*;
use world::{World, at};

const SHOP: &str = "
    db: net back; vol data; check
    init: after db healthy; net back
    web: after db healthy restart; after init completed; net back; port 80";

const READY: &str = "
    image
    network back
    volume data
    db running healthy @10
    init exited 0 itself @12
    web running @14";

#[test]
fn an_external_network_is_made_only_where_the_file_says_so_and_it_is_missing() {
    let external = |create: bool| {
        move |world: &mut World| {
            let network = world.desired.stack.networks.get_mut("s_back").unwrap();
            (network.external, network.create) = (true, create);
        }
    };
    let missing = "
        create network s_back: service web needs it
        create container s-web-1: the file asks for it; waits for network s_back to exist
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist
        ";
    check("missing, and to be made", "web: net back", "image", external(true), missing);
    let there = "
        create container s-web-1: the file asks for it
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist
        ";
    check("there already", "web: net back", "image\n network back", external(true), there);
    let ours = |world: &mut World| {
        external(true)(world);
        let plan = evenkeel_plan::plan(world.input());
        let step = &plan.steps[0];
        let Action::CreateNetwork(new) = &step.action else { panic!("{step:?}") };
        assert!(new.labels.is_empty(), "what is made for all belongs to nobody: {:?}", new.labels);
    };
    check("without an owner", "web: net back", "image", ours, missing);
}

#[test]
fn from_nothing() {
    check(
        "everything is made ahead, starts wait for their conditions",
        SHOP,
        "",
        as_is,
        "
        pull image app:1: service db needs it
        create network s_back: service db needs it
        create volume s_data: service db needs it
        create container s-db-1: the file asks for it; waits for image app:1, network s_back to exist, volume s_data to exist
        start container s-db-1: it has not run yet; waits for container s-db-1 to exist
        create container s-init-1: the file asks for it; waits for image app:1, network s_back to exist
        start container s-init-1: it has not run yet; waits for container s-init-1 to exist, db to be healthy
        create container s-web-1: the file asks for it; waits for image app:1, network s_back to exist
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist, db to be healthy, init to complete
        ",
    );
}

#[test]
fn nothing_to_do() {
    check("the reached state has an empty plan", SHOP, READY, init_completed, "");
    check("a held stack is left alone", SHOP, "", |world| world.desired.intent.held = true, "");
    let removed = READY.replace("init exited 0 itself @12", "");
    check("a job that is done stays done without its container", SHOP, &removed, init_completed, "");
}

#[test]
fn a_held_service_says_that_it_waits_for_its_release() {
    for (objects, expected) in [
        ("", Some("waits for the stack's release: a person holds it")),
        ("image\nnetwork back\nweb created", Some("waits for the stack's release: a person holds it")),
        ("image\nnetwork back\nweb running @10", None),
    ] {
        let mut world = World::new("web: net back", objects);
        world.desired.intent.held = true;
        let status = evenkeel_plan::status(world.input(), &evenkeel_plan::plan(world.input()), None);
        let reason = evenkeel_plan::render::reason(&status.services[&ServiceName::from("web")].state, at(100));
        assert_eq!(reason.as_deref(), expected, "{objects}");
    }
}

#[test]
fn who_restarts_what() {
    // (policy, how it ended, whether it is started again)
    for (policy, ended, again) in [
        ("", "0 itself", false),
        ("", "1 itself", true),
        ("", "137 outside", true),
        ("", "0 outside", true),
        ("", "0 unknown", false),
        ("", "143 unknown", true),
        ("", "1 unknown", true),
        ("; port 80", "0 unknown", true),
        ("; policy no", "0 itself", false),
        ("; policy no", "1 itself", false),
        ("; policy no", "137 outside", true),
        ("; policy no", "137 unknown oom", false),
        ("; policy on-failure", "0 itself", false),
        ("; policy on-failure", "1 itself", false),
        ("; policy on-failure", "137 outside", true),
        ("; policy always", "0 outside", true),
        ("; policy always", "137 outside", true),
        ("; policy unless-stopped", "0 unknown", true),
    ] {
        let world = World::new(&format!("web: {policy}"), &format!("image\n web exited {ended} @10"));
        assert_eq!(!world.plan().is_empty(), again, "policy {policy:?}, ended {ended:?}");
    }
    // A job that failed stays so, whatever it ended with.
    for (ended, again) in [("1 itself", false), ("0 itself", false), ("137 outside", true), ("0 unknown", false)] {
        let world =
            World::new("job: \n web: after job completed", &format!("image\n job exited {ended} @10\n web created"));
        assert_eq!(world.plan().contains("start container s-job-1"), again, "job ended {ended:?}");
    }
}

#[test]
fn healing() {
    check(
        "a killed container is started again, and says why",
        "web:",
        "image\n web exited 137 outside @10",
        as_is,
        "start container s-web-1: it ended: exit 137 (SIGKILL), stopped from outside",
    );
    check(
        "a crash waits for its back-off",
        "web:",
        "image\n web exited 1 itself @10",
        |world| {
            let attempt = Attempt {
                failures: 3,
                times: Vec::new(),
                first_at: at(80),
                last_at: at(99),
                next_at: at(102),
                reason: "exit 1".to_owned(),
                refused: false,
            };
            world.ledger.attempts.insert(Object::Container(ContainerName::new("s-web-1")), attempt);
        },
        "start container s-web-1: it ended: exit 1; waits for its next attempt in 2 s (after 3 failures)",
    );
    check(
        "a removed container is made anew in its place",
        "web: scale 3",
        "image\n web-1 running @10\n web-3 running @10",
        as_is,
        "
        create container s-web-2: the file asks for it
        start container s-web-2: it has not run yet; waits for container s-web-2 to exist
        ",
    );
    check(
        "a dependant with restart follows its dependency's new run",
        SHOP,
        &READY.replace("@10", "@50"),
        init_completed,
        "
        stop container s-web-1: its dependency db began a new run
        start container s-web-1: its dependency db began a new run; waits for container s-web-1 to stop
        ",
    );
    check(
        "a running container is attached to its network again",
        "web: net front",
        "image\n web running @10 lost",
        as_is,
        "
        create network s_front: service web needs it
        connect container s-web-1 to network s_front: it is not attached to network s_front; waits for network s_front to exist
        ",
    );
    check(
        "a running container that others do not find any more is attached once more",
        "web: net front",
        "image\n network front\n web running @10 nameless",
        as_is,
        "connect container s-web-1 to network s_front: it is not known as web on network s_front",
    );
    check(
        "an ended container that lost its network is made anew",
        "web: net front",
        "image\n network front\n web exited 1 itself @10 lost",
        as_is,
        "
        remove container s-web-1: it is not attached to network s_front
        create container s-web-1: it is not attached to network s_front; waits for container s-web-1 to be gone
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist
        ",
    );
    check(
        "of one-off containers, the one that nobody has started in five minutes goes; a young one will be, and others are somebody's work",
        "web:",
        "image
         web running @10
         web-2 created @-250 run named=s-web-run-a
         web-3 created @-150 run named=s-web-run-b
         web-4 exited 1 itself @-250 run named=s-web-run-c",
        as_is,
        "remove container s-web-run-a: its making broke off",
    );
    check(
        "a container whose making broke off is completed before it starts",
        "web:",
        "image\n web created half",
        as_is,
        "
        create container s-web-1: its making broke off
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist
        ",
    );
    check(
        "a paused container goes on",
        "web:",
        "image\n web paused @10",
        as_is,
        "unpause container s-web-1: it is paused and should run",
    );
}

#[test]
fn conditions() {
    // (dependency, condition, what the start waits for)
    for (dependency, condition, waits) in [
        ("db running starting @10", "healthy", "db to be healthy"),
        ("db running unhealthy @10", "healthy", "db to be healthy"),
        ("db running healthy @10", "healthy", ""),
        ("db running starting @10", "started", ""),
        ("db created", "started", "db to be started"),
        ("db exited 1 outside @10", "healthy", "db to be healthy"),
        ("db exited 0 itself @10", "completed", ""),
        (
            "db exited 3 itself @10",
            "completed",
            "db, which ended with exit code 3 and is not started again; mend it, then bring it up again",
        ),
        ("db exited 3 itself @10", "completed optional", ""),
    ] {
        let stack = format!("db: check\n web: after db {condition}");
        let plan = World::new(&stack, &format!("image\n {dependency}\n web created")).plan();
        let start = plan.lines().find(|line| line.starts_with("start container s-web-1")).unwrap();
        let waited = start.split_once("; waits for ").map_or("", |(_, waits)| waits);
        assert_eq!(waited, waits, "{dependency}, {condition}");
    }
}

#[test]
fn early_probes() {
    let stack = "db: check; port 5432";
    let probe = |change: fn(&mut Container), world: &str| {
        let mut world = World::new(stack, world);
        change(world.observed.containers.get_mut("s-db-1").unwrap());
        world.plan()
    };
    let probed = |passed, listening, ms_ago: i64| EarlyProbe {
        at: at(world::NOW) - chrono::TimeDelta::milliseconds(ms_ago),
        took_ms: 400,
        passed,
        listening,
        count: 1,
    };
    assert_eq!(probe(|_| {}, "image\n db running starting @99"), "probe container s-db-1: it is starting\n");
    assert_eq!(probe(|_| {}, "image\n db running healthy @99"), "");
    assert_eq!(probe(|_| {}, "image\n db running starting @100"), "", "not at once");
    for (started, passed, listening, ms_ago, due) in [
        (90, true, Some(true), 10_000, false),
        (90, false, Some(true), 399, false),
        (90, false, Some(true), 401, true),
        (99, false, Some(false), 90, false),
        (99, false, Some(false), 92, true),
        (90, false, Some(false), 249, false),
        (90, false, Some(false), 251, true),
    ] {
        let mut world = World::new(stack, &format!("image\n db running starting @{started}"));
        let container = world.observed.containers.get_mut("s-db-1").unwrap();
        container.early_probe = Some(probed(passed, listening, ms_ago));
        let case = format!("started at {started}, passed {passed}, listening {listening:?}, {ms_ago} ms ago");
        assert_eq!(!world.plan().is_empty(), due, "{case}");
    }
    // What is not expected to listen: (since its start in s, whether the engine is on this host)
    for (since, local, due) in [(0, true, false), (1, true, true), (2, false, false), (3, false, true)] {
        let mut world = World::new("db: check", &format!("image\n db running starting @{}", world::NOW - since));
        world.observed.capabilities.local = local;
        assert_eq!(!world.plan().is_empty(), due, "{since} s after the start, local {local}");
    }
    for (ms_ago, local, due) in [(399, true, false), (401, true, true), (1_599, false, false), (1_601, false, true)] {
        let mut world = World::new("db: check", "image\n db running starting @90");
        world.observed.capabilities.local = local;
        world.observed.containers.get_mut("s-db-1").unwrap().early_probe = Some(probed(false, None, ms_ago));
        assert_eq!(!world.plan().is_empty(), due, "{ms_ago} ms after a probe of 400 ms, local {local}");
    }
    let mut afar = World::new(stack, "image\n db running starting @90");
    afar.observed.capabilities.local = false;
    assert_eq!(afar.plan(), "", "a remote engine's sockets cannot be seen");
}

#[test]
fn down() {
    let goal = |options: DownOptions| move |world: &mut World| world.desired.intent.goal = Goal::Down(options);
    check(
        "dependants first, then networks",
        SHOP,
        READY,
        goal(DownOptions::default()),
        "
        stop container s-web-1: the stack goes down
        stop container s-db-1: the stack goes down; waits for container s-web-1 to stop
        remove container s-db-1: the stack goes down; waits for container s-db-1 to stop
        remove container s-init-1: the stack goes down
        remove container s-web-1: the stack goes down; waits for container s-web-1 to stop
        remove network s_back: the stack goes down; waits for container s-db-1 to be gone, container s-init-1 to be gone, container s-web-1 to be gone
        ",
    );
    let over = |end: &str, api: (u32, u32)| {
        let mut world = World::new(SHOP, &READY.replace("web running", &format!("web running {end}")));
        world.desired.intent.goal = Goal::Down(DownOptions::default());
        world.observed.capabilities.api = api;
        world.plan().contains("stop container s-db-1: the stack goes down\n")
    };
    assert!(over("died", (1, 42)), "what has died needs its dependency no more");
    assert!(!over("crashed", (1, 42)), "its policy may begin it again");
    assert!(!over("died", (1, 41)), "an engine that may lock itself up cleans up behind it first");
    check(
        "volumes only when asked",
        "db: vol data",
        "image\n volume data",
        goal(DownOptions { volumes: true, ..DownOptions::default() }),
        "remove volume s_data: the stack goes down",
    );
    check(
        "what the engine refuses is not asked for again at once",
        "web: net front",
        "image\n network front",
        |world| {
            goal(DownOptions::default())(world);
            let reason = "has active endpoints".to_owned();
            let attempt = Attempt {
                failures: 2,
                times: Vec::new(),
                first_at: at(98),
                last_at: at(99),
                next_at: at(101),
                reason,
                refused: false,
            };
            world.ledger.attempts.insert(Object::Network(NetworkName::new("s_front")), attempt);
        },
        "remove network s_front: the stack goes down; waits for its next attempt in 1 s (after 2 failures)",
    );
    check("strangers stay", "web:", "image\n web running @10 foreign", goal(DownOptions::default()), "");
}

#[test]
fn paused() {
    let pause = |world: &mut World| {
        world.desired.intent.targets.insert(ServiceName::new("db"), Target::Paused);
    };
    let stack = "db: check\n web: after db healthy";
    for (case, objects, change, expected) in [
        ("what runs is frozen", "db running healthy @10", true, "pause container s-db-1: its pause was asked for"),
        ("frozen is as asked", "db paused @10", true, ""),
        ("what ended is not started", "db exited 1 itself @10", true, ""),
        ("what is gone is not made", "", true, ""),
        ("whatever the file says by now", "db paused @10 old", true, ""),
        ("nobody asked", "db paused @10", false, "unpause container s-db-1: it is paused and should run"),
    ] {
        let objects = format!("image\n web running @12\n {objects}");
        check(
            case,
            stack,
            &objects,
            |world| {
                if change {
                    pause(world)
                }
            },
            expected,
        );
    }
    // Those that depend on it start without waiting for it, as without any that nobody asked for.
    check(
        "a dependant",
        stack,
        "image\n db paused @10\n web created",
        pause,
        "start container s-web-1: it has not run yet",
    );
}

#[test]
fn a_run_that_is_about_to_end_counts_for_nobody() {
    check(
        "a dependency that is to be restarted",
        "db: check \n web: after db healthy",
        "image\n db running healthy @10\n web exited 137 outside @20",
        |world| {
            world.desired.intent.stale_runs.insert("s-db-1".into(), at(10));
        },
        "
        stop container s-db-1: its restart was asked for
        start container s-db-1: its restart was asked for; waits for container s-db-1 to stop
        start container s-web-1: it ended: exit 137 (SIGKILL), stopped from outside; waits for db to be healthy
        ",
    );
}

#[test]
fn a_shared_namespace_needs_its_owner_running() {
    const STACK: &str = "
        db: policy no
        web: after db started; shares db";
    const WORLD: &str = "
        image
        db exited 1 itself @10
        web exited 137 outside @12";
    check(
        "an owner that ended for good",
        STACK,
        WORLD,
        as_is,
        "start container s-web-1: it ended: exit 137 (SIGKILL), stopped from outside; waits for db, which ended with exit code 1 and is \
         not started again; mend it, then bring it up again",
    );
    check(
        "one that is about to begin anew",
        STACK,
        WORLD,
        |world| {
            world.desired.intent.stale_runs.insert("s-db-1".into(), at(10));
        },
        "
        start container s-db-1: its restart was asked for
        start container s-web-1: it ended: exit 137 (SIGKILL), stopped from outside; waits for db to be started
        ",
    );
    check(
        "an owner that was scaled to none",
        STACK,
        "image\n web exited 137 outside @12",
        |world| {
            world.desired.intent.scale.insert("db".into(), 0);
        },
        "start container s-web-1: it ended: exit 137 (SIGKILL), stopped from outside; waits for db to be started",
    );
    check(
        "an owner that somebody stopped",
        STACK,
        WORLD,
        |world| {
            world.desired.intent.targets.insert("db".into(), Target::Stopped);
        },
        "start container s-web-1: it ended: exit 137 (SIGKILL), stopped from outside; waits for db to be started",
    );
}

#[test]
fn fixed_subnets_are_taken_before_the_engine_gives_any_away() {
    let fixed = |world: &mut World| {
        let network = world.desired.stack.networks.get_mut("s_fixed").unwrap();
        let pool = IpamPool { subnet: Some("172.21.0.0/16".parse().unwrap()), ..IpamPool::default() };
        network.ipam = Some(Ipam { pools: vec![pool], ..Ipam::default() });
    };
    check(
        "the one whose name comes later is made first",
        "web: net auto; net fixed",
        "image",
        fixed,
        "
        create network s_fixed: service web needs it
        create network s_auto: service web needs it; waits for network s_fixed to exist
        create container s-web-1: the file asks for it; waits for network s_auto to exist, network s_fixed to exist
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist
        ",
    );
}
