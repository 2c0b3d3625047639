//! One fault: the stack is whole, it is broken, and the engine is asked until it is whole again.

use crate::fault::{Fault, freeze};
use crate::keeper::{Keeper, run};
use crate::stack::{CRASHES, LATE, NEVER_HEALTHY, PROJECT, SHOP, run_of, whole};
use crate::table::Outcome;
use evenkeel_tests::{DockerApi, OwnEngine, Random};
use serde_json::json;
use std::process::Command;
use std::time::{Duration, Instant};

/// The engine, and where random moments come from.
pub struct Ground {
    pub engine: OwnEngine,
    pub docker: DockerApi,
    random: Random,
}

impl Ground {
    pub async fn new(engine: OwnEngine) -> Self {
        let docker = DockerApi::at(engine.socket()).await;
        Self { engine, docker, random: Random::seeded(20_261_120) }
    }

    fn moment(&mut self, below_ms: u64) -> Duration {
        Duration::from_millis(self.random.below(below_ms))
    }
}

/// Injects a fault into a stack that is whole, and waits until it is again.
pub async fn try_fault(ground: &mut Ground, keeper: &mut Keeper, fault: Fault) -> Outcome {
    match fault {
        Fault::LateDependency => late_dependency(ground, keeper, fault).await,
        Fault::CrashLoop => told(ground, keeper, CRASHES).await,
        Fault::NeverHealthy => told(ground, keeper, NEVER_HEALTHY).await,
        Fault::ImageRemovedDuringUp => image_removed(ground, keeper, fault).await,
        Fault::DaemonKilled => daemon_killed(ground, keeper, fault).await,
        _ => broken(ground, keeper, fault).await,
    }
}

async fn broken(ground: &mut Ground, keeper: &mut Keeper, fault: Fault) -> Outcome {
    bring_up(ground, keeper).await?;
    let service = match fault {
        Fault::OutOfMemory => Some("hog"),
        Fault::Unhealthy => Some("sick"),
        Fault::Disconnect(_)
        | Fault::Reconnect(_)
        | Fault::NetworkRemoved
        | Fault::Pause(_)
        | Fault::EngineKilled { live_restore: true } => None,
        _ => Some("web"),
    };
    let service = match fault {
        Fault::Kill(service) | Fault::Stop(service) | Fault::Remove(service) => Some(service),
        _ => service,
    };
    let before = match service {
        Some(service) => Some((service, run_of(&ground.docker, service).await)),
        None => None,
    };
    let container = |service: &str| format!("{PROJECT}-{service}-1");
    let network = format!("{PROJECT}_back");
    match fault {
        Fault::Kill(service) => ground.docker.kill(&container(service)).await,
        Fault::Stop(service) => ground.docker.stop(&container(service)).await,
        Fault::Remove(service) => ground.docker.remove(&container(service)).await,
        Fault::Pause(service) => ground.docker.pause(&container(service)).await,
        Fault::Disconnect(service) => ground.docker.disconnect_network(&network, &container(service)).await,
        Fault::Reconnect(service) => {
            let by_hand = async {
                ground.docker.disconnect_network(&network, &container(service)).await;
                ground.docker.connect_network(&network, &container(service)).await;
            };
            with_frozen_keeper(keeper, by_hand).await;
        }
        Fault::NetworkRemoved => {
            with_frozen_keeper(keeper, ground.docker.remove_network(&network)).await;
        }
        Fault::VolumeRemoved => {
            let users = async {
                for service in ["db", "init", "web"] {
                    ground.docker.discard(&format!("/containers/{}?force=true", container(service))).await;
                }
                ground.docker.discard(&format!("/volumes/{PROJECT}_data")).await;
            };
            with_frozen_keeper(keeper, users).await;
        }
        Fault::OutOfMemory => _ = ground.docker.exec(&container("hog"), &["touch", "/tmp/trigger"]).await,
        Fault::Unhealthy => _ = ground.docker.exec(&container("sick"), &["rm", "/tmp/well"]).await,
        Fault::EngineKilled { live_restore } => {
            ground.engine.kill();
            ground.engine.start_again(if live_restore { &["--live-restore"] } else { &[] });
        }
        Fault::EngineFrozen => {
            let pid = ground.docker.inspect(&container("web")).await["State"]["Pid"].to_string();
            ground.engine.signal("-STOP");
            run(Command::new("kill").args(["-KILL", &pid]));
            pass(freeze()).await;
            ground.engine.signal("-CONT");
        }
        Fault::Reboot { daemon_first } => reboot(ground, keeper, daemon_first).await,
        Fault::DiskFull => {
            let filler = keeper.state().unwrap().join("filler");
            // Up to the last byte: that it fails is what is wanted.
            let _ = Command::new("dd").args(["if=/dev/zero", "bs=4k"]).arg(format!("of={}", filler.display())).output();
            ground.docker.kill(&container("web")).await;
            pass(Duration::from_secs(2)).await;
            std::fs::remove_file(&filler).unwrap();
        }
        _ => {}
    }
    until_whole(ground, keeper, fault, SHOP, before).await
}

