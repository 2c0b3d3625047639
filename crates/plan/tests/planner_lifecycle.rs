//! The planner's decisions about numbers of replicas, heirs of anonymous volumes, hooks, and services that nobody named.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "planner/case.rs"]
mod case;
#[path = "planner/world.rs"]
mod world;

use case::{as_is, check};
use evenkeel_model::*;
use evenkeel_plan::{Verdict, verdict};
use std::collections::BTreeSet;
use world::{NOW, World, at};

fn web() -> ServiceName {
    ServiceName::new("web")
}

fn numbers(world: &mut World, numbers: &[u32]) {
    world.desired.intent.scale.insert(web(), u32::try_from(numbers.len()).unwrap());
    world.desired.intent.numbers.insert(web(), numbers.iter().copied().collect());
}

#[test]
fn replicas_have_the_numbers_of_the_intent() {
    check(
        "what is left after a change of the scale stays under its numbers",
        "web: scale 4",
        "image\n web-3 running @10\n web-4 running @10",
        |world| numbers(world, &[3, 4]),
        "",
    );
    check(
        "one that vanished is healed under its own number",
        "web: scale 4",
        "image\n web-3 running @10",
        |world| numbers(world, &[3, 5]),
        "
        create container s-web-5: the file asks for it
        start container s-web-5: it has not run yet; waits for container s-web-5 to exist
        ",
    );
    check(
        "a number that is not among them goes",
        "web: scale 4",
        "image\n web-1 running @10\n web-3 running @10",
        |world| numbers(world, &[3]),
        "
        stop container s-web-1: the service is scaled to 1
        remove container s-web-1: the service is scaled to 1; waits for container s-web-1 to stop
        ",
    );
    check(
        "none is none",
        "web: scale 2",
        "image\n web-1 running @10\n web-2 exited 0 itself @10",
        |world| numbers(world, &[]),
        "
        stop container s-web-1: the service is scaled to 0
        remove container s-web-1: the service is scaled to 0; waits for container s-web-1 to stop
        remove container s-web-2: the service is scaled to 0
        ",
    );
    // (numbers kept, scale now, numbers then)
    for (kept, scale, expected) in [
        (&[][..], 2, &[1, 2][..]),
        (&[3, 4], 2, &[3, 4]),
        (&[3, 4], 1, &[3]),
        (&[3, 4], 4, &[3, 4, 5, 6]),
        (&[3], 0, &[]),
    ] {
        let mut world = World::new(&format!("web: scale {scale}"), "");
        world.desired.intent.numbers.insert(web(), kept.iter().copied().collect());
        let service = &world.desired.stack.services[&web()];
        let found = evenkeel_plan::numbers(&world.desired, &web(), service);
        assert_eq!(found, expected.iter().copied().collect::<BTreeSet<u32>>(), "{kept:?} at {scale}");
    }
}

const HEIR: &str = "
    rename container s-web-1 to id-web_s-web-1: its definition changed
    create container s-web-1: its definition changed; waits for container s-web-1 to be gone
    stop container id-web_s-web-1: its definition changed; waits for container s-web-1 to be gone, container s-web-1 to exist
    remove container id-web_s-web-1: its definition changed; waits for container s-web-1 to be gone, container id-web_s-web-1 to stop, container s-web-1 to exist
    start container s-web-1: it has not run yet; waits for container s-web-1 to exist, container id-web_s-web-1 to stop
";

