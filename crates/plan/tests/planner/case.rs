//! One case of the planner's decisions: a stack and a world in words, and the plan in words.

use crate::world::{World, at};
use evenkeel_model::{Completion, ContainerName, ServiceName};

/// The plan's lines, without indentation.
pub fn check(case: &str, stack: &str, objects: &str, change: impl FnOnce(&mut World), expected: &str) {
    let mut world = World::new(stack, objects);
    change(&mut world);
    let expected: String =
        expected.lines().map(str::trim).filter(|l| !l.is_empty()).map(|l| format!("{l}\n")).collect();
    assert_eq!(world.plan(), expected, "{case}");
}

#[allow(dead_code)] // Nor one that is right as it is.
pub fn as_is(_: &mut World) {}

/// The job `init` was done by its container `id-init`, in a run that began at 12.
#[allow(dead_code)] // Not every file of cases has a job.
pub fn init_completed(world: &mut World) {
    let hash = evenkeel_plan::service_hash(&world.desired.stack.services["init"].container);
    let completion = Completion {
        service: ServiceName::new("init"),
        spec_hash: hash,
        epoch: 1,
        container_id: "id-init".to_owned(),
        started_at: at(12),
        finished_at: at(13),
    };
    world.ledger.completions.insert(ContainerName::new("s-init-1"), completion);
}
