//! What holds for every plan, whatever is wanted and whatever is there.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "properties/any.rs"]
mod any;
#[path = "properties/engine.rs"]
mod engine;

use any::{Case, clean, wild};
use engine::Engine;
use evenkeel_model::*;
use evenkeel_plan::{Plan, Step, Wait, slots};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// The same cases every time; `PROPTEST_RNG_SEED=n` plays others, `PROPTEST_CASES=n` more of them.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    let rng_seed = if default.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { default.rng_seed };
    ProptestConfig { rng_seed, failure_persistence: None, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_plan_is_safe(case in wild()) {
        let plan = case.plan();
        prop_assert_eq!(&plan, &case.plan(), "planning twice");
        for step in &plan.steps {
            prop_assert!(touches_only_ours(&case, &step.action), "{:?} is not ours", step.action.object());
            prop_assert!(wipes_only_what_was_asked(&case, &step.action), "{:?} is wiped", step.action.object());
            prop_assert!(!repeats_a_job(&case, &step.action), "{:?} is done", step.action.object());
            prop_assert!(may_begin(&case, step), "{:?} is too early in\n{}", step.action.object(), render(&plan));
            prop_assert!(has_room(&case, &plan, &step.action, &step.waits_for), "{:?} is there", step.action.object());
            for wait in &step.waits_for {
                prop_assert!(can_come(&case, &plan, wait), "nobody brings {wait:?} in\n{}", render(&plan));
            }
        }
        let mut held = case;
        held.desired.intent.held = true;
        prop_assert!(held.plan().steps.is_empty(), "a held stack is left alone");
    }

    #[test]
    fn ready_steps_lead_there(case in clean()) {
        let mut engine = Engine::new(case);
        let plan = engine.run();
        prop_assert!(plan.steps.is_empty(), "left:\n{}in\n{:?}", render(&plan), engine.case);
        prop_assert!(engine.is_reached(), "an empty plan, and not there: {:?}", engine.case);
    }
}

fn render(plan: &Plan) -> String {
    evenkeel_plan::render::plan(plan, any::at(100))
}

fn touches_only_ours(case: &Case, action: &Action) -> bool {
    let ours = |owner: &Owner| owner.is(&case.desired.stack.name);
    let observed = &case.observed;
    match action.object() {
        Object::Container(name) => observed.containers.get(&name).is_none_or(|it| ours(&it.owner)),
        Object::Network(name) => observed.networks.get(&name).is_none_or(|it| ours(&it.owner)),
        Object::Volume(name) => observed.volumes.get(&name).is_none_or(|it| ours(&it.owner)),
        Object::Image(_) => true,
    }
}

fn wipes_only_what_was_asked(case: &Case, action: &Action) -> bool {
    let Action::RemoveVolume(name) = action else { return true };
    let asked = matches!(&case.desired.intent.goal, Goal::Down(options) if options.volumes);
    asked || case.observed.volumes.get(name).is_some_and(|it| it.epoch < case.desired.intent.epoch)
}

/// A job whose completion counts: of this definition and epoch, by the container that is there or by one that is gone.
fn repeats_a_job(case: &Case, action: &Action) -> bool {
    let Action::StartContainer(place) = action else { return false };
    let Some(done) = case.ledger.completions.get(place) else { return false };
    let Some(service) = case.desired.stack.services.get(&done.service) else { return false };
    let there = case.observed.containers.get(place);
    let same = done.spec_hash == evenkeel_plan::service_hash(&service.container);
    let alive = there.is_some_and(|it| it.is_running() || matches!(it.state, ContainerState::Restarting(_)));
    // One that has never run was made since.
    let newer = there.is_some_and(|it| {
        it.created_at > done.finished_at || it.state == ContainerState::Created || it.owner == Owner::Nobody
    });
    let intent = &case.desired.intent;
    let is_there = |run: &Timestamp| there.is_some_and(|it| it.started_at == Some(*run));
    let asked = intent.stale_runs.get(place).is_some_and(|run| *run >= done.started_at || is_there(run))
        || intent.stale_containers.get(place).is_some_and(|id| *id == done.container_id);
    same && done.epoch == intent.epoch && !alive && !newer && !asked
}

