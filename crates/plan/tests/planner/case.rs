//! One case of the planner's decisions: a stack and a world in words, and the plan in words.

use crate::world::World;

/// The plan's lines, without indentation.
pub fn check(case: &str, stack: &str, objects: &str, change: impl FnOnce(&mut World), expected: &str) {
    let mut world = World::new(stack, objects);
    change(&mut world);
    let expected: String =
        expected.lines().map(str::trim).filter(|l| !l.is_empty()).map(|l| format!("{l}\n")).collect();
    assert_eq!(world.plan(), expected, "{case}");
}

pub fn as_is(_: &mut World) {}
