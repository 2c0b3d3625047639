//! One stack in memory: desired state as it is stored, the outcome of the newest pass, and the steps that are under way.

use crate::connections::KnownConnection;
use crate::connections::lookout::Lookout;
use crate::view::View;
use evenkeel_model::{
    ContainerName, Desired, Forgotten, Ledger, LedgerUpdate, Object, Operation, ServiceName, StackName, Timestamp,
};
use evenkeel_plan::{Pace, Plan, Step, Wait, render};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};
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
    /// Held from a request's commit until it is in force, and while a pass writes down what it has seen: what was seen before a request is not
    /// written down behind it.
    pub writing: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    view: Mutex<Option<Arc<View>>>,
    in_flight: Mutex<InFlight>,
    /// How long its services take to be ready, where that was asked for since the last operation.
    pace: Mutex<Option<Arc<Pace>>>,
    /// Services of which somebody waits to run a one-off container. In memory alone: who waits goes with the daemon.
    preparing: Mutex<Vec<ServiceName>>,
    /// What is known of the connections, where the stack wants them tried again and again.
    lookout: Mutex<Lookout>,
    /// Rises with every pass that is over.
    passes: watch::Sender<u64>,
}

/// What the store holds of the stack, kept equal to it.
#[derive(Clone)]
pub(crate) struct State {
    pub desired: Arc<Desired>,
    pub ledger: Arc<Ledger>,
    /// The request that has not ended yet.
    pub operation: Option<Operation>,
}

/// The word for a container that stands still for an image to be made from it.
pub(crate) const COMMIT: &str = "commit";

/// The steps under way, and what we removed since the last whole pass.
#[derive(Default)]
pub(crate) struct InFlight {
    steps: BTreeMap<Object, &'static str>,
    probes: BTreeSet<ContainerName>,
    /// The newest end of each container whose last words were asked for.
    heard: BTreeMap<ContainerName, Timestamp>,
    removed: BTreeSet<Object>,
    /// What steps of earlier plans that have not begun waited for, each for people.
    waits: BTreeMap<(Object, &'static str), Vec<String>>,
}

impl Entry {
    pub fn new(name: StackName, state: State) -> Self {
        Self {
            name,
            nudge: Notify::new(),
            gone: CancellationToken::new(),
            requests: tokio::sync::Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            state: Mutex::new(state),
            view: Mutex::default(),
            in_flight: Mutex::default(),
            pace: Mutex::default(),
            preparing: Mutex::default(),
            lookout: Mutex::default(),
            passes: watch::Sender::new(0),
        }
    }

    pub fn state(&self) -> State {
        lock(&self.state).clone()
    }

    pub fn set_desired(&self, desired: Desired) {
        lock(&self.state).desired = Arc::new(desired);
    }

