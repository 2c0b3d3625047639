//! One stack in memory: desired state as it is stored, the outcome of the newest pass, and the steps that are under way.

use crate::view::View;
use evenkeel_model::{ContainerName, Desired, Ledger, LedgerUpdate, Object, Operation, StackName};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// A stack that the daemon keeps.
pub(crate) struct Entry {
    pub name: StackName,
    /// Something may have changed: make a pass.
    pub nudge: Notify,
    /// Ends the stack's task.
    pub gone: CancellationToken,
    /// Requests for one stack are taken one after the other.
    pub requests: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    view: Mutex<Option<Arc<View>>>,
    in_flight: Mutex<InFlight>,
}

/// What the store holds of the stack, kept equal to it.
#[derive(Clone)]
pub(crate) struct State {
    pub desired: Arc<Desired>,
    pub ledger: Arc<Ledger>,
    /// The request that has not ended yet.
    pub operation: Option<Operation>,
}

/// The steps under way, and what we removed since the last pass.
#[derive(Default)]
pub(crate) struct InFlight {
    steps: BTreeMap<Object, &'static str>,
    probes: BTreeSet<ContainerName>,
    removed: BTreeSet<Object>,
}

impl Entry {
    pub fn new(name: StackName, state: State) -> Self {
        Self {
            name,
            nudge: Notify::new(),
            gone: CancellationToken::new(),
            requests: tokio::sync::Mutex::default(),
            state: Mutex::new(state),
            view: Mutex::default(),
            in_flight: Mutex::default(),
        }
    }

    pub fn state(&self) -> State {
        lock(&self.state).clone()
    }

    /// Replaces desired state and operation together, so that no pass judges a new operation by an old wish.
    pub fn set_desired(&self, desired: Desired, operation: Option<Operation>) {
        let mut state = lock(&self.state);
        state.desired = Arc::new(desired);
        if operation.is_some() {
            state.operation = operation;
        }
    }

    pub fn set_ledger(&self, ledger: Ledger) {
        lock(&self.state).ledger = Arc::new(ledger);
    }

    pub fn apply(&self, updates: &[LedgerUpdate]) {
        let mut state = lock(&self.state);
        let ledger = Arc::make_mut(&mut state.ledger);
        for update in updates {
            match update.clone() {
                LedgerUpdate::Failed { object, attempt } => drop(ledger.attempts.insert(object, attempt)),
                LedgerUpdate::Cleared { object } => drop(ledger.attempts.remove(&object)),
                LedgerUpdate::Completed { container, completion } => {
                    drop(ledger.completions.insert(container, completion));
                }
            }
        }
    }

    /// Forgets an operation that has ended, unless another has taken its place.
    pub fn operation_ended(&self, ended: &Operation) {
        let mut state = lock(&self.state);
        if state.operation.as_ref().is_some_and(|operation| operation.id == ended.id) {
            state.operation = None;
        }
    }

    pub fn view(&self) -> Option<Arc<View>> {
        lock(&self.view).clone()
    }

    /// Shows a new outcome; says whether it differs from the one before.
    pub fn show(&self, view: View) -> bool {
        let mut shown = lock(&self.view);
        let changed = shown.as_deref() != Some(&view);
        *shown = Some(Arc::new(view));
        changed
    }

    pub fn in_flight(&self) -> MutexGuard<'_, InFlight> {
        lock(&self.in_flight)
    }
}

impl InFlight {
    /// The objects that steps have now.
    pub fn busy(&self) -> BTreeSet<Object> {
        self.steps.keys().cloned().collect()
    }

    /// Takes an object for a step; `false` where another step has it.
    pub fn begin(&mut self, object: &Object, verb: &'static str) -> bool {
        if self.steps.contains_key(object) {
            return false;
        }
        self.steps.insert(object.clone(), verb);
        true
    }

    pub fn end(&mut self, object: &Object, removed: bool) {
        self.steps.remove(object);
        if removed {
            self.removed.insert(object.clone());
        }
    }

    /// Probes run beside other steps, one a container.
    pub fn begin_probe(&mut self, container: &ContainerName) -> bool {
        self.probes.insert(container.clone())
    }

    pub fn end_probe(&mut self, container: &ContainerName) {
        self.probes.remove(container);
    }

    /// What we removed, or are about to, since this was last asked.
    pub fn take_removed(&mut self) -> BTreeSet<Object> {
        let mut removed = std::mem::take(&mut self.removed);
        removed.extend(self.steps.iter().filter(|(_, verb)| **verb == "remove").map(|(object, _)| object.clone()));
        removed
    }

    /// Whether a container is being made: what it mounts and joins is needed though nothing that can be seen uses it yet.
    pub fn is_making(&self) -> bool {
        self.steps.iter().any(|(object, verb)| matches!(object, Object::Container(_)) && *verb == "create")
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// A panic while the lock was held is told where it happened; the data is plain and whole at every moment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
