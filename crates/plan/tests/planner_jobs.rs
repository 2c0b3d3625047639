//! The planner's decisions about jobs: what is done stays done, until somebody asks.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "planner/case.rs"]
mod case;
#[path = "planner/world.rs"]
mod world;

use case::{check, init_completed};
use evenkeel_model::*;
use world::{World, at};

/// A job that has done its work does not do it again unless somebody asks.
#[test]
fn done_is_done() {
    const STACK: &str = "
        db:
        init: after db started restart; net back
        web: after init completed";
    const WORLD: &str = "
        image
        network back
        db running @50
        init exited 0 itself @12
        web running @14";
    check("a dependency that begins a new run is no reason", STACK, WORLD, init_completed, "");
    let lost = WORLD.replace("itself @12", "itself @12 lost");
    check("nor is a network that it does not need any more", STACK, &lost, init_completed, "");
    let again = WORLD.replace("init exited 0 itself @12", "init exited 137 outside @12");
    check("nor is what somebody did to it by hand", STACK, &again, init_completed, "");
    check(
        "a restart of it is, though what it was on is gone",
        STACK,
        &lost,
        |world| {
            init_completed(world);
            world.desired.intent.stale_runs.insert("s-init-1".into(), at(12));
        },
        "
        remove container s-init-1: it is not attached to network s_back
        create container s-init-1: it is not attached to network s_back; waits for container s-init-1 to be gone
        start container s-init-1: it has not run yet; waits for container s-init-1 to exist
        ",
    );
    // (what became of the run that was asked for, whether it waits for another one)
    for (case, init, starts) in [
        ("it runs", "init running @20", false),
        ("it failed", "init exited 1 itself @20", false),
        ("somebody stopped it", "init exited 137 outside @20", true),
        ("it is gone", "", true),
    ] {
        let there = WORLD.replace("db running @50", "db running @10").replace("web running @14", "web created");
        let mut world = World::new(STACK, &there.replace("init exited 0 itself @12", init));
        init_completed(&mut world);
        world.desired.intent.stale_runs.insert("s-init-1".into(), at(12));
        let plan = world.plan();
        assert!(!plan.contains("start container s-web-1: it has not run yet\n"), "{case}: web needs that run\n{plan}");
        assert_eq!(plan.contains("start container s-init-1"), starts, "{case}\n{plan}");
    }
    let image_changed = |world: &mut World| {
        init_completed(world);
        world.desired.intent.stale_containers.insert("s-init-1".into(), "id-init".to_owned());
    };
    let world = WORLD.replace("web running @14", "web created");
    check(
        "a replacement that somebody asked for is, and others wait for it",
        STACK,
        &world,
        image_changed,
        "
        remove container s-init-1: its replacement was asked for
        create container s-init-1: its replacement was asked for; waits for container s-init-1 to be gone
        start container s-init-1: it has not run yet; waits for container s-init-1 to exist
        start container s-web-1: it has not run yet; waits for init to complete
        ",
    );
    check(
        "one that the run which is done has met already is not, though nothing is left of it",
        STACK,
        &WORLD.replace("init exited 0 itself @12", ""),
        |world| {
            init_completed(world);
            world.desired.intent.stale_runs.insert("s-init-1".into(), at(11));
            world.desired.intent.stale_containers.insert("s-init-1".into(), "id-before".to_owned());
        },
        "",
    );
    check(
        "half way, when the old one is gone, as well",
        STACK,
        &world.replace("init exited 0 itself @12", ""),
        image_changed,
        "
        create container s-init-1: the file asks for it
        start container s-init-1: it has not run yet; waits for container s-init-1 to exist
        start container s-web-1: it has not run yet; waits for init to complete
        ",
    );
}

#[test]
fn what_is_done_is_not_tried_again_because_a_start_by_hand_went_wrong() {
    let mut world =
        World::new("init: policy no\n web: after init completed", "image\n init exited 128 itself @12\n web created");
    let failed = |world: &World| evenkeel_plan::failed_runs(world.input()).len();
    assert_eq!(failed(&world), 1);
    init_completed(&mut world);
    assert_eq!(failed(&world), 0);
}

#[test]
fn what_is_only_to_be_made_is_made_though_its_job_is_done() {
    let image_refreshed = |world: &mut World| {
        init_completed(world);
        world.desired.intent.targets.insert("init".into(), Target::Created);
    };
    check(
        "and needs its image for that",
        "init:\n web: after init completed",
        "",
        image_refreshed,
        "
        pull image app:1: service init needs it
        create container s-init-1: the file asks for it; waits for image app:1
        create container s-web-1: the file asks for it; waits for image app:1
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist
        ",
    );
}

/// Whoever holds a stack may take things away from it: what is done by then is done, and breakage is theirs.
#[test]
fn a_job_is_done_whatever_becomes_of_what_it_needed() {
    for (case, there, held, updates) in [
        ("as it should be", "init exited 0 itself @10", false, 1),
        ("its network is gone", "init exited 0 itself @10 lost", false, 1),
        ("held", "init exited 0 itself @10", true, 1),
        ("held, and it failed", "init exited 1 itself @10", true, 0),
    ] {
        let mut world = World::new(
            "init: net back\n web: after init completed",
            &format!("image\n network back\n {there}\n web created"),
        );
        world.desired.intent.held = held;
        let made = evenkeel_plan::account(world.input(), None, &|_| false);
        assert_eq!(made.len(), updates, "{case}: {made:?}");
    }
}

/// A restart of a job that is done is met by the run that it begins, and by no other.
#[test]
fn what_was_asked_to_be_done_again_is_written_down_again() {
    for (case, init, done, updates) in [
        ("as it was", "init exited 0 itself @10", 10, 0),
        ("done again", "init exited 0 itself @20", 10, 1),
        ("and written down", "init exited 0 itself @20", 20, 0),
        ("it failed", "init exited 1 itself @20", 10, 0),
        ("begun by hand, and not asked for", "init exited 0 itself @20", 0, 0),
    ] {
        let mut world = World::new("init: \n web: after init completed", &format!("image\n {init}\n web created"));
        let done_at = if done == 0 { 10 } else { done };
        let completion = Completion {
            service: "init".into(),
            spec_hash: evenkeel_plan::service_hash(&world.desired.stack.services["init"].container),
            epoch: 1,
            container_id: "id-init".to_owned(),
            started_at: at(done_at),
            finished_at: at(done_at),
        };
        world.ledger.completions.insert("s-init-1".into(), completion);
        // It is one container, whichever run it has.
        world.observed.containers.get_mut("s-init-1").unwrap().created_at = at(5);
        if done != 0 && case != "as it was" {
            world.desired.intent.stale_runs.insert("s-init-1".into(), at(10));
        }
        let made = evenkeel_plan::account(world.input(), None, &|_| false);
        assert_eq!(made.len(), updates, "{case}: {made:?}");
    }
}