    /// Puts in force what a request makes of the stack, all at once: no pass judges a new operation by an old wish, or by failures that
    /// count no more.
    pub fn take_on(&self, desired: Desired, operation: Option<Operation>, forgotten: &Forgotten) {
        let mut state = lock(&self.state);
        state.desired = Arc::new(desired);
        if operation.is_some() {
            state.operation = operation;
        }
        Arc::make_mut(&mut state.ledger).forget(forgotten);
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
                LedgerUpdate::HooksRan { container, moment, ran } => {
                    drop(ledger.hooks.insert((container, moment), ran));
                }
                LedgerUpdate::Follows { container, followed, following } => {
                    ledger.followings.insert((container, followed), following);
                }
                LedgerUpdate::LastWords { container, words } => drop(ledger.last_words.insert(container, words)),
            }
        }
    }

    /// Forgets an operation that has ended, unless another has taken its place. What it did may have taken another time than known.
    pub fn operation_ended(&self, ended: &Operation) {
        *lock(&self.pace) = None;
        let mut state = lock(&self.state);
        if state.operation.as_ref().is_some_and(|operation| operation.id == ended.id) {
            state.operation = None;
        }
    }

    /// How long its services take to be ready, where that is known.
    pub fn pace(&self) -> Option<Arc<Pace>> {
        lock(&self.pace).clone()
    }

    pub fn learn(&self, pace: Pace) -> Arc<Pace> {
        lock(&self.pace).insert(Arc::new(pace)).clone()
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

    /// Somebody begins to wait for what one-off containers of a service need.
    pub fn begin_preparing(&self, service: &ServiceName) {
        lock(&self.preparing).push(service.clone());
        self.nudge.notify_one();
    }

    /// One of them waits no more.
    pub fn end_preparing(&self, service: &ServiceName) {
        let mut preparing = lock(&self.preparing);
        if let Some(at) = preparing.iter().position(|other| other == service) {
            preparing.swap_remove(at);
        }
    }

    /// The services whose one-off containers somebody waits for.
    pub fn preparing(&self) -> BTreeSet<ServiceName> {
        lock(&self.preparing).iter().cloned().collect()
    }

    pub fn lookout(&self) -> MutexGuard<'_, Lookout> {
        lock(&self.lookout)
    }

    /// What looks at the connections have found so far.
    pub fn looked(&self) -> Arc<Vec<KnownConnection>> {
        self.lookout().known()
    }

    /// A pass is over.
    pub fn passed(&self) {
        self.passes.send_modify(|passes| *passes += 1);
    }

    /// Tells of passes that are over.
    pub fn passes(&self) -> watch::Receiver<u64> {
        self.passes.subscribe()
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

    pub fn end(&mut self, object: &Object, done: bool) {
        let verb = self.steps.remove(object);
        if done && verb.is_some_and(frees) {
            self.removed.insert(object.clone());
        }
    }

    /// Remembers what a plan's steps wait for, and forgets the steps that it no longer has. Back-offs are no part of it: they are told
    /// with the failures.
    pub fn note_waits(&mut self, plan: &Plan, now: Timestamp) {
        let step_of = |step: &Step| (step.action.object(), step.action.verb());
        let planned: BTreeSet<_> = plan.steps.iter().map(step_of).collect();
        self.waits.retain(|step, _| planned.contains(step));
        for step in &plan.steps {
            for wait in step.waits_for.iter().filter(|wait| !matches!(wait, Wait::Until { .. })) {
                let waits = self.waits.entry(step_of(step)).or_default();
                let words = render::wait(wait, now);
                if !waits.contains(&words) {
                    waits.push(words);
                }
            }
        }
    }

    /// What a step that begins now has waited for.
    pub fn take_waits(&mut self, object: &Object, verb: &'static str) -> Vec<String> {
        self.waits.remove(&(object.clone(), verb)).unwrap_or_default()
    }

    /// Probes run beside other steps, one a container.
    pub fn begin_probe(&mut self, container: &ContainerName) -> bool {
        self.probes.insert(container.clone())
    }

    pub fn end_probe(&mut self, container: &ContainerName) {
        self.probes.remove(container);
    }

    /// Whether the last words of this end are yet to be asked for.
    pub fn begin_hearing(&mut self, container: &ContainerName, exit_at: Timestamp) -> bool {
        self.heard.insert(container.clone(), exit_at) != Some(exit_at)
    }

    /// What we removed since this was last asked, and what we are about to remove: in one look, as what is in between would be in neither.
    pub fn take_removed(&mut self) -> (BTreeSet<Object>, BTreeSet<Object>) {
        let leaving = self.steps.iter().filter(|(_, verb)| frees(verb)).map(|(object, _)| object.clone());
        let leaving = leaving.collect();
        (std::mem::take(&mut self.removed), leaving)
    }

    /// The pass that asked was broken off: the next one must know of it.
    pub fn give_back_removed(&mut self, removed: BTreeSet<Object>) {
        self.removed.extend(removed);
    }

    /// Whether a container is being made: what it mounts and joins is needed though nothing that can be seen uses it yet.
    pub fn is_making(&self) -> bool {
        self.steps.iter().any(|(object, verb)| matches!(object, Object::Container(_)) && *verb == "create")
    }

    /// Whether nothing is done that a plan asked for.
    pub fn is_empty(&self) -> bool {
        self.steps.values().all(|verb| *verb == COMMIT)
    }
}

/// What no longer stands in its place by our own doing: removed, or renamed out of the way.
fn frees(verb: &str) -> bool {
    matches!(verb, "remove" | "rename")
}

/// The turn at what one does after the other; of a stack that is not there yet there is none to wait for.
pub(crate) async fn turn(of: Option<&tokio::sync::Mutex<()>>) -> Option<tokio::sync::MutexGuard<'_, ()>> {
    match of {
        Some(of) => Some(of.lock().await),
        None => None,
    }
}

/// A panic while the lock was held is told where it happened; the data is plain and whole at every moment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
