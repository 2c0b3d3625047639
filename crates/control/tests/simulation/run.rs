//! One run: a world, a daemon, a script, and what is asked of them at the end.

use crate::daemon::{DEADLINE, Host};
use crate::random::Random;
use crate::rest::{doubles, forgotten, untrue, wrong};
use crate::runtime::{Gate, runtime};
use crate::scene::{Answer, Scene, What};
use crate::script::Script;
use crate::stacks::IMAGES;
use evenkeel_control::{Control, Request};
use evenkeel_engine::sim::{Behaviour, Ends, Pace, Sim, SimOptions};
use evenkeel_model::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Until the desired state is reached once nothing goes wrong any more.
const BOUND: Duration = Duration::from_secs(400);
/// The passes that this may take, for all stacks together. Most are looks at containers that start: four a second at the least for each.
const PASSES: u64 = 2_000;
/// The passes of a stack while nothing happens for [`QUIET`].
const IDLE_PASSES: u64 = 20;
/// How long nothing must happen then: longer than any resync or back-off.
const QUIET: Duration = Duration::from_secs(125);

/// What came of a run.
pub struct Run {
    seed: u64,
    pub failure: Option<String>,
    /// Passes from the last fault until all had come to rest.
    pub passes: u64,
    /// Passes while nothing happened.
    pub idle_passes: u64,
    pub stacks: Vec<Stack>,
    pub trace: Vec<String>,
    pub journal: Vec<String>,
}

impl Run {
    /// For people: the stacks, and what happened.
    pub fn story(&self) -> String {
        let (stacks, trace, journal) = (told(&self.stacks), self.trace.join("\n"), self.journal.join("\n"));
        format!("seed {}\n{stacks}\n\nworld:\n{journal}\n\nstory:\n{trace}\n", self.seed)
    }
}

/// What a run leaves to those who look at it from outside.
#[derive(Default)]
pub struct Kept(Mutex<Option<(Arc<Scene>, Vec<Stack>)>>);

impl Kept {
    fn put(&self, scene: &Arc<Scene>, stacks: &[Stack]) {
        *self.0.lock().unwrap() = Some((scene.clone(), stacks.to_vec()));
    }

    /// What has happened in a run that hangs, as far as nobody in it holds that.
    pub fn story_so_far(&self) -> String {
        let kept = self.0.try_lock().ok();
        let Some((scene, stacks)) = kept.as_deref().and_then(Option::as_ref) else { return String::new() };
        format!("{}\n\nstory:\n{}\n", told(stacks), scene.trace_so_far())
    }
}

fn told(stacks: &[Stack]) -> String {
    let stacks: Vec<String> = stacks.iter().map(|it| serde_json::to_string_pretty(it).unwrap()).collect();
    stacks.join("\n")
}

pub fn run(seed: u64, kept: &Arc<Kept>) -> Run {
    let dir = state_dir();
    let (runtime, gate) = runtime();
    let (path, keep) = (dir.path().to_owned(), kept.clone());
    let result = runtime.block_on(async move {
        // In a task, because the hook sees tasks alone.
        tokio::spawn(async move { play(seed, gate, &path, &keep).await }).await
    });
    let (scene, stacks) = kept.0.lock().unwrap().take().unwrap();
    let failure = match result {
        Ok(failure) => failure,
        Err(error) => Some(format!("panicked: {error}")),
    };
    let began = scene.began;
    let journal = runtime.block_on(async { scene.outside.journal() });
    let told = |(at, what): &(Timestamp, String)| format!("{:>8} {what}", (*at - began).num_milliseconds());
    let journal = journal.iter().map(told).collect();
    let trace = std::mem::take(&mut scene.notes().trace);
    scene.notes().control = None;
    let passes = scene.notes().passes;
    let idle_passes = scene.notes().idle_passes;
    Run { seed, failure, passes, idle_passes, stacks, trace, journal }
}

/// Plays what a test says, on a world of its own in which nothing goes wrong by itself.
pub fn direct<F: Future<Output = ()> + Send + 'static>(act: impl FnOnce(Host) -> F + Send + 'static) {
    let dir = state_dir();
    let (runtime, gate) = runtime();
    let path = dir.path().to_owned();
    let played = runtime.block_on(async move {
        let sim = Sim::new(SimOptions::default());
        let scene = Scene::new(sim.outside());
        tokio::spawn(act(Host::new(sim, scene, gate, &path))).await
    });
    played.unwrap();
}

/// In memory where the machine offers it: what is proved here does not hang on the disk's pace.
fn state_dir() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