/// Looks until the stack is whole, and another run of a service than the one before has begun.
async fn until_whole(
    ground: &Ground,
    keeper: &Keeper,
    fault: Fault,
    compose: &str,
    before: Option<(&str, serde_json::Value)>,
) -> Outcome {
    let began = Instant::now();
    let mut look = tokio::time::interval(Duration::from_millis(100));
    loop {
        look.tick().await;
        // The keeper is asked first: to look whether all is whole runs the checks, and a container in which checks are run all
        // the time is not left to start in peace.
        let mut state = if keeper.says_up().await {
            whole(&ground.docker, compose).await
        } else {
            Err("its keeper does not say that it is up".to_owned())
        };
        if let (Ok(()), Some((service, run))) = (&state, &before)
            && run_of(&ground.docker, service).await == *run
        {
            state = Err(format!("{service} has not been started again"));
        }
        match state {
            Ok(()) => return Ok(began.elapsed()),
            Err(why) if began.elapsed() > fault.bound() => return Err(format!("{why}\n{}", keeper.story().await)),
            Err(_) => {}
        }
    }
}

/// Up, and whole; from whatever the fault before has left.
async fn bring_up(ground: &mut Ground, keeper: &mut Keeper) -> Result<(), String> {
    for _ in 0..2 {
        if keeper.up(ground, SHOP).await && whole(&ground.docker, SHOP).await.is_ok() {
            return Ok(());
        }
        // What the fault before has left may be beyond mending.
        keeper.down(ground, SHOP).await;
        ground.docker.sweep(PROJECT).await;
    }
    match whole(&ground.docker, SHOP).await {
        Ok(()) => Ok(()),
        Err(why) => Err(format!("it did not come up before the fault: {why}\n{}", keeper.story().await)),
    }
}

/// Does what must not be healed before it is done.
async fn with_frozen_keeper(keeper: &Keeper, act: impl Future<Output = ()>) {
    if let Keeper::Evenkeel(daemon) = keeper {
        daemon.freeze();
    }
    act.await;
    if let Keeper::Evenkeel(daemon) = keeper {
        daemon.thaw();
    }
}

async fn reboot(ground: &mut Ground, keeper: &mut Keeper, daemon_first: bool) {
    if let Keeper::Evenkeel(daemon) = keeper {
        daemon.kill();
    }
    ground.engine.crash();
    match keeper {
        Keeper::Evenkeel(daemon) if daemon_first => {
            daemon.begin_again();
            pass(Duration::from_secs(1)).await;
            ground.engine.start_again(&[]);
            daemon.ready().await;
        }
        Keeper::Evenkeel(daemon) => {
            ground.engine.start_again(&[]);
            daemon.start_again().await;
        }
        Keeper::Compose { .. } => ground.engine.start_again(&[]),
    }
}