#[test]
fn anonymous_volumes_pass_to_the_heir() {
    let service = "web: anon cache";
    check("it makes way, is followed, and goes", service, "image\n web running @10 old anonymous=1", as_is, HEIR);
    check(
        "after the rename its heir is made",
        service,
        "image\n web running @10 old anonymous=1 named=id-web_s-web-1",
        as_is,
        "
        create container s-web-1: the file asks for it
        stop container id-web_s-web-1: its definition changed; waits for container s-web-1 to exist
        remove container id-web_s-web-1: its definition changed; waits for container id-web_s-web-1 to stop, container s-web-1 to exist
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist, container id-web_s-web-1 to stop
        ",
    );
    check(
        "then it stops, so that its heir can start",
        service,
        "image\n web running @10 old anonymous=1 named=id-web_s-web-1\n web created anonymous=1",
        as_is,
        "
        stop container id-web_s-web-1: its definition changed
        remove container id-web_s-web-1: its definition changed; waits for container id-web_s-web-1 to stop
        start container s-web-1: it has not run yet; waits for container id-web_s-web-1 to stop
        ",
    );
    let stopped = "
        rename container s-web-1 to id-web_s-web-1: its definition changed
        create container s-web-1: its definition changed; waits for container s-web-1 to be gone
        remove container id-web_s-web-1: its definition changed; waits for container s-web-1 to be gone, container s-web-1 to exist
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist
    ";
    check("one that has ended too", service, "image\n web exited 1 outside @10 old anonymous=1", as_is, stopped);
    let plain = "
        stop container s-web-1: its definition changed
        remove container s-web-1: its definition changed; waits for container s-web-1 to stop
        create container s-web-1: its definition changed; waits for container s-web-1 to be gone
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist
    ";
    check("without any it goes at once", service, "image\n web running @10 old", as_is, plain);
    check(
        "as it does where new ones were asked for",
        service,
        "image\n web running @10 old anonymous=1",
        |world| world.desired.intent.renew_anonymous = true,
        plain,
    );
    check(
        "and after a reset",
        service,
        "image\n web running @10 anonymous=1 epoch=0",
        as_is,
        &plain.replace("its definition changed", "the stack was reset (epoch 0 to 1)"),
    );
    check(
        "a network that is made anew waits for its stop only",
        "web: anon cache; net front",
        "image\n network front old\n web running @10 anonymous=1",
        as_is,
        "
        rename container s-web-1 to id-web_s-web-1: network s_front is made anew
        stop container id-web_s-web-1: network s_front is made anew; waits for container s-web-1 to be gone
        remove network s_front: its definition changed; waits for container id-web_s-web-1 to stop
        create network s_front: service web needs it; waits for network s_front to be gone
        create container s-web-1: network s_front is made anew; waits for container s-web-1 to be gone, network s_front to exist
        remove container id-web_s-web-1: network s_front is made anew; waits for container s-web-1 to be gone, container id-web_s-web-1 to stop, container s-web-1 to exist
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist, container id-web_s-web-1 to stop
        ",
    );
    check(
        "a stop that comes in between stops it as well",
        service,
        "image\n web running @10 old anonymous=1 named=id-web_s-web-1",
        |world| {
            world.desired.intent.targets.insert(web(), Target::Stopped);
        },
        "stop container id-web_s-web-1: its stop was asked for",
    );
}

#[test]
fn the_heir_is_told_from_whom_it_inherits() {
    for (objects, expected) in [
        ("web running @10 old anonymous=1", Some("id-web_s-web-1")),
        ("web running @10 old anonymous=1 named=id-web_s-web-1", Some("id-web_s-web-1")),
        ("web running @10 old", None),
        ("web running @10 anonymous=1 epoch=0", None),
    ] {
        let world = World::new("web: anon cache", &format!("image\n{objects}"));
        let plan = evenkeel_plan::plan(world.input());
        let made = plan.steps.iter().find_map(|step| match &step.action {
            Action::CreateContainer(new) => Some(new.inherits.as_ref().map(ContainerName::as_str)),
            _ => None,
        });
        assert_eq!(made, Some(expected), "{objects}");
    }
}

fn ran(world: &mut World, moment: HookMoment, run: i64, failed: Option<&str>) {
    let record = HooksRan { run: at(run), at: at(run + 1), failed: failed.map(str::to_owned) };
    world.ledger.hooks.insert((ContainerName::new("s-web-1"), moment), record);
}

