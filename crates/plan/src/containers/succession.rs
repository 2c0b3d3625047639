//! A container that hands its anonymous volumes on to the one that takes its place: it is renamed out of the way and goes once its
//! heir is made, as Compose does it. At every moment the names alone say how far this is, so it can break off anywhere.

use super::{Cleared, is_alive, remove};
use crate::networks::must_be_replaced;
use crate::view::{ServiceView, Slot, View};
use crate::volumes::must_be_wiped;
use crate::{Cause, Plan, Step, Wait, hooks};
use evenkeel_model::{Action, Container, ContainerName, Object, Target};

/// Characters of a container's id in the name that it gets when it makes way, as Compose has it.
const ID_LENGTH: usize = 12;

/// Whether what stands in a place has something to hand on, and may. What a reset or a lost volume replaces begins anew, and what
/// the engine could not remove cannot be renamed either.
pub(crate) fn hands_on(view: &View<'_>, container: &Container, cause: &Cause) -> bool {
    let lost = matches!(cause, Cause::Reset { .. } | Cause::VolumeReplaced { .. } | Cause::Dead);
    !lost && has_heritage(view, container)
}

/// A container that holds a volume which is to be wiped cannot wait for its heir: the heir waits for the volume.
fn has_heritage(view: &View<'_>, container: &Container) -> bool {
    let intent = &view.input.desired.intent;
    let begins_anew = intent.renew_anonymous
        || container.epoch != intent.epoch
        || container.volumes.iter().any(|volume| must_be_wiped(view, volume));
    container.anonymous_volumes > 0 && !begins_anew
}

/// Adds the steps by which a container leaves its place to its heir.
pub(super) fn make_way(
    view: &View<'_>,
    container: &Container,
    image: Vec<Wait>,
    cause: &Cause,
    plan: &mut Plan,
) -> Cleared {
    let heir = container.name.clone();
    let aside = Container { name: name_out_of_the_way(container), ..container.clone() };
    let action = Action::RenameContainer { container: heir.clone(), to: aside.name.clone() };
    plan.push(Step { action, cause: cause.clone(), waits_for: image });
    let free = Wait::Gone { object: Object::Container(heir.clone()) };
    farewell(view, &aside, Some(&heir), vec![free.clone()], cause, plan);
    let stopped = Wait::Stopped { container: aside.name.clone() };
    Cleared { before_making: vec![free], before_start: if is_alive(&aside) { vec![stopped] } else { Vec::new() } }
}

/// Adds a container's stop and removal. Where an heir takes volumes over, both come after it is made; but a network that is made
/// anew can only go once the container has stopped.
pub(crate) fn farewell(
    view: &View<'_>,
    container: &Container,
    heir: Option<&ContainerName>,
    before: Vec<Wait>,
    cause: &Cause,
    plan: &mut Plan,
) {
    let made = heir.map(|heir| Wait::Exists { object: Object::Container(heir.clone()) });
    let mut before_removal = before.clone();
    if is_alive(container) {
        let mut waits_for = before;
        let network_goes = container.networks.keys().any(|name| must_be_replaced(view, name));
        waits_for.extend(made.clone().filter(|_| !network_goes));
        hooks::stop(view, container, view.input.desired.intent.grace_s, cause.clone(), waits_for, plan);
        before_removal.push(Wait::Stopped { container: container.name.clone() });
    }
    before_removal.extend(made);
    plan.push(remove(container, cause.clone(), before_removal));
}

/// The name of a container that has made way.
pub(crate) fn name_out_of_the_way(container: &Container) -> ContainerName {
    let id: String = container.id.chars().take(ID_LENGTH).collect();
    ContainerName::new(format!("{id}_{}", container.name))
}

/// The container that stands for a place under another name: it has made way, or the place's name has changed. Of several the
/// newest.
pub(crate) fn predecessor<'a>(view: &View<'a>, service: &ServiceView<'_>, slot: &Slot<'_>) -> Option<&'a Container> {
    let renamed = view.displaced(service.name).filter(|container| container.number == slot.number);
    renamed.max_by_key(|container| container.created_at)
}

/// From whom a place's new container takes volumes over.
pub(super) fn ancestor(view: &View<'_>, service: &ServiceView<'_>, slot: &Slot<'_>) -> Option<ContainerName> {
    // What stands in the place now will have made way by then.
    let in_place = slot.container.filter(|container| view.is_ours(container));
    if let Some(container) = in_place
        && let Some(cause) = view.misfit(service, container)
    {
        return hands_on(view, container, &cause).then(|| name_out_of_the_way(container));
    }
    let predecessor = predecessor(view, service, slot).filter(|container| has_heritage(view, container))?;
    Some(predecessor.name.clone())
}

/// For a container that has made way and is to go: its heir, where that is not made yet.
pub(crate) fn awaited_heir(view: &View<'_>, container: &Container) -> Option<ContainerName> {
    let service = container.service.as_ref().and_then(|name| view.services.get(name))?;
    if !view.target(service.name).is_some_and(Target::is_made) || !has_heritage(view, container) {
        return None;
    }
    let slot = service.slots.iter().find(|slot| slot.number == container.number)?;
    let is_newest = predecessor(view, service, slot).is_some_and(|newest| newest.name == container.name);
    let made = slot.container.is_some_and(|heir| view.is_ours(heir) && view.misfit(service, heir).is_none());
    let done = view.is_completed(service, slot) && view.target(service.name) == Some(Target::Up);
    (is_newest && !made && !done).then(|| slot.name.clone())
}
