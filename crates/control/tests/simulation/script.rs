//! What happens in a run: requests of clients, faults of the engine, other people's hands, and the daemon's death, in an order and at
//! times that the seed decides.

use crate::daemon::Host;
use crate::random::Random;
use crate::scene::What;
use crate::stacks::{self, IMAGES};
use chrono::TimeDelta;
use evenkeel_control::Request;
use evenkeel_engine::Error;
use evenkeel_engine::sim::{Call, Fault, Rates};
use evenkeel_model::*;
use evenkeel_store::Disk;
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The requests that can be made to fail one by one.
const CALLS: [Call; 16] = [
    Call::Observe,
    Call::Survey,
    Call::PullImage,
    Call::CreateNetwork,
    Call::RemoveNetwork,
    Call::CreateVolume,
    Call::RemoveVolume,
    Call::CreateContainer,
    Call::Connect,
    Call::Start,
    Call::Start,
    Call::Stop,
    Call::Stop,
    Call::Unpause,
    Call::RemoveContainer,
    Call::Exec,
];

pub struct Script {
    random: Random,
    /// The definitions as their owners have them.
    pub stacks: Vec<Stack>,
    engine_returns: Option<Instant>,
    daemon_returns: Option<Instant>,
    /// Something may hang until the engine is killed.
    may_hang: bool,
    /// Kill the daemon when this is told.
    alarm: Option<Arc<Notify>>,
}

impl Script {
    pub fn new(mut random: Random) -> Self {
        let count = random.within(1..=2) as usize;
        let stacks = (0..count).map(|index| stacks::stack(&mut random, index)).collect();
        Self { random, stacks, engine_returns: None, daemon_returns: None, may_hang: false, alarm: None }
    }

    /// Plays it. Afterwards the daemon lives, the engine answers, and nothing goes wrong any more.
    pub async fn play(&mut self, host: &mut Host) {
        let mut next = Instant::now();
        for index in 0..self.stacks.len() {
            let stack = self.stacks[index].clone();
            host.ask(stack.name.clone(), What::Up(Box::new(stack), UpOptions::default()));
        }
        for _ in 0..self.random.within(3..=24) {
            next += self.random.pause();
            self.live_until(host, next).await;
            self.happen(host).await;
        }
        next = Instant::now() + self.random.pause();
        self.live_until(host, next).await;
        self.calm(host).await;
    }

