//! The daemon: started on a state directory, killed at any point, and asked things by clients that it may leave without an
//! answer.

use crate::random::Random;
use crate::runtime::Gate;
use crate::scene::{Answer, Ask, Scene, What};
use crate::stacks::definition;
use crate::witness::{Kill, Witness};
use chrono::TimeDelta;
use evenkeel_control::{Clock, Control, Options, Refused, RunOptions, Terms};
use evenkeel_engine::sim::Sim;
use evenkeel_model::{ContainerName, Operation, StackName, Timestamp};
use evenkeel_plan::OneOff;
use evenkeel_store::{Disk, Error, Store};
use futures::FutureExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The place where daemons live and die.
pub struct Host {
    pub sim: Sim,
    pub scene: Arc<Scene>,
    gate: Arc<Gate>,
    dir: PathBuf,
    living: Option<Living>,
    /// How far the daemon's clock is ahead of the right time, in milliseconds.
    ahead_ms: Arc<AtomicI64>,
    /// Requests whose clients heard nothing, and will ask again under the same key.
    unheard: Vec<usize>,
}

struct Living {
    control: Control,
    witness: Arc<Witness>,
    clients: Vec<JoinHandle<()>>,
}

impl Host {
    pub fn new(sim: Sim, scene: Arc<Scene>, gate: Arc<Gate>, dir: &Path) -> Self {
        Self { sim, scene, gate, dir: dir.to_owned(), living: None, ahead_ms: Arc::default(), unheard: Vec::new() }
    }

    pub fn is_alive(&self) -> bool {
        self.living.is_some()
    }

    pub async fn start(&mut self) {
        let turnstile = self.gate.opening();
        let store = loop {
            let turnstile = turnstile.clone();
            match Store::open_in_order(&self.dir, move || turnstile.pass()).await {
                Ok(store) => break store,
                // What is left of the one before still holds it.
                Err(Error::Locked { .. }) => tokio::task::yield_now().await,
                Err(error) => panic!("the store does not open: {error}"),
            }
        };
        self.gate.watch(store.idle());
        let witness = Arc::new(Witness {
            sim: self.sim.attach(),
            scene: self.scene.clone(),
            under_way: Mutex::default(),
            kill: Mutex::default(),
        });
        let options = Options { clock: Clock::from_fn(self.clock()), ..Options::default() };
        let control = Control::start(witness.clone(), store, options).await.unwrap();
        self.scene.notes().control = Some(control.clone());
        self.scene.trace("the daemon starts");
        self.living = Some(Living { control, witness, clients: Vec::new() });
        for index in std::mem::take(&mut self.unheard) {
            self.send(index);
        }
    }

    /// Kills the daemon. What has reached the engine is finished there or breaks off.
    pub async fn kill(&mut self, finish: bool) {
        let Some(living) = self.living.take() else { return };
        self.scene.trace(format!(
            "the daemon is killed; what has reached the engine {}",
            match finish {
                true => "is finished",
                false => "breaks off",
            }
        ));
        self.scene.notes().control = None;
        for client in &living.clients {
            client.abort();
        }
        living.control.abort().await;
        for client in living.clients {
            let _ = client.await;
        }
        let tasks = std::mem::take(&mut *living.witness.under_way.lock().unwrap());
        for task in tasks.iter().filter(|_| !finish) {
            task.abort();
        }
        self.gate.forget();
        drop(living.control);
        let scene = self.scene.clone();
        let mut notes = scene.notes();
        for (index, ask) in notes.asks.iter_mut().enumerate().filter(|(_, ask)| ask.answer == Answer::None) {
            ask.answer = Answer::Lost;
            // Every other client is patient.
            if index % 2 == 0 {
                self.unheard.push(index);
            }
        }
    }

    /// Sets the daemon's clock; 0 is right.
    pub fn set_clock(&self, ahead_ms: i64) {
        self.ahead_ms.store(ahead_ms, Ordering::SeqCst);
    }

    /// What the daemon's clock shows.
    pub fn now(&self) -> Timestamp {
        self.clock()()
    }

    fn clock(&self) -> impl Fn() -> Timestamp + use<> {
        let (outside, ahead_ms) = (self.scene.outside.clone(), self.ahead_ms.clone());
        move || outside.now() + TimeDelta::milliseconds(ahead_ms.load(Ordering::SeqCst))
    }

    /// Lets the disk under the daemon's store behave so, until it is told otherwise or the daemon is started again. In a task of its
    /// own: the store is waited for in tasks only.
    pub fn set_disk(&self, disk: Disk) {
        if let Some(living) = &self.living {
            let control = living.control.clone();
            tokio::spawn(async move { control.store().pretend(disk).await });
        }
    }