async fn play(seed: u64, gate: Arc<Gate>, dir: &std::path::Path, kept: &Kept) -> Option<String> {
    let mut random = Random::new(seed);
    let sim = Sim::new(SimOptions {
        seed,
        api: *random.one_of(&[(1, 41), (1, 47)]),
        local: random.percent(70),
        pace: if random.percent(70) { Pace::default() } else { Pace::instant() },
        live_restore: random.percent(40),
        ..SimOptions::default()
    });
    for image in IMAGES {
        sim.behave_image(image, Behaviour { ends: Ends::Never, ..Behaviour::default() });
    }
    let scene = Scene::new(sim.outside());
    let mut script = Script::new(random.fork());
    kept.put(&scene, &script.stacks);
    let others = Others::move_in(&scene);
    let mut host = Host::new(sim, scene.clone(), gate, dir);
    host.start().await;
    script.play(&mut host).await;
    kept.put(&scene, &script.stacks);
    let failure = end(&mut host, &script, &others).await;
    // A breach comes first: what is wrong at the end may follow from it.
    let failure = scene.notes().breaches.first().cloned().or(failure);
    host.kill(true).await;
    failure
}

/// Nothing goes wrong any more: the rest must come right by itself, then by `up`, and go when asked to.
async fn end(host: &mut Host, script: &Script, others: &Others) -> Option<String> {
    let scene = host.scene.clone();
    let control = scene.control()?;
    let names: Vec<StackName> = script.stacks.iter().map(|stack| stack.name.clone()).collect();
    let passes = settle(host, &control, &names).await;
    scene.notes().passes = passes;
    if passes > PASSES {
        return Some(format!("{passes} passes until all had come to rest"));
    }
    for name in &names {
        let found = wrong(host, &control, name).await;
        if !found.is_empty() {
            return Some(format!("{name} at rest: {}", found.join("; ")));
        }
        let found = untrue(host, &control, name);
        if !found.is_empty() {
            return Some(found.join("; "));
        }
    }
    let (actions, passes) = (scene.notes().actions, control.metrics().passes());
    sleep(QUIET).await;
    let (actions, passes) = (scene.notes().actions - actions, control.metrics().passes() - passes);
    if actions > 0 {
        return Some(format!("{actions} actions after everything had come to rest"));
    }
    scene.notes().idle_passes = passes;
    if passes > IDLE_PASSES * names.len() as u64 {
        return Some(format!("{passes} passes after everything had come to rest"));
    }
    let found = forgotten(host, &control).await;
    if !found.is_empty() {
        return Some(found.join("; "));
    }
    for stack in &script.stacks {
        if let Some(failure) = up(host, stack).await {
            return Some(failure);
        }
    }
    let found = doubles(&scene.outside.everything());
    if !found.is_empty() {
        return Some(found.join("; "));
    }
    for name in &names {
        let everything = DownOptions { volumes: true, remove_orphans: true, ..DownOptions::default() };
        if let Err(why) = ask(host, name, What::Request(Request::Down(everything))).await {
            return Some(format!("down of {name}: {why}"));
        }
    }
    let world = scene.outside.everything();
    let ours = |owner: &Owner| matches!(owner, Owner::Evenkeel(_));
    let containers = world.containers.values().filter(|it| ours(&it.owner)).map(|it| it.name.to_string());
    let networks = world.networks.iter().filter(|(_, it)| ours(&it.owner)).map(|(name, _)| name.to_string());
    let volumes = world.volumes.iter().filter(|(_, it)| ours(&it.owner)).map(|(name, _)| name.to_string());
    let left: Vec<String> = containers.chain(networks).chain(volumes).collect();
    if !left.is_empty() {
        return Some(format!("left after down: {}", left.join(", ")));
    }
    others.touched(&scene)
}

/// Waits until nothing is wrong and nothing happens for longer than a lost event stays unnoticed, but no longer than the bound. The passes until
/// the first moment of that calm.
async fn settle(host: &Host, control: &Control, names: &[StackName]) -> u64 {
    let over = Instant::now() + BOUND;
    let began = control.metrics().passes();
    let (mut calm, mut passes) = (0, 0);
    while calm < 14 && Instant::now() < over {
        let before = host.scene.notes().actions;
        sleep(Duration::from_secs(5)).await;
        let mut found = 0;
        for name in names {
            found += wrong(host, control, name).await.len();
        }
        let still = found == 0 && host.scene.notes().actions == before;
        calm = if still { calm + 1 } else { 0 };
        if calm == 0 {
            passes = control.metrics().passes() - began;
        }
    }
    passes
}

