//! A runtime in which a run repeats exactly although SQLite works in threads of its own.
//!
//! There is one thread for all tasks, and time stands still. Tokio moves the time on when no task is ready, and it does not know that
//! a task waits for SQLite: so before the thread would go to sleep, the hook here lets SQLite work, and waits for its
//! answer. The store has one connection, hence at most one answer is under way, and SQLite gives none while
//! any task is ready. So the order of everything follows from the seed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Notify;

type Idle = Box<dyn Fn() -> bool + Send + Sync>;

/// Lets SQLite's thread through while no task is ready.
#[derive(Default)]
pub struct Turnstile {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Turnstile {
    /// For SQLite's thread: waits.
    pub fn pass(&self) {
        let open = self.open.lock().unwrap();
        drop(self.opened.wait_while(open, |open| !*open).unwrap());
    }

    fn set(&self, open: bool) {
        *self.open.lock().unwrap() = open;
        self.opened.notify_all();
    }
}

/// What the hook knows of the store.
#[derive(Default)]
pub struct Gate {
    handle: OnceLock<Handle>,
    /// The store is being opened.
    opening: AtomicBool,
    turnstile: Mutex<Arc<Turnstile>>,
    idle: Mutex<Option<Idle>>,
    busy: AtomicBool,
    /// How often the store began to work.
    rounds: AtomicU64,
    /// Tell somebody in this round, before its answer is heard.
    alarm: Mutex<Option<(u64, Arc<Notify>)>>,
}

impl Gate {
    /// Until [`Gate::watch`], whatever is waited for is SQLite.
    pub fn opening(&self) -> Arc<Turnstile> {
        self.opening.store(true, Ordering::SeqCst);
        let turnstile = Arc::<Turnstile>::default();
        *self.turnstile.lock().unwrap() = turnstile.clone();
        turnstile
    }

    /// Watches a store.
    pub fn watch(&self, idle: impl Fn() -> bool + Send + Sync + 'static) {
        *self.idle.lock().unwrap() = Some(Box::new(idle));
        self.opening.store(false, Ordering::SeqCst);
    }

    /// The store is gone; what SQLite still has to do for it holds up nobody.
    pub fn forget(&self) {
        self.turnstile.lock().unwrap().set(true);
        *self.turnstile.lock().unwrap() = Arc::default();
        drop(self.idle.lock().unwrap().take());
        self.opening.store(false, Ordering::SeqCst);
    }

    /// Tells when the store begins to work for the so-many-th time from now.
    pub fn alarm(&self, after: u64) -> Arc<Notify> {
        let notify = Arc::new(Notify::new());
        *self.alarm.lock().unwrap() = Some((self.rounds.load(Ordering::SeqCst) + after, notify.clone()));
        notify
    }

    fn is_idle(&self) -> bool {
        !self.opening.load(Ordering::SeqCst) && self.idle.lock().unwrap().as_ref().is_none_or(|idle| idle())
    }

    fn parking(&self) {
        let Some(handle) = self.handle.get() else { return };
        if self.is_idle() {
            self.busy.store(false, Ordering::SeqCst);
            return;
        }
        // A task that does nothing keeps the thread awake, and with it the time where it is.
        handle.spawn(async {});
        if !self.busy.swap(true, Ordering::SeqCst) {
            let round = self.rounds.fetch_add(1, Ordering::SeqCst) + 1;
            let mut alarm = self.alarm.lock().unwrap();
            if alarm.as_ref().is_some_and(|(at, _)| *at <= round) {
                alarm.take().unwrap().1.notify_one();
                return;
            }
        }
        let turnstile = self.turnstile.lock().unwrap().clone();
        turnstile.set(true);
        while handle.metrics().global_queue_depth() == 0 && !self.is_idle() {
            std::thread::yield_now();
        }
        turnstile.set(false);
    }
}

/// A runtime and the gate in its hook. SQLite must be waited for in spawned tasks only.
pub fn runtime() -> (Runtime, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    let parking = gate.clone();
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .global_queue_interval(u32::MAX)
        .event_interval(u32::MAX)
        .on_thread_park(move || parking.parking())
        .build()
        .unwrap();
    gate.handle.set(runtime.handle().clone()).unwrap();
    (runtime, gate)
}