fn is_healthy(container: &Container) -> bool {
    container.died.is_none() && matches!(container.state, ContainerState::Running { health: Health::Healthy { .. } })
}

/// What every condition needs at least of each container of a dependency, before a start waits for nothing more.
fn may_begin(case: &Case, step: &Step) -> bool {
    let Action::StartContainer(place) = &step.action else { return true };
    let desired = &case.desired;
    let mut services = desired.stack.services.iter();
    let Some((_, service)) = services.find(|(name, service)| slots(desired, name, service).contains(place)) else {
        return true;
    };
    let wanted = |name: &ServiceName| desired.intent.targets.get(name) == Some(&Target::Up);
    let meets = |place: &ContainerName, condition: Condition| {
        let there = case.observed.containers.get(place);
        let done = case.ledger.completions.contains_key(place);
        match condition {
            Condition::Started => done || there.is_some_and(|it| it.started_at.is_some()),
            Condition::Healthy => there.is_some_and(is_healthy),
            Condition::Completed => done || there.and_then(Container::exit).is_some_and(|exit| exit.code == 0),
        }
    };
    let mut dependencies = service.depends_on.iter().filter(|(name, it)| it.required && wanted(name));
    !step.waits_for.is_empty()
        || dependencies.all(|(name, it)| {
            slots(desired, name, &desired.stack.services[name]).iter().all(|place| meets(place, it.condition))
        })
}

/// What is made is not there, or is removed first.
fn has_room(case: &Case, plan: &Plan, action: &Action, waits: &[Wait]) -> bool {
    let object = action.object();
    let there = match (action, &object) {
        (Action::CreateContainer(_), Object::Container(name)) => case.observed.containers.contains_key(name),
        (Action::CreateNetwork(_), Object::Network(name)) => case.observed.networks.contains_key(name),
        (Action::CreateVolume(_), Object::Volume(name)) => case.observed.volumes.contains_key(name),
        _ => false,
    };
    let freed = || ["remove", "rename"].iter().any(|verb| brings(case, plan, &object, verb));
    !there || (waits.contains(&Wait::Gone { object: object.clone() }) && freed())
}

fn brings(case: &Case, plan: &Plan, object: &Object, verb: &str) -> bool {
    let removing = |name: &ContainerName| {
        case.observed.containers.get(name).is_some_and(|it| it.state == ContainerState::Removing)
    };
    let by_itself = verb == "remove" && matches!(object, Object::Container(name) if removing(name));
    by_itself || plan.steps.iter().any(|step| step.action.object() == *object && step.action.verb() == verb)
}

/// A container of a service that the file no longer has holds its volume when the stack goes down without it, and is named so.
fn stays(case: &Case, object: &Object) -> bool {
    let Goal::Down(options) = &case.desired.intent.goal else { return false };
    let Object::Container(name) = object else { return false };
    let service = case.observed.containers.get(name).and_then(|it| it.service.as_ref());
    !options.remove_orphans && service.is_none_or(|name| !case.desired.stack.services.contains_key(name))
}

fn can_come(case: &Case, plan: &Plan, wait: &Wait) -> bool {
    match wait {
        Wait::Exists { object } => {
            let shared = |name: &ContainerName| !case.wants_up_at(name);
            let external = match object {
                // Somebody else's to make, or not to be had: preflight says so.
                Object::Network(name) => case.desired.stack.networks.get(name).is_none_or(|it| it.external),
                Object::Volume(name) => case.desired.stack.volumes.get(name).is_none_or(|it| it.external),
                // The owner of a shared namespace that nobody asked for.
                Object::Container(name) => shared(name) || case.is_foreign(name) || case.is_done(name),
                Object::Image(_) => false,
            };
            external || ["create", "pull", "build"].iter().any(|verb| brings(case, plan, object, verb))
        }
        Wait::Gone { object } => {
            ["remove", "rename"].iter().any(|verb| brings(case, plan, object, verb)) || stays(case, object)
        }
        Wait::Hooks { container } => brings(case, plan, &Object::Container(container.clone()), "hook"),
        Wait::Stopped { container } => brings(case, plan, &Object::Container(container.clone()), "stop"),
        Wait::Dependency { .. } | Wait::Until { .. } | Wait::Never { .. } | Wait::Release => true,
    }
}
