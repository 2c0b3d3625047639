//! The planner's decisions about what is there and does not fit: replaced, taken over, in the way, or somebody else's.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "planner/case.rs"]
mod case;
#[path = "planner/world.rs"]
mod world;

use case::{as_is, check};
use evenkeel_model::*;
use world::World;

#[test]
fn replacement() {
    check(
        "a changed definition replaces the container, and only that",
        "db: \n web: after db started",
        "image\n db running @10\n web running @11 old",
        as_is,
        "
        stop container s-web-1: its definition changed
        remove container s-web-1: its definition changed; waits for container s-web-1 to stop
        create container s-web-1: its definition changed; waits for container s-web-1 to be gone
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist
        ",
    );
    check(
        "the old container runs on until the new image is there",
        "web:",
        "web running @11 old",
        as_is,
        "
        pull image app:1: service web needs it
        stop container s-web-1: its definition changed; waits for image app:1
        remove container s-web-1: its definition changed; waits for image app:1, container s-web-1 to stop
        create container s-web-1: its definition changed; waits for container s-web-1 to be gone, image app:1
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist
        ",
    );
    check(
        "a new name's container starts when the old name's has stopped",
        "web:",
        "image\n web running @10",
        |world| {
            let web = world.desired.stack.services.get_mut("web").unwrap();
            web.container_name = Some(ContainerName::new("fixed"));
        },
        "
        stop container s-web-1: its definition changed
        remove container s-web-1: its definition changed; waits for container s-web-1 to stop
        create container fixed: the file asks for it
        start container fixed: it has not run yet; waits for container fixed to exist, container s-web-1 to stop
        ",
    );
    check("--no-recreate", "web:", "image\n web running @11 old", |w| w.desired.intent.no_recreate = true, "");
    check(
        "a reset replaces containers and wipes volumes",
        "db: vol data",
        "image\n volume data\n db running @10",
        |world| world.desired.intent.epoch = 2,
        "
        stop container s-db-1: the stack was reset (epoch 1 to 2)
        remove container s-db-1: the stack was reset (epoch 1 to 2); waits for container s-db-1 to stop
        remove volume s_data: the stack was reset (epoch 1 to 2); waits for container s-db-1 to be gone
        create volume s_data: the stack was reset (epoch 1 to 2); waits for volume s_data to be gone
        create container s-db-1: the stack was reset (epoch 1 to 2); waits for container s-db-1 to be gone, volume s_data to exist
        start container s-db-1: it has not run yet; waits for container s-db-1 to exist
        ",
    );
    check(
        "a network's new definition takes its containers along",
        "web: net front",
        "image\n network front old\n web running @10",
        as_is,
        "
        stop container s-web-1: network s_front is made anew
        remove container s-web-1: network s_front is made anew; waits for container s-web-1 to stop
        remove network s_front: its definition changed; waits for container s-web-1 to be gone
        create network s_front: service web needs it; waits for network s_front to be gone
        create container s-web-1: network s_front is made anew; waits for container s-web-1 to be gone, network s_front to exist
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist
        ",
    );
}