#[test]
fn hooks_are_run_once_for_each_run() {
    let started = "db: hook post_start\n web: after db started";
    check(
        "after the start, and others wait for them",
        started,
        "image\n db running @10\n web created",
        as_is,
        "
        hook post_start of container s-db-1: it has started
        start container s-web-1: it has not run yet; waits for db to be started
        ",
    );
    let own = "web: hook post_start; hook pre_stop";
    check("not again", own, "image\n web running @10", |world| ran(world, HookMoment::PostStart, 10, None), "");
    check(
        "again in a new run",
        own,
        "image\n web running @20",
        |world| ran(world, HookMoment::PostStart, 10, None),
        "hook post_start of container s-web-1: it has started",
    );
    check(
        "before a stop",
        own,
        "image\n web running @10",
        |world| {
            world.desired.intent.targets.insert(web(), Target::Stopped);
        },
        "
        hook pre_stop of container s-web-1: it is about to be stopped
        stop container s-web-1: its stop was asked for; waits for the hooks of container s-web-1
        ",
    );
    check(
        "a failure of which does not keep it",
        own,
        "image\n web running @10",
        |world| {
            world.desired.intent.targets.insert(web(), Target::Stopped);
            ran(world, HookMoment::PreStop, 10, Some("hook exited with status 1"));
        },
        "stop container s-web-1: its stop was asked for",
    );
    check(
        "before a replacement and on the way down too",
        own,
        "image\n web running @10",
        |world| world.desired.intent.goal = Goal::Down(DownOptions::default()),
        "
        hook pre_stop of container s-web-1: it is about to be stopped
        stop container s-web-1: the stack goes down; waits for the hooks of container s-web-1
        remove container s-web-1: the stack goes down; waits for container s-web-1 to stop
        ",
    );
}

#[test]
fn a_failed_hook_fails_the_operation() {
    let own = "web: hook post_start; hook pre_stop";
    let words = "hook exited with status 127 (post_start: nope)";
    // (verb, target, world, moment, whether the operation has failed)
    for (verb, target, objects, moment, failed) in [
        (Verb::Up, Target::Up, "web running @10", HookMoment::PostStart, true),
        (Verb::Stop, Target::Stopped, "web running @10", HookMoment::PreStop, false),
        (Verb::Stop, Target::Stopped, "web exited 0 outside @10", HookMoment::PreStop, true),
    ] {
        let mut world = World::new(own, &format!("image\n{objects}"));
        world.desired.intent.targets.insert(web(), target);
        ran(&mut world, moment, 10, Some(words));
        let plan = evenkeel_plan::plan(world.input());
        let status = evenkeel_plan::status(world.input(), &plan, None);
        let expected = if failed { Verdict::Failed(format!("web {words}")) } else { Verdict::Pending };
        assert_eq!(verdict(verb, &[], &status, &plan, at(NOW)), expected, "{verb:?} with {objects}");
    }
}

#[test]
fn a_refusal_for_good_fails_the_operation_at_once() {
    // (failed for good, what the operation is told)
    let reason = "exec: \"nope\": not found";
    let told = format!("web failed: {reason}; next attempt in 4 s");
    for (refused, expected) in [(true, Verdict::Failed(told)), (false, Verdict::Pending)] {
        let mut world = World::new("web:", "image\n web created @10");
        let object = Object::Container(ContainerName::new("s-web-1"));
        let update = evenkeel_plan::failed(&world.ledger, object, at(NOW), reason.to_owned(), refused);
        let LedgerUpdate::Failed { object, attempt } = update else { panic!("{update:?}") };
        world.ledger.attempts.insert(object, attempt);
        let plan = evenkeel_plan::plan(world.input());
        let status = evenkeel_plan::status(world.input(), &plan, None);
        assert_eq!(verdict(Verb::Up, &[], &status, &plan, at(NOW)), expected, "refused: {refused}");
    }
}

