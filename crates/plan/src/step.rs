//! A plan and its steps.

use crate::attempt::held_until;
use crate::{Cause, Wait};
use evenkeel_model::{Action, Ledger, Object, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The way from what is to what should be. Empty when they agree.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The steps, an order in which they could be taken one by one.
    pub steps: Vec<Step>,
    /// When to plan again though nothing has changed: the end of a back-off, the next early probe.
    pub again_at: Option<Timestamp>,
}

impl Plan {
    /// Whether nothing is left to do but to look: probes change nothing.
    pub fn is_settled(&self) -> bool {
        self.steps.iter().all(|step| matches!(step.action, Action::ProbeContainer(_)))
    }

    /// The steps that wait for nothing.
    pub fn ready(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.waits_for.is_empty())
    }

    /// Adds a step.
    pub(crate) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// The same steps, none of them before its object's back-off is over: what failed is not tried again at once, whatever it
    /// is. Probes change nothing and have a rhythm of their own.
    pub(crate) fn held_back(mut self, ledger: &Ledger, now: Timestamp) -> Self {
        for step in &mut self.steps {
            let attempt = ledger.attempts.get(&step.action.object());
            let Some(attempt) = attempt.filter(|_| !matches!(step.action, Action::ProbeContainer(_))) else { continue };
            let Some(until) = held_until(attempt, now) else { continue };
            step.waits_for.insert(0, Wait::Until { at: until, failures: attempt.failures });
            self.again_at = Some(self.again_at.map_or(until, |at| at.min(until)));
        }
        self
    }

    /// The same steps, each after those that bring about what it waits for.
    pub(crate) fn in_order(self) -> Self {
        let mut producers: BTreeMap<(Object, Effect), usize> = BTreeMap::new();
        for (index, step) in self.steps.iter().enumerate() {
            if let Some(effect) = effect(&step.action) {
                producers.insert((step.action.object(), effect), index);
            }
        }
        let mut placed = vec![false; self.steps.len()];
        let mut order = Vec::with_capacity(self.steps.len());
        for index in 0..self.steps.len() {
            place(index, &self.steps, &producers, &mut placed, &mut order);
        }
        let mut steps: Vec<Option<Step>> = self.steps.into_iter().map(Some).collect();
        Self { steps: order.into_iter().filter_map(|index| steps[index].take()).collect(), again_at: self.again_at }
    }

    /// Asks for another look at a time, or earlier.
    pub(crate) fn look_again(&mut self, at: Timestamp) {
        self.again_at = Some(self.again_at.map_or(at, |other| other.min(at)));
    }
}

/// One action, why it is needed, and what must be so before it may begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What to do.
    pub action: Action,
    /// Why.
    pub cause: Cause,
    /// What it waits for; only what is not so yet.
    pub waits_for: Vec<Wait>,
}

/// What a step leaves behind that another may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    Exists,
    Stopped,
    Gone,
    Hooked,
}

fn effect(action: &Action) -> Option<Effect> {
    match action.verb() {
        "create" | "pull" | "build" => Some(Effect::Exists),
        "stop" => Some(Effect::Stopped),
        // The place is free.
        "remove" | "rename" => Some(Effect::Gone),
        "hook" => Some(Effect::Hooked),
        _ => None,
    }
}

/// Places a step after its producers. A step is marked before they are looked at, so that a circle ends.
fn place(
    index: usize,
    steps: &[Step],
    producers: &BTreeMap<(Object, Effect), usize>,
    placed: &mut [bool],
    order: &mut Vec<usize>,
) {
    if std::mem::replace(&mut placed[index], true) {
        return;
    }
    for wait in &steps[index].waits_for {
        let needed = match wait {
            Wait::Exists { object } => (object.clone(), Effect::Exists),
            Wait::Gone { object } => (object.clone(), Effect::Gone),
            Wait::Stopped { container } => (Object::Container(container.clone()), Effect::Stopped),
            Wait::Hooks { container } => (Object::Container(container.clone()), Effect::Hooked),
            Wait::Dependency { .. } | Wait::Until { .. } | Wait::Release | Wait::Never { .. } => continue,
        };
        if let Some(producer) = producers.get(&needed) {
            place(*producer, steps, producers, placed, order);
        }
    }
    order.push(index);
}
