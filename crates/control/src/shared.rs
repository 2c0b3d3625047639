//! What every task of the loop shares.

use crate::clock::Clock;
use crate::control::Options;
use crate::entry::{Entry, State};
use crate::journal::Journal;
use crate::metrics::Metrics;
use crate::view::View;
use evenkeel_engine::Engine;
use evenkeel_model::{OperationId, StackName};
use evenkeel_store::Store;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) struct Shared {
    pub engine: Arc<dyn Engine>,
    pub store: Arc<Store>,
    pub clock: Clock,
    pub operation_deadline: Duration,
    pub journal: Journal,
    pub metrics: Metrics,
    /// Rises whenever a view changes.
    pub version: watch::Sender<u64>,
    /// The operations that end.
    pub ended: broadcast::Sender<OperationId>,
    /// Everything that runs.
    pub tasks: TaskTracker,
    pub ending: CancellationToken,
    /// Whatever still runs is dropped where it stands.
    pub cut: CancellationToken,
    entries: RwLock<BTreeMap<StackName, Arc<Entry>>>,
}

impl Shared {
    pub async fn open(
        engine: Arc<dyn Engine>,
        store: Store,
        options: Options,
    ) -> Result<Arc<Self>, evenkeel_store::Error> {
        let mut operations: BTreeMap<StackName, _> = BTreeMap::new();
        for operation in store.running_operations().await? {
            operations.insert(operation.stack.clone(), operation);
        }
        let mut entries = BTreeMap::new();
        for record in store.stacks().await? {
            let state = State {
                desired: Arc::new(record.desired()),
                ledger: Arc::new(store.ledger(&record.name).await?),
                operation: operations.remove(&record.name),
            };
            entries.insert(record.name.clone(), Arc::new(Entry::new(record.name, state)));
        }
        let store = Arc::new(store);
        let (journal, writer) = Journal::open(store.clone(), options.clock.clone());
        let cut = CancellationToken::new();
        // The writer ends with the last clone of the journal, after everything that may still have something to tell.
        tokio::spawn(until(cut.clone(), writer));
        Ok(Arc::new(Self {
            engine,
            store,
            clock: options.clock,
            operation_deadline: options.operation_deadline,
            journal,
            metrics: Metrics::default(),
            version: watch::Sender::new(1),
            ended: broadcast::Sender::new(1_024),
            tasks: TaskTracker::new(),
            ending: CancellationToken::new(),
            cut,
            entries: RwLock::new(entries),
        }))
    }

    /// Runs a task of the loop. It ends with `None` where it was cut short.
    pub fn spawn<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> JoinHandle<Option<T>> {
        self.tasks.spawn(until(self.cut.clone(), task))
    }

    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub fn entry(&self, name: &StackName) -> Option<Arc<Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// The entry of a stack that comes into being, or the one that came first.
    pub fn insert(&self, entry: Entry) -> (Arc<Entry>, bool) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = entries.get(&entry.name) {
            return (there.clone(), false);
        }
        let entry = Arc::new(entry);
        entries.insert(entry.name.clone(), entry.clone());
        (entry, true)
    }

    pub fn remove(&self, name: &StackName) {
        let entry = self.entries.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        if let Some(entry) = entry {
            entry.gone.cancel();
        }
        self.version.send_modify(|version| *version += 1);
    }

    pub fn nudge_all(&self) {
        for entry in self.entries() {
            entry.nudge.notify_one();
        }
    }

    /// What readers see of a stack; before its first pass, that nothing was seen.
    pub fn view(&self, entry: &Entry) -> Arc<View> {
        entry.view().unwrap_or_else(|| {
            let desired = entry.state().desired;
            let status = Arc::new(evenkeel_plan::unseen(&desired, self.clock.now()));
            Arc::new(View { desired, status, begun: None, broken: Vec::new(), engine_api: (0, 0), engine_lost: None })
        })
    }
}

/// Runs a task until it ends or is cut short.
async fn until<T>(cut: CancellationToken, task: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = cut.cancelled() => None,
        done = task => Some(done),
    }
}
