//! The planner where the clock of the engine's machine was set, or shows another time than ours: what runs since when tells no order any more.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "planner/world.rs"]
mod world;

use chrono::TimeDelta;
use evenkeel_model::*;
use evenkeel_plan::account;
use world::{NOW, World, at};

fn web() -> ContainerName {
    ContainerName::new("s-web-1")
}

fn db() -> ContainerName {
    ContainerName::new("s-db-1")
}

#[test]
fn who_runs_beside_whom_is_remembered() {
    const STACK: &str = "db:\n web: after db started restart";
    let following = |run: Option<i64>, beside: Option<i64>, behind| {
        Some(Following { run: run.map(at), beside: beside.map(at), behind })
    };
    let fine = |run, beside| following(Some(run), Some(beside), false);
    let behind = |run, beside| following(Some(run), Some(beside), true);
    // (what, known, db, web, known then; where that is `behind`, web begins anew)
    for (what, known, db_is, web_is, then) in [
        ("first seen, web after db", None, "running @10", "running @20", fine(20, 10)),
        ("first seen, db after web", None, "running @20", "running @10", behind(10, 20)),
        ("db began anew", fine(20, 10), "running @50", "running @20", behind(20, 50)),
        ("the same, and the clock was set back", fine(80, 70), "running @50", "running @80", behind(80, 50)),
        ("and so did web then", behind(80, 50), "running @50", "running @60", fine(60, 50)),
        ("web began anew, and the clock was set back", fine(80, 70), "running @70", "running @50", fine(50, 70)),
        ("nobody saw which was first", fine(20, 10), "running @50", "running @60", fine(60, 50)),
        ("nobody saw which was first, and db is older", fine(20, 10), "running @60", "running @50", behind(50, 60)),
        ("nothing has begun", fine(20, 10), "running @10", "running @20", fine(20, 10)),
        ("web has not yet", behind(20, 50), "running @50", "running @20", behind(20, 50)),
        ("web is made", None, "running @70", "created", following(None, Some(70), false)),
        (
            "its first run, and the clock was set back",
            following(None, Some(70), false),
            "running @70",
            "running @50",
            fine(50, 70),
        ),
        ("db has ended", fine(20, 10), "exited 137 outside @10", "running @20", following(Some(20), None, false)),
        (
            "db comes back, and the clock was set back",
            following(Some(80), None, false),
            "running @50",
            "running @80",
            behind(80, 50),
        ),
        (
            "web was ended for it, and db ends as well",
            behind(20, 50),
            "exited 1 itself @50",
            "exited 143 outside @20",
            following(Some(20), None, true),
        ),
        (
            "db ends before web was ended for it",
            behind(20, 50),
            "exited 1 itself @50",
            "running @20",
            following(Some(20), None, true),
        ),
        (
            "web is in a loop, and the clock was set back",
            fine(90, 80),
            "running @80",
            "restarting 1 itself @50",
            fine(50, 80),
        ),
    ] {
        let mut world = World::new(STACK, &format!("image\n db {db_is}\n web {web_is}"));
        world.ledger.followings.extend(known.map(|known| ((web(), db()), known)));
        let updates = account(world.input(), None, &|_| false);
        let follows = |update: &&LedgerUpdate| matches!(update, LedgerUpdate::Follows { .. });
        let expected = then.filter(|then| known != Some(*then));
        let expected = expected.map(|following| LedgerUpdate::Follows { container: web(), followed: db(), following });
        assert_eq!(updates.iter().find(follows), expected.as_ref(), "{what}");
        let restarts = world.plan().contains("start container s-web-1: its dependency db began a new run");
        // What runs is not ended for what does not.
        let ends = db_is.starts_with("running") || !web_is.starts_with("running");
        assert_eq!(restarts, ends && then.is_some_and(|then| then.behind), "{what}");
    }
}