/// A job or a service may crash a few times, and each `up` tries again; then it must be up.
async fn up(host: &mut Host, stack: &Stack) -> Option<String> {
    let mut why = String::new();
    for _ in 0..6 {
        let options = UpOptions { remove_orphans: true, ..UpOptions::default() };
        match ask(host, &stack.name, What::Up(Box::new(stack.clone()), options)).await {
            Ok(()) => {
                let control = host.scene.control()?;
                settle(host, &control, std::slice::from_ref(&stack.name)).await;
                let found = wrong(host, &control, &stack.name).await;
                return (!found.is_empty()).then(|| format!("{} after up: {}", stack.name, found.join("; ")));
            }
            Err(reason) => why = reason,
        }
    }
    Some(format!("up of {} does not succeed: {why}", stack.name))
}

/// Asks, and waits for the operation's end.
async fn ask(host: &mut Host, stack: &StackName, what: What) -> Result<(), String> {
    let index = host.ask(stack.clone(), what).ok_or("there is no daemon")?;
    let control = host.scene.control().ok_or("there is no daemon")?;
    let over = Instant::now() + DEADLINE + Duration::from_secs(5);
    loop {
        sleep(Duration::from_secs(1)).await;
        let answer = host.scene.notes().asks[index].answer.clone();
        let Answer::Accepted { operation: Some(operation), .. } = answer else {
            if answer == Answer::None && Instant::now() < over {
                continue;
            }
            return Err(format!("{answer:?}"));
        };
        match control.store().operation(&operation.id).await {
            Ok(Some(Operation { state: OperationState::Succeeded { .. }, .. })) => return Ok(()),
            Ok(Some(Operation { state: OperationState::Running, .. })) if Instant::now() < over => {}
            Ok(Some(operation)) => return Err(format!("{:?}", operation.state)),
            other => return Err(format!("{other:?}")),
        }
    }
}

/// What is not ours, and must stay as it is.
struct Others {
    containers: BTreeMap<ContainerName, String>,
    networks: BTreeMap<NetworkName, String>,
    volumes: BTreeMap<VolumeName, Option<String>>,
}

impl Others {
    fn move_in(scene: &Scene) -> Self {
        let outside = &scene.outside;
        for (name, project) in [("postgres", None), ("other-web-1", Some("other")), ("s0-tool-9", Some("s0"))] {
            let project = project.map(|project| (labels::PROJECT.to_owned(), project.to_owned()));
            let new = NewContainer {
                name: ContainerName::new(name),
                spec: ContainerSpec { image: Some(ImageRef::new("foreign:1")), ..ContainerSpec::default() },
                labels: project.into_iter().collect(),
                endpoints: Vec::new(),
                links: Vec::new(),
                inherits: None,
            };
            outside.run(&new).unwrap();
        }
        for name in ["outer", "other_default"] {
            outside.add_network(&NetworkName::new(name), BTreeMap::new(), Vec::new());
        }
        for name in ["shared", "other_data"] {
            outside.add_volume(&VolumeName::new(name), BTreeMap::new());
        }
        Self::look(scene)
    }

    fn look(scene: &Scene) -> Self {
        let world = scene.outside.everything();
        let foreign = |owner: &Owner| !matches!(owner, Owner::Evenkeel(_));
        let containers = world.containers.values().filter(|it| foreign(&it.owner));
        let networks = world.networks.iter().filter(|(_, it)| foreign(&it.owner));
        let volumes = world.volumes.iter().filter(|(_, it)| foreign(&it.owner));
        Self {
            // Not their state: the engine itself stops and starts what is not ours.
            containers: containers.map(|it| (it.name.clone(), it.id.clone())).collect(),
            networks: networks.map(|(name, it)| (name.clone(), it.id.clone())).collect(),
            volumes: volumes.map(|(name, _)| (name.clone(), scene.outside.volume_id(name))).collect(),
        }
    }

    fn touched(&self, scene: &Scene) -> Option<String> {
        let now = Self::look(scene);
        let mut names: Vec<String> = Vec::new();
        names.extend(differing(&self.containers, &now.containers));
        names.extend(differing(&self.networks, &now.networks));
        names.extend(differing(&self.volumes, &now.volumes));
        (!names.is_empty()).then(|| format!("what is not ours was touched: {}", names.join(", ")))
    }
}

fn differing<K: Ord + Clone + ToString, V: PartialEq>(before: &BTreeMap<K, V>, now: &BTreeMap<K, V>) -> Vec<String> {
    let all: BTreeSet<&K> = before.keys().chain(now.keys()).collect();
    all.into_iter().filter(|key| before.get(key) != now.get(key)).map(ToString::to_string).collect()
}