#[test]
fn what_compose_made_is_taken_over_when_somebody_asks() {
    let all = "image\n network back compose\n volume data compose\n web running @10 compose";
    let stack = "web: net back; vol data";
    let take_over = |world: &mut World| {
        let (name, before) = (StackName::new("s"), world.desired.intent.adopted.clone());
        let adopted = Adopted::all_of(&name, &world.observed, world.desired.intent.epoch, &before);
        adopted.mark(&name, &mut world.observed);
        world.desired.intent.adopted = adopted;
    };
    check("nobody has asked", stack, all, as_is, "");
    check("it fits, by Compose's own hash", stack, all, take_over, "");
    check(
        "its definition changed",
        stack,
        &format!("{all} old"),
        take_over,
        "
        stop container s-web-1: its definition changed
        remove container s-web-1: its definition changed; waits for container s-web-1 to stop
        create container s-web-1: its definition changed; waits for container s-web-1 to be gone
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist
        ",
    );
    check(
        "its image changed",
        stack,
        all,
        |world| {
            take_over(world);
            world.observed.images.insert(ImageRef::new("app:1"), ImageId::new("sha256:2"));
        },
        "
        stop container s-web-1: its image changed
        remove container s-web-1: its image changed; waits for container s-web-1 to stop
        create container s-web-1: its image changed; waits for container s-web-1 to be gone
        start container s-web-1: it has not run yet; waits for container s-web-1 to exist
        ",
    );
    check("another service of the project stays", stack, &format!("{all}\n old running @5 compose"), take_over, "");
    let down = |volumes| {
        move |world: &mut World| {
            take_over(world);
            world.desired.intent.goal = Goal::Down(DownOptions { volumes, ..DownOptions::default() });
        }
    };
    let down_with_network = "
        stop container s-web-1: the stack goes down
        remove container s-web-1: the stack goes down; waits for container s-web-1 to stop
        remove network s_back: the stack goes down; waits for container s-web-1 to be gone";
    check("it goes down", stack, all, down(false), down_with_network);
    let volume = "remove volume s_data: the stack goes down; waits for container s-web-1 to be gone";
    check("with its volumes", stack, all, down(true), &format!("{down_with_network}\n{volume}"));
    let not_asked = |world: &mut World| world.desired.intent.goal = Goal::Down(DownOptions::default());
    check("down without having been asked up", stack, all, not_asked, "");
}

#[test]
fn others_are_left_alone() {
    check("a stranger under our name", "web:", "image\n web running @10 foreign", as_is, "");
    check(
        "an orphan stays unless its removal is asked for",
        "web:",
        "image\n web running @10\n old running @5",
        as_is,
        "",
    );
    check(
        "an orphan goes when asked",
        "web:",
        "image\n web running @10\n old running @5",
        |world| world.desired.intent.remove_orphans = true,
        "
        stop container s-old-1: the file has no such service
        remove container s-old-1: the file has no such service; waits for container s-old-1 to stop
        ",
    );
    check(
        "a service that nobody asked for",
        "db: \n web:",
        "image\n db running @10",
        |world| assert!(world.desired.intent.targets.remove("web").is_some()),
        "",
    );
    check(
        "scaling down takes the highest",
        "web: scale 1",
        "image\n web-1 running @10\n web-2 running @10",
        as_is,
        "
        stop container s-web-2: the service is scaled to 1
        remove container s-web-2: the service is scaled to 1; waits for container s-web-2 to stop
        ",
    );
}

/// What nobody asked to go holds up nothing for ever.
#[test]
fn what_is_in_the_way_of_a_replacement() {
    const STACK: &str = "
        db: vol data; net back
        tool: vol data; net back";
    let reset = |world: &mut World| world.desired.intent.epoch = 2;
    check(
        "a reset removes what is stopped too, because it holds the volume",
        STACK,
        "image\n network back\n volume data\n tool exited 0 outside @10",
        |world| {
            reset(world);
            world.desired.intent.targets.insert("tool".into(), Target::Stopped);
        },
        "
        remove container s-tool-1: the stack was reset (epoch 1 to 2)
        remove volume s_data: the stack was reset (epoch 1 to 2); waits for container s-tool-1 to be gone
        create volume s_data: the stack was reset (epoch 1 to 2); waits for volume s_data to be gone
        create container s-db-1: the file asks for it; waits for volume s_data to exist
        start container s-db-1: it has not run yet; waits for container s-db-1 to exist
        ",
    );
    check(
        "and what the file does not have any more",
        "db: vol data; net back",
        "image\n network back\n volume data\n tool running @10",
        reset,
        "
        remove volume s_data: the stack was reset (epoch 1 to 2)
        create volume s_data: the stack was reset (epoch 1 to 2); waits for volume s_data to be gone
        stop container s-tool-1: the stack was reset (epoch 1 to 2)
        remove container s-tool-1: the stack was reset (epoch 1 to 2); waits for container s-tool-1 to stop
        create container s-db-1: the file asks for it; waits for volume s_data to exist
        start container s-db-1: it has not run yet; waits for container s-db-1 to exist
        ",
    );
    let only_db = |world: &mut World| {
        world.desired.intent.targets.remove("tool");
    };
    check(
        "a changed network stays as long as somebody else's service runs on it",
        STACK,
        "image\n network back old\n volume data\n db running @10\n tool running @10",
        only_db,
        "",
    );
    check(
        "and is made anew under one that does not run",
        STACK,
        "image\n network back old\n volume data\n db exited 137 outside @10\n tool exited 137 outside @10",
        only_db,
        "
        remove container s-db-1: network s_back is made anew
        remove network s_back: its definition changed; waits for container s-db-1 to be gone
        create network s_back: service db needs it; waits for network s_back to be gone
        create container s-db-1: network s_back is made anew; waits for container s-db-1 to be gone, network s_back to exist
        start container s-db-1: it has not run yet; waits for container s-db-1 to exist
        ",
    );
}