#[test]
fn what_was_ended_for_another_has_not_failed() {
    const WORLD: &str = "image\n db exited 1 itself @50\n web exited 143 outside @20";
    let mut world = World::new("db:\n web: after db started restart", WORLD);
    let failures = |world: &World| {
        let of_web = |object: &Object| *object == Object::Container(web());
        let updates = account(world.input(), None, &|_| false);
        updates.iter().filter(|it| matches!(it, LedgerUpdate::Failed { object, .. } if of_web(object))).count()
    };
    assert_eq!(failures(&world), 1, "somebody ended it");
    let ended_for_it = Following { run: Some(at(20)), beside: Some(at(50)), behind: true };
    world.ledger.followings.insert((web(), db()), ended_for_it);
    assert_eq!(failures(&world), 0, "we have, for db");
}

#[test]
fn what_a_container_shares_is_known_by_id() {
    // (what, db, web, whether web is replaced)
    for (what, db, web, replaced) in [
        ("made for this one", "running @10", "running @20 shares=id-db", false),
        ("made for this one, by a clock that was set back", "running @50", "running @20 shares=id-db", false),
        ("made for another one", "running @50", "running @20 shares=id-old", true),
        ("made for another one, by a clock that was set back", "running @20", "running @50 shares=id-old", true),
        ("nobody has written it down: the younger one is another", "running @50", "running @20", true),
        ("nobody has written it down", "running @20", "running @50", false),
    ] {
        let world = World::new("db:\n web: after db started; shares db", &format!("image\n db {db}\n web {web}"));
        let plan = world.plan();
        assert_eq!(plan.contains("remove container s-web-1"), replaced, "{what}:\n{plan}");
    }
}

#[test]
fn ages_are_told_by_the_engines_clock() {
    // (what, how far the engine's clock is ahead of ours in seconds, web, whether it is restarted for want of health)
    for (what, ahead, web, restarted) in [
        ("behind, and started a moment ago", -600, "running unhealthy @-505", false),
        ("behind, and started long ago", -600, "running unhealthy @-900", true),
        ("ahead, and started a moment ago", 600, "running unhealthy @695", false),
        ("ahead, and started long ago", 600, "running unhealthy @300", true),
        ("set back since it fell ill", 0, "running unhealthy @150 lapsed", true),
    ] {
        let mut world = World::new("web: check", &format!("image\n web {web}"));
        world.observed.at = at(NOW + ahead);
        let plan = world.plan();
        assert_eq!(plan.contains("stop container s-web-1"), restarted, "{what}:\n{plan}");
        assert_eq!(account(world.input(), None, &|_| false).len(), usize::from(restarted), "{what}");
    }
}

#[test]
fn a_failure_before_the_clock_was_set_back_is_none_of_this_run() {
    let mut world = World::new("web: check", "image\n web running unhealthy @50 lapsed");
    let object = Object::Container(web());
    // (when the failure that is known was, whether this run's is one more)
    for (known, more) in [(40, true), (60, false), (NOW + 60, true)] {
        let (times, last_at) = (vec![at(known)], at(known));
        let attempt = Attempt {
            failures: 1,
            times,
            first_at: last_at,
            last_at,
            next_at: last_at,
            reason: String::new(),
            refused: false,
        };
        world.ledger.attempts.insert(object.clone(), attempt);
        assert_eq!(account(world.input(), None, &|_| false).len(), usize::from(more), "at {known}");
    }
}

#[test]
fn back_off_is_counted_by_our_clock() {
    for ahead in [-3_600, 0, 3_600] {
        let mut world = World::new("web:", "image\n web exited 1 itself @50");
        world.observed.at = at(NOW + ahead);
        let container = world.observed.containers.get_mut(&web()).unwrap();
        let ContainerState::Exited(exit) = &mut container.state else { panic!("it has ended") };
        exit.at = at(NOW + ahead - 2);
        let times = vec![at(NOW + ahead - 30)];
        let attempt = Attempt {
            failures: 1,
            first_at: times[0],
            last_at: times[0],
            next_at: at(NOW - 30),
            times,
            reason: String::new(),
            refused: false,
        };
        world.ledger.attempts.insert(Object::Container(web()), attempt);
        let [LedgerUpdate::Failed { attempt, .. }] = &account(world.input(), None, &|_| false)[..] else { panic!() };
        let pause = attempt.next_at - at(NOW - 2);
        assert!(pause <= TimeDelta::seconds(1) && pause >= TimeDelta::milliseconds(750), "{ahead} s: {pause}");
    }
}