#[test]
fn what_nobody_named_goes_on() {
    check(
        "a run that was excused goes on though its dependency began anew",
        "db: \n web: after db started restart",
        "image\n db running @50\n web running @10",
        |world| {
            world.desired.intent.excused_runs.insert(ContainerName::new("s-web-1"), at(10));
        },
        "",
    );
    check(
        "containers of services that profiles leave out are no orphans",
        "web:",
        "image\n web running @10\n tool running @10\n old running @10",
        |world| {
            world.desired.intent.remove_orphans = true;
            world.desired.stack.disabled.insert(ServiceName::new("tool"));
        },
        "
        stop container s-old-1: the file has no such service
        remove container s-old-1: the file has no such service; waits for container s-old-1 to stop
        ",
    );
    check(
        "of services without a definition those go that are named",
        "web:",
        "image\n web running @10\n tool running @10\n old running @10",
        |world| {
            world.desired.intent.unwanted.insert(ServiceName::new("tool"));
        },
        "
        stop container s-tool-1: the file has no such service
        remove container s-tool-1: the file has no such service; waits for container s-tool-1 to stop
        ",
    );
}

#[test]
fn a_volume_is_made_anew_only_where_that_was_asked_for() {
    let objects = "image\n volume data old\n web running @10";
    check("its data is worth more than its definition", "web: vol data", objects, as_is, "");
    check(
        "unless somebody says otherwise",
        "web: vol data",
        objects,
        |world| {
            world.desired.intent.stale_volumes.insert(VolumeName::new("s_data"));
        },
        "
        stop container s-web-1: volume s_data is wiped
        remove container s-web-1: volume s_data is wiped; waits for container s-web-1 to stop
        remove volume s_data: its definition changed; waits for container s-web-1 to be gone
        create volume s_data: its definition changed; waits for volume s_data to be gone
        create container s-web-1: volume s_data is wiped; waits for container s-web-1 to be gone, volume s_data to exist
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist
        ",
    );
}

#[test]
fn links_are_to_what_is_there() {
    let names = || vec!["s-db-1:db", "s-db-1:db-1", "s-db-1:s-db-1"];
    for (db, objects, expected) in
        [(Some(Target::Up), "", names()), (None, "", vec![]), (None, "db running @10", names())]
    {
        let mut world = World::new("db: \n web: links db", &format!("image\n{objects}"));
        match db {
            Some(target) => world.desired.intent.targets.insert(ServiceName::new("db"), target),
            None => world.desired.intent.targets.remove(&ServiceName::new("db")),
        };
        let plan = evenkeel_plan::plan(world.input());
        let links = plan.steps.iter().find_map(|step| match &step.action {
            Action::CreateContainer(new) if new.name.as_str() == "s-web-1" => Some(new.links.clone()),
            _ => None,
        });
        assert_eq!(links.unwrap(), expected, "{db:?} {objects}");
    }
}

#[test]
fn links_come_back_with_the_network() {
    let objects = "image\nnetwork front\ndb running @10\nweb running @10 nameless";
    let plan = evenkeel_plan::plan(World::new("db: \n web: links db, net front", objects).input());
    let links: Vec<_> = plan
        .steps
        .into_iter()
        .filter_map(|step| match step.action {
            Action::ConnectNetwork { container, links, .. } => Some((container.to_string(), links)),
            _ => None,
        })
        .collect();
    let names = ["s-db-1:db", "s-db-1:db-1", "s-db-1:s-db-1"].map(str::to_owned).to_vec();
    assert_eq!(links, [("s-web-1".to_owned(), names)]);
}

#[test]
fn a_network_stays_with_its_guests() {
    let down = |guest: bool| {
        move |world: &mut World| {
            world.desired.intent.goal = Goal::Down(DownOptions::default());
            if guest {
                let network = world.observed.networks.values_mut().next().unwrap();
                network.guests.insert(ContainerName::new("theirs"));
            }
        }
    };
    let objects = "network front\n web exited 0 itself @10";
    let web = "remove container s-web-1: the stack goes down";
    check("somebody else is on it", "web: net front", objects, down(true), web);
    let all = format!("{web}\nremove network s_front: the stack goes down; waits for container s-web-1 to be gone");
    check("nobody else is on it", "web: net front", objects, down(false), &all);
}