    /// Lets time pass, with what was begun and has to end.
    async fn live_until(&mut self, host: &mut Host, next: Instant) {
        loop {
            let (engine, daemon) = (self.engine_returns, self.daemon_returns);
            let alarm = self.alarm.clone();
            let alarmed = async {
                match &alarm {
                    Some(alarm) => alarm.notified().await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                () = alarmed => {
                    self.alarm = None;
                    self.kill(host).await;
                }
                () = at(engine) => {
                    self.engine_returns = None;
                    host.scene.trace("the engine is back");
                    // One that hangs is killed for it.
                    host.sim.faults().kill_engine();
                    host.sim.faults().revive_engine();
                }
                () = at(daemon) => {
                    self.daemon_returns = None;
                    host.start().await;
                }
                () = sleep_until(next) => return,
            }
        }
    }

    async fn kill(&mut self, host: &mut Host) {
        if host.is_alive() {
            let finish = self.random.percent(50);
            host.kill(finish).await;
            self.daemon_returns = Some(Instant::now() + self.random.pause());
        }
    }

    /// At most one alarm at a time.
    async fn disarm(&mut self, host: &mut Host) {
        if self.alarm.take().is_some_and(|alarm| host.disarm(&alarm)) {
            self.kill(host).await;
        }
    }

    async fn happen(&mut self, host: &mut Host) {
        match self.random.within(1..=100) {
            1..=48 => self.request(host),
            49..=72 => self.meddle(host),
            73..=85 => self.fault(host),
            86..=90 => self.engine_dies(host),
            _ => {
                self.disarm(host).await;
                match self.random.within(0..=2) {
                    0 => self.kill(host).await,
                    1 if host.is_alive() => self.alarm = Some(host.alarm_at_store(&mut self.random)),
                    _ => self.alarm = host.alarm_at_engine(&mut self.random),
                }
            }
        }
    }

    fn request(&mut self, host: &mut Host) {
        let index = self.random.within(0..=self.stacks.len() as u64 - 1) as usize;
        let what = self.what(index);
        let name = self.stacks[index].name.clone();
        if host.ask(name, what.clone()).is_some()
            && let What::Up(stack, _) = what
        {
            self.stacks[index] = *stack;
        }
    }

    fn what(&mut self, index: usize) -> What {
        let random = &mut self.random;
        let stack = self.stacks[index].clone();
        let names: Vec<ServiceName> = stack.services.keys().cloned().collect();
        let some = |random: &mut Random| if random.percent(40) { Vec::new() } else { random.some_of(&names) };
        let grace_s = random.percent(20).then_some(1);
        match random.within(1..=112) {
            1..=18 => What::Up(Box::new(stack), UpOptions::default()),
            19..=40 => {
                let edited = stacks::edited(random, index, &stack);
                let names: Vec<ServiceName> = edited.services.keys().cloned().collect();
                let services = if random.percent(30) { random.some_of(&names) } else { Vec::new() };
                let remove_orphans = random.percent(30);
                What::Up(Box::new(edited), UpOptions { services, remove_orphans, ..UpOptions::default() })
            }
            41..=48 => {
                let services = random.some_of(&names);
                let options = UpOptions { services, no_deps: random.percent(30), ..UpOptions::default() };
                What::Up(Box::new(stack), options)
            }
            49..=58 => What::Request(Request::Up(options(random, &stack, grace_s))),
            59..=62 => What::Request(Request::Down(DownOptions { grace_s, ..DownOptions::default() })),
            63..=64 => {
                let services = random.some_of(&names);
                What::Request(Request::Down(DownOptions { services, grace_s, ..DownOptions::default() }))
            }
            65..=69 => {
                let remove_orphans = random.percent(50);
                What::Request(Request::Down(DownOptions {
                    volumes: true,
                    remove_orphans,
                    grace_s,
                    ..DownOptions::default()
                }))
            }
            70..=77 => What::Request(Request::Restart { services: some(random), no_deps: random.percent(30), grace_s }),
            78..=82 => What::Request(Request::Stop { services: some(random), grace_s }),
            83..=84 => What::Request(Request::Start { services: some(random) }),
            85..=86 => What::Run(random.one_of(&names).clone()),
            87..=90 => What::Request(Request::Scale { scale: scale(random, &stack), no_deps: random.percent(30) }),
            91..=94 => What::Request(Request::Reset),
            95..=97 => What::Request(Request::Rollback { to: None }),
            98 => What::Hold(true),
            99..=100 => What::Hold(false),
            101..=103 => What::Request(Request::Pause { services: some(random) }),
            104..=106 => What::Request(Request::Unpause { services: some(random) }),
            107..=109 => {
                let (stop, volumes) = (random.percent(60), random.percent(30));
                What::Request(Request::Rm { services: some(random), stop, volumes })
            }
            _ => What::Request(Request::Create(options(random, &stack, grace_s))),
        }
    }

    /// Somebody works on the engine by hand, or the kernel does.
    fn meddle(&mut self, host: &Host) {
        let random = &mut self.random;
        let outside = &host.scene.outside;
        let world = outside.everything();
        let ours = |owner: &Owner| matches!(owner, Owner::Evenkeel(_));
        let containers: Vec<&Container> = world.containers.values().filter(|it| ours(&it.owner)).collect();
        let networks: Vec<_> = world.networks.iter().filter(|(_, it)| ours(&it.owner)).map(|(name, _)| name).collect();
        let choice = random.within(0..=24);
        if choice == 24 {
            // The engine lets nobody remove one that a container has.
            let held = |name: &VolumeName| world.containers.values().any(|it| it.volumes.contains(name));
            let volumes = world.volumes.iter().filter(|(name, it)| ours(&it.owner) && !held(name));
            let volumes: Vec<&VolumeName> = volumes.map(|(name, _)| name).collect();
            if !volumes.is_empty() {
                let volume = random.one_of(&volumes);
                host.scene.trace(format!("  ! volume {volume} is removed by hand"));
                outside.remove_volume(volume);
            }
            return;
        }
        if choice >= 20 {
            let image = ImageRef::new(*random.one_of(&IMAGES));
            match choice {
                20 => outside.remove_image(&image),
                21 => outside.publish(&image),
                22 if random.percent(50) => outside.unpullable(&image, Some("denied")),
                _ => outside.unpullable(&image, None),
            }
            return host.scene.trace(format!("  ! image {image} {choice}"));
        }
        if choice >= 18 && !networks.is_empty() {
            let network = random.one_of(&networks);
            host.scene.trace(format!("  ! network {network} is removed by hand"));
            return outside.remove_network(network);
        }
        if containers.is_empty() {
            return;
        }
        let container = random.one_of(&containers);
        let name = &container.name;
        let (word, done) = match choice {
            0..=2 => ("killed", outside.kill(name)),
            3..=4 => ("stopped", outside.stop(name)),
            5 => ("started", outside.start(name)),
            6..=7 => ("removed", outside.remove(name)),
            8 => ("renamed", outside.rename(name, &ContainerName::new(format!("{name}-old")))),
            9..=10 => ("paused", outside.pause(name)),
            // A server that ends with 0 counts as completed, and who waits for it to be healthy waits in vain.
            11 if name.as_str().contains("init") => ("made to exit 0", outside.exit(name, 0)),
            11..=13 => ("made to exit 1", outside.exit(name, 1)),
            14 => ("out of memory", outside.out_of_memory(name)),
            15 => ("made sick", outside.force_health(name, false)),
            16 => ("made well", outside.force_health(name, true)),
            _ => match container.networks.keys().next() {
                Some(network) if random.percent(50) => ("disconnected", outside.disconnect(name, network)),
                Some(network) => ("connected without its aliases", outside.reconnect(name, network)),
                None => return,
            },
        };
        host.scene.trace(format!("  ! {name} is {word} by hand: {}", if done.is_ok() { "done" } else { "no" }));
    }

    /// Something goes wrong between daemon and engine.
    fn fault(&mut self, host: &Host) {
        let random = &mut self.random;
        let faults = host.sim.faults();
        let call = *random.one_of(&CALLS);
        let (what, fault) = match random.within(0..=11) {
            10 => {
                let ahead_ms = random.within(0..=1_200_000) as i64 - 600_000;
                return self.set_clocks(host, ahead_ms);
            }
            11 => {
                let disk = *random.one_of(&[Disk::Full, Disk::ReadOnly, Disk::Usual]);
                host.scene.trace(format!("  ! the disk is {disk:?}"));
                return host.set_disk(disk);
            }
            0..=1 => {
                let message = "broken pipe (simulated)".to_owned();
                ("fails", Fault::Fail(Error::Unavailable { message }))
            }
            2 => ("is refused", Fault::Fail(Error::Rejected { message: "no (simulated)".to_owned() })),
            3..=4 => ("loses its reply", Fault::LoseReply),
            5 => ("takes its time", Fault::Delay(random.pause())),
            6 => {
                // A hanging engine is killed and comes back.
                let after = Duration::from_millis(random.within(100..=30_000));
                self.engine_returns.get_or_insert(Instant::now() + after);
                self.may_hang = true;
                ("hangs", Fault::Hang)
            }
            7 => {
                let count = random.within(1..=5) as u32;
                host.scene.trace(format!("  ! {count} events are lost"));
                return faults.drop_events(count);
            }
            8 => {
                host.scene.trace("  ! events come twice");
                return faults.double_events(5);
            }
            _ => {
                let percent = |random: &mut Random| random.within(0..=8) as f64 / 100.0;
                let rates = Rates {
                    fail: percent(random),
                    lose_reply: percent(random),
                    delay: percent(random),
                    delay_by: Duration::from_millis(random.within(10..=3_000)),
                    drop_event: percent(random),
                    double_event: percent(random),
                };
                host.scene.trace(format!("  ! {rates:?}"));
                return faults.rates(rates);
            }
        };
        host.scene.trace(format!("  ! the next {call:?} {what}"));
        host.scene.notes().hook_refused |= call == Call::Exec && matches!(fault, Fault::Fail(Error::Rejected { .. }));
        faults.next(call, fault);
    }

    /// The daemon's, the engine's, or that of the machine which they share.
    fn set_clocks(&mut self, host: &Host, ahead_ms: i64) {
        let (whose, daemon, engine) =
            *self.random.one_of(&[("daemon's", true, false), ("engine's", false, true), ("machine's", true, true)]);
        host.scene.trace(format!("  ! the {whose} clock is {ahead_ms} ms ahead"));
        if daemon {
            host.set_clock(ahead_ms);
        }
        if engine {
            host.scene.outside.set_clock(TimeDelta::milliseconds(ahead_ms));
        }
    }

    fn engine_dies(&mut self, host: &Host) {
        host.scene.trace("the engine dies");
        host.sim.faults().kill_engine();
        self.engine_returns.get_or_insert(Instant::now() + self.random.pause());
    }

    /// Ends all that is wrong.
    async fn calm(&mut self, host: &mut Host) {
        self.disarm(host).await;
        let faults = host.sim.faults();
        faults.clear();
        // Whatever hangs breaks off.
        self.engine_returns = None;
        if self.random.percent(30) || self.may_hang {
            host.scene.trace("the engine is restarted");
            faults.kill_engine();
        }
        faults.revive_engine();
        // Clocks that are wrong stay so, or are set right.
        if self.random.percent(50) {
            host.scene.trace("the clocks are right");
            host.set_clock(0);
            host.scene.outside.set_clock(TimeDelta::zero());
        }
        host.set_disk(Disk::Usual);
        let outside = host.scene.outside.clone();
        for image in IMAGES {
            outside.unpullable(&ImageRef::new(image), None);
        }
        for name in outside.everything().containers.keys() {
            let _ = outside.force_health(name, true);
        }
        if !host.is_alive() {
            host.start().await;
        }
        // Held stacks are given back.
        for stack in &self.stacks {
            host.ask(stack.name.clone(), What::Hold(false));
        }
        host.scene.trace("all is calm");
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}

fn options(random: &mut Random, stack: &Stack, grace_s: Option<u32>) -> UpOptions {
    let options = UpOptions { grace_s, remove_orphans: random.percent(20), ..UpOptions::default() };
    match random.within(0..=4) {
        0 => UpOptions { force_recreate: true, ..options },
        1 => UpOptions { no_recreate: true, ..options },
        2 => UpOptions { pull: Some(PullPolicy::Always), ..options },
        3 => UpOptions { scale: scale(random, stack), ..options },
        _ => options,
    }
}

/// Services with a fixed name or a fixed port cannot have more than one container.
fn scale(random: &mut Random, stack: &Stack) -> BTreeMap<ServiceName, u32> {
    let names: Vec<&ServiceName> = stack.services.keys().collect();
    let name = *random.one_of(&names);
    let service = &stack.services[name];
    let single = service.container_name.is_some() || !service.container.ports.is_empty();
    let most = if single { 1 } else { 3 };
    BTreeMap::from([(name.clone(), random.within(0..=most) as u32)])
}