async fn late_dependency(ground: &mut Ground, keeper: &mut Keeper, fault: Fault) -> Outcome {
    keeper.down(ground, SHOP).await;
    let mut child = keeper.begin_up(ground, LATE).await;
    let outcome = until_whole(ground, keeper, fault, LATE, None).await;
    if let Some(child) = &mut child {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    keeper.down(ground, LATE).await;
    outcome
}

/// A stack that cannot be up: its keeper must not say that it is, once it has had five seconds to see it. Compose is asked
/// without `--wait`, as most do.
async fn told(ground: &mut Ground, keeper: &mut Keeper, compose: &str) -> Outcome {
    keeper.down(ground, SHOP).await;
    let began = Instant::now();
    let mut child = keeper.begin_up(ground, compose).await;
    let mut called_up = child.as_mut().is_some_and(|child| child.wait().unwrap().success());
    let mut last = Duration::ZERO;
    let mut look = tokio::time::interval(Duration::from_millis(50));
    while child.is_none() && began.elapsed() < Duration::from_secs(15) {
        look.tick().await;
        if keeper.says_up().await {
            last = began.elapsed();
            called_up |= last > Duration::from_secs(5);
        }
    }
    let story = keeper.story().await;
    keeper.down(ground, compose).await;
    if called_up {
        Err(format!("it was called up, the last time after {:.1} s\n{story}", last.as_secs_f64()))
    } else {
        Ok(last)
    }
}

async fn image_removed(ground: &mut Ground, keeper: &mut Keeper, fault: Fault) -> Outcome {
    let tag = "/images/evenkeel/busybox:1.35/tag?repo=evenkeel/faults&tag=1";
    ground.docker.post(tag, &json!({})).await;
    keeper.down(ground, SHOP).await;
    let compose = SHOP.replace("${IMAGE:-evenkeel/busybox:1.35}", "evenkeel/faults:1");
    let mut child = keeper.begin_up(ground, &compose).await;
    pass(ground.moment(400)).await;
    ground.docker.discard("/images/evenkeel/faults:1").await;
    pass(Duration::from_secs(3)).await;
    ground.docker.post(tag, &json!({})).await;
    let outcome = until_whole(ground, keeper, fault, &compose, None).await;
    if let Some(child) = &mut child {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    keeper.down(ground, &compose).await;
    outcome
}

async fn daemon_killed(ground: &mut Ground, keeper: &mut Keeper, fault: Fault) -> Outcome {
    let moment = ground.moment(2_500);
    let verb = ["up", "reset", "down"][usize::try_from(ground.moment(3).as_millis()).unwrap()];
    if verb == "up" {
        keeper.down(ground, SHOP).await;
        keeper.begin_up(ground, SHOP).await;
    } else {
        bring_up(ground, keeper).await?;
        let Keeper::Evenkeel(daemon) = &*keeper else { return Err("no daemon".to_owned()) };
        let answer = daemon.api.post(&format!("/v1/stacks/{PROJECT}/{verb}"), &json!({})).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    pass(moment).await;
    let Keeper::Evenkeel(daemon) = keeper else { return Err("no daemon".to_owned()) };
    daemon.kill();
    daemon.start_again().await;
    if verb != "down" {
        return until_whole(ground, keeper, fault, SHOP, None).await;
    }
    let (_, took) = daemon.until(PROJECT, |document| document["state"] == "down").await;
    let left = ground.docker.containers(PROJECT).await;
    if left.is_empty() { Ok(took) } else { Err(format!("left behind: {}", left.len())) }
}

/// The fault is a stretch of time, so time is what is waited for.
async fn pass(time: Duration) {
    tokio::time::timeout(time, std::future::pending::<()>()).await.unwrap_err();
}
