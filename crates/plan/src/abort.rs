//! The end of a run: which container of a stack that was brought up for one run has ended first.

use crate::Input;
use crate::containers::stale_run;
use crate::view::View;
use evenkeel_model::{Aborted, ContainerState, Goal, Target};

/// The first container that has ended of a stack whose run ends with it. A job that is done is no end where others wait for just that.
pub fn aborted(input: Input<'_>) -> Option<Aborted> {
    let intent = &input.desired.intent;
    let abort = intent.abort.as_ref().filter(|abort| abort.by.is_none())?;
    if intent.held || intent.goal != Goal::Up {
        return None;
    }
    let view = View::new(input);
    let concerned = view.services.values().filter(|service| abort.concerns(service.name));
    let mut ends = Vec::new();
    for service in concerned.filter(|service| view.target(service.name) == Some(Target::Up)) {
        for container in service.slots.iter().filter_map(|slot| slot.container).filter(|one| view.is_ours(one)) {
            let ContainerState::Exited(exit) = &container.state else { continue };
            let counts = exit.code != 0 || !(abort.only_failures || service.is_job);
            let over = view.misfit(service, container).is_none() && stale_run(&view, service, container).is_none();
            if counts && over {
                ends.push(Aborted {
                    service: service.name.clone(),
                    container: container.name.clone(),
                    code: exit.code,
                    at: exit.at,
                });
            }
        }
    }
    ends.into_iter().min_by_key(|end| end.at)
}