/// What is being removed belongs to what was before, and is not written down for what comes after.
#[test]
fn what_is_on_its_way_out_does_not_count() {
    for (leaving, updates) in [(false, 1), (true, 0)] {
        let world = World::new("init: \n web: after init completed", "image\n init exited 0 itself @10\n web created");
        let made = evenkeel_plan::account(world.input(), None, &|_| leaving);
        assert_eq!(made.len(), updates, "leaving: {leaving}: {made:?}");
    }
}

#[test]
fn what_is_only_to_be_made_or_gone_is_not_started() {
    let target = |target: Target| {
        move |world: &mut World| {
            for wanted in world.desired.intent.targets.values_mut() {
                *wanted = target;
            }
        }
    };
    check(
        "created: made and not started, what runs is left",
        "db:\n web: after db started",
        "image\n db running @10",
        target(Target::Created),
        "create container s-web-1: the file asks for it",
    );
    check(
        "created: what does not fit is replaced and not started",
        "web:",
        "image\n web exited 0 outside @10 old",
        target(Target::Created),
        "remove container s-web-1: its definition changed
         create container s-web-1: its definition changed; waits for container s-web-1 to be gone",
    );
    check(
        "removed: dependants first, and nothing is made",
        "db:\n web: after db started\n idle:",
        "image\n db running @10\n web running @11",
        target(Target::Removed { volumes: true }),
        "stop container s-web-1: its removal was asked for
         stop container s-db-1: its removal was asked for; waits for container s-web-1 to stop
         remove container s-db-1: its removal was asked for; waits for container s-db-1 to stop
         remove container s-web-1: its removal was asked for; waits for container s-web-1 to stop",
    );
}

#[test]
fn images_are_asked_for_whatever_the_goal_is() {
    let order = |task: ImageTask, after: &[&str], failed: Option<&str>| Order {
        task,
        service: ServiceName::new("web"),
        after: after.iter().map(|image| ImageRef::new(*image)).collect(),
        optional: false,
        failed: failed.map(str::to_owned),
    };
    let down = |orders: Vec<(&'static str, Order)>| {
        move |world: &mut World| {
            world.desired.intent.goal = Goal::Down(DownOptions::default());
            world.desired.intent.orders =
                orders.into_iter().map(|(image, order)| (ImageRef::new(image), order)).collect();
        }
    };
    let build = || {
        let build = serde_json::json!({"context": "/c", "dockerfile": {"file": "Dockerfile"}});
        ImageTask::Build(Box::new(serde_json::from_value(build).unwrap()))
    };
    check(
        "a pull of a stack that is down; what failed is not tried again",
        "web:",
        "image",
        down(vec![
            ("app:1", order(ImageTask::Pull { platform: None }, &[], None)),
            ("gone:1", order(ImageTask::Pull { platform: None }, &[], Some("no such image"))),
        ]),
        "pull image app:1: it was asked for",
    );
    check(
        "builds in order",
        "web:",
        "",
        down(vec![("a:1", order(build(), &["b:1"], None)), ("b:1", order(build(), &[], None))]),
        "build image b:1: it was asked for
         build image a:1: it was asked for; waits for image b:1",
    );
    check(
        "an image goes behind the containers",
        "web:",
        "image\n web exited 0 outside @10",
        down(vec![("app:1", order(ImageTask::Remove, &[], None))]),
        "remove container s-web-1: the stack goes down
         remove image app:1: it was asked for; waits for container s-web-1 to be gone",
    );
}