    /// When the store begins to work for the so-many-th time.
    pub fn alarm_at_store(&self, random: &mut Random) -> Arc<Notify> {
        self.gate.alarm(random.within(1..=25))
    }

    /// At one of the next actions.
    pub fn alarm_at_engine(&self, random: &mut Random) -> Option<Arc<Notify>> {
        self.alarm_at_action(random.within(1..=6), random.percent(50))
    }

    /// At the so-many-th action from now: before the engine hears of it, or before the daemon hears of its end.
    pub fn alarm_at_action(&self, after: u64, before_it_is_sent: bool) -> Option<Arc<Notify>> {
        let now = Arc::new(Notify::new());
        let kill = Kill { after, before_it_is_sent, now: now.clone() };
        *self.living.as_ref()?.witness.kill.lock().unwrap() = Some(kill);
        Some(now)
    }

    /// Calls off what [`Host::alarm_at_engine`] has ordered. Says whether the daemon was to be killed already.
    pub fn disarm(&self, alarm: &Notify) -> bool {
        if let Some(living) = &self.living {
            living.witness.kill.lock().unwrap().take();
        }
        alarm.notified().now_or_never().is_some()
    }

    /// A client asks, and the script goes on meanwhile.
    pub fn ask(&mut self, stack: StackName, what: What) -> Option<usize> {
        self.living.as_ref()?;
        let ask = Ask { stack, what, sent: self.scene.outside.now(), answer: Answer::None };
        let mut notes = self.scene.notes();
        notes.asks.push(ask);
        let index = notes.asks.len() - 1;
        drop(notes);
        self.send(index);
        Some(index)
    }

    fn send(&mut self, index: usize) {
        let Some(living) = &mut self.living else { return };
        let (control, scene) = (living.control.clone(), self.scene.clone());
        let ask = {
            let mut notes = scene.notes();
            notes.asks[index].answer = Answer::None;
            notes.asks[index].clone()
        };
        scene.trace(format!("#{index} {} {}", ask.stack, words(&ask.what)));
        living.clients.push(tokio::spawn(async move {
            let terms =
                Terms { idempotency_key: Some(format!("key-{index}")), if_match: None, deadline: Some(DEADLINE) };
            let result = carry(&control, &ask, terms).await;
            let answer = match &result {
                Ok(operation) => Answer::Accepted { at: scene.outside.now(), operation: operation.clone() },
                Err(_) => Answer::Refused,
            };
            match result {
                Ok(_) => scene.trace(format!("#{index} is accepted")),
                Err(error) => scene.trace(format!("#{index} is refused: {error}")),
            }
            scene.notes().asks[index].answer = answer;
        }));
    }
}

/// How long an operation may take.
pub const DEADLINE: Duration = Duration::from_secs(90);

async fn carry(control: &Control, ask: &Ask, terms: Terms) -> Result<Option<Operation>, Refused> {
    match &ask.what {
        What::Up(stack, options) => {
            let operation = control.up(definition(stack), (**stack).clone(), options.clone(), terms).await;
            operation.map(Some)
        }
        What::Request(request) => control.request(&ask.stack, request.clone(), terms).await.map(Some),
        What::Run(service) => {
            let options = RunOptions {
                service: service.clone(),
                no_deps: false,
                build: false,
                pull: None,
                remove_orphans: false,
            };
            let prepared = control.prepare(&ask.stack, None, options, DEADLINE).await;
            let spec = control
                .view(&ask.stack)
                .and_then(|view| view.desired.stack.services.get(service).map(|service| service.container.clone()));
            // One that cannot be had was not asked for in vain: it says so, and nothing is kept of it.
            let (Ok(prepared), Some(mut spec)) = (prepared, spec) else { return Ok(None) };
            spec.ports.clear();
            spec.restart = None;
            spec.auto_remove = true;
            // One that never ends holds its volumes for good, also those that a reset is to wipe: that is its owner's affair.
            spec.environment.insert("SIM_EXIT_AFTER_MS".to_owned(), Some("5000".to_owned()));
            let slug = terms.idempotency_key.unwrap_or_default();
            let name = ContainerName::new(format!("{}-{service}-run-{slug}", ask.stack));
            let one_off = OneOff { service: service.clone(), name, slug, spec, use_aliases: false };
            let _ = prepared.run(one_off, false).await;
            Ok(None)
        }
        What::Hold(held) => control.hold(&ask.stack, *held).await.map(|()| None),
    }
}

fn words(what: &What) -> String {
    match what {
        What::Up(_, options) => format!("up with a definition, {}", json(options)),
        What::Request(request) => json(request),
        What::Run(service) => format!("run {service}"),
        What::Hold(true) => "hold".to_owned(),
        What::Hold(false) => "release".to_owned(),
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}
