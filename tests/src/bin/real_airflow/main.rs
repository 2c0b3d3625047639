//! The real Airflow 2.7 with PostgreSQL and Redis, brought up from nothing again and again: how long `up --wait` takes, whether a DAG's run
//! succeeds right after it, and whether anything dies, restarts or falls ill in the minute that follows. Docker Compose brings the same file up
//! once, for the ratio. `deploy/bench-airflow [ROUNDS]` builds what this needs and calls it; the table goes to docs/benchmarks.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that cannot go on ends")]

mod accounts;
mod events;

use accounts::Accounts;
use evenkeel_tests::airflow::Airflow;
use evenkeel_tests::web::Web;
use evenkeel_tests::{Daemon, DockerApi, binary, figures};
use events::Events;
use serde_json::Value;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};
use tokio::process::Command;

const ROUNDS: usize = 20;
const PROJECT: &str = "bench-airflow";
/// Of seven services all but the job, which ends.
const SERVERS: usize = 6;
/// How long everything must stay well after the DAG's run. This is what is measured, no wait for anything.
const WATCH: Duration = Duration::from_secs(60);
/// The ratio to Compose and the share of probes that are to be reached.
const RATIO: f64 = 0.36;
const SHARE: f64 = 0.15;

/// What came of one round in which everything came up and could be measured.
struct Round {
    up_s: f64,
    /// Seconds from then until the DAG's run had succeeded, or why it did not.
    dag: Result<f64, String>,
    /// What died, restarted or fell ill.
    trouble: Vec<String>,
    /// Healthchecks that were run until all was ready.
    probes: usize,
    /// Their part of the processor time of all containers until then.
    share: f64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let rounds = match std::env::args().nth(1).map(|word| word.parse()) {
        None => ROUNDS,
        Some(Ok(rounds)) if rounds > 0 => rounds,
        Some(_) => {
            eprintln!("usage: deploy/bench-airflow [ROUNDS]");
            return ExitCode::from(2);
        }
    };
    match measure(rounds).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(words) => {
            eprintln!("real_airflow: {words}");
            ExitCode::FAILURE
        }
    }
}

/// All rounds, and their table. Whether each of them went well.
async fn measure(rounds: usize) -> Result<bool, String> {
    let docker = DockerApi::connect().await;
    // What cannot be measured here is said before anything is started.
    drop(Accounts::open()?);
    containers_cpu_s()?;
    let load = figures::load();
    let compose_s = by_compose(&docker).await?;
    println!("Compose: {compose_s:.1} s");
    let mut all = Vec::new();
    for number in 1..=rounds {
        let round = by_evenkeel(&docker).await;
        println!("round {number}: {}", words(&round));
        all.push(round);
    }
    docker.sweep(PROJECT).await;
    let table = table(compose_s, &all, load).ok_or("no round could be measured")?;
    println!("\n{table}");
    if rounds >= ROUNDS {
        figures::write("real Airflow", &table)?;
    }
    Ok(all.iter().all(|round| round.as_ref().is_ok_and(|round| round.dag.is_ok() && round.trouble.is_empty())))
}

fn words(round: &Result<Round, String>) -> String {
    match round {
        Err(why) => format!("FAILED: {why}"),
        Ok(Round { up_s, dag, trouble, probes, share }) => {
            let dag = match dag {
                Ok(seconds) => format!("succeeded in {seconds:.1} s"),
                Err(why) => format!("FAILED: {why}"),
            };
            let (share, trouble) = (share * 100.0, trouble.join(", "));
            format!("up {up_s:.1} s, {probes} probes ({share:.0} %), DAG {dag}, trouble: [{trouble}]")
        }
    }
}

/// Seconds until Compose calls all of it ready.
async fn by_compose(docker: &DockerApi) -> Result<f64, String> {
    docker.sweep(PROJECT).await;
    let words = std::env::var("EVENKEEL_BENCH_COMPOSE").unwrap_or_else(|_| "docker compose".to_owned());
    let mut words = words.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("docker"));
    let seconds = up(command.args(words), &["up", "--detach", "--wait"], free_port()).await;
    docker.sweep(PROJECT).await;
    seconds
}

async fn by_evenkeel(docker: &DockerApi) -> Result<Round, String> {
    docker.sweep(PROJECT).await;
    let daemon = Daemon::start("docker").await;
    let port = free_port();
    let mut command = Command::new(binary());
    command.env("EVENKEEL_HOST", daemon.host());
    let events = Events::of(docker, PROJECT).await;
    let accounts = Accounts::open()?;
    let cpu_before = containers_cpu_s()?;
    let up_s = up(&mut command, &["up", "--wait", "--wait-timeout", "280s"], port).await?;
    let cpu_s = containers_cpu_s()? - cpu_before;
    let until_ready = events.so_far()?;
    let probes = probes(docker, &until_ready).await?;
    let share = accounts.used_s(&probes)? / cpu_s;
    drop(accounts);
    let airflow = Airflow::at(Web::at(port).account("airflow", "airflow"));
    let asked = Instant::now();
    let dag = airflow.run("hello").await.map(|_| asked.elapsed().as_secs_f64());
    tokio::time::sleep(WATCH).await;
    let since_then = events.so_far()?.split_off(until_ready.len());
    Ok(Round { up_s, dag, trouble: trouble(docker, &since_then).await, probes: probes.len(), share })
}

async fn up(command: &mut Command, verb: &[&str], port: u16) -> Result<f64, String> {
    command.args(["-p", PROJECT, "-f"]).arg(file()).args(verb).env("AIRFLOW_PORT", port.to_string());
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.map_err(|error| error.to_string())?;
    let seconds = began.elapsed().as_secs_f64();
    let said = || format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim_end());
    output.status.success().then_some(seconds).ok_or_else(said)
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/real-airflow/compose.yaml")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The processes of the healthchecks that ended: Docker's own and those that are run ahead of them.
async fn probes(docker: &DockerApi, events: &[Value]) -> Result<Vec<u32>, String> {
    let ended = events.iter().filter(|event| event["Action"] == "exec_die");
    let mut processes = Vec::new();
    for id in ended.filter_map(|event| event["Actor"]["Attributes"]["execID"].as_str()) {
        let exec = docker.ask("GET", &format!("/exec/{id}/json"), None).await;
        let pid = exec.body["Pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
        processes.push(pid.ok_or_else(|| format!("the engine does not tell the process of {id}: {}", exec.body))?);
    }
    Ok(processes)
}

/// What died, was started again or fell ill among these events, and who does not run.
async fn trouble(docker: &DockerApi, events: &[Value]) -> Vec<String> {
    let told = events.iter().filter_map(|event| {
        let action = event["Action"].as_str()?;
        let bad = matches!(action, "die" | "oom" | "start" | "kill") || action.starts_with("health_status: unhealthy");
        bad.then(|| {
            format!("{} {action}", event["Actor"]["Attributes"]["com.docker.compose.service"].as_str().unwrap_or("?"))
        })
    });
    let mut told: Vec<String> = told.collect();
    let running = docker.containers(PROJECT).await.iter().filter(|one| one["State"] == "running").count();
    if running != SERVERS {
        told.push(format!("{running} of {SERVERS} run"));
    }
    told
}

/// The processor time of all containers of the machine so far, of those too that are gone, seconds. The engine must keep them in one control group,
/// as it does with the driver `cgroupfs`.
fn containers_cpu_s() -> Result<f64, String> {
    if let Ok(nanos) = std::fs::read_to_string("/sys/fs/cgroup/cpuacct/docker/cpuacct.usage") {
        return nanos.trim().parse::<f64>().map(|nanos| nanos / 1e9).map_err(|error| error.to_string());
    }
    let stat = std::fs::read_to_string("/sys/fs/cgroup/docker/cpu.stat").unwrap_or_default();
    let micros = stat.lines().find_map(|line| line.strip_prefix("usage_usec ")?.parse::<f64>().ok());
    micros
        .map(|micros| micros / 1e6)
        .ok_or_else(|| "the engine's containers have no control group `docker`: its driver is not cgroupfs".to_owned())
}

/// Markdown; `None` where there is nothing to tell of.
fn table(compose_s: f64, rounds: &[Result<Round, String>], load: f64) -> Option<String> {
    let up: Vec<&Round> = rounds.iter().flatten().collect();
    let (middle, last) = (up.len() / 2, up.len().checked_sub(1)?);
    let sorted = |of: &dyn Fn(&Round) -> f64| {
        let mut values: Vec<f64> = up.iter().map(|round| of(round)).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (took, share) = (sorted(&|round| round.up_s), sorted(&|round| round.share));
    let reach = |reached: f64, target: f64| {
        if reached > target { format!("≤ {target}, missed") } else { format!("≤ {target}") }
    };
    let succeeded = up.iter().filter(|round| round.dag.is_ok()).count();
    let well = up.iter().filter(|round| round.trouble.is_empty()).count();
    let probes = up.iter().map(|round| round.probes).max().unwrap_or_default();
    Some(format!(
        "### Airflow itself\n\n{} UTC, {} rounds from nothing, {} of which could be measured, load at the beginning {load:.1}.\n\n| what | measured | to be reached |\n|---|---|---|\n\
         | `up --wait` under Compose, once | {compose_s:.1} s | |\n\
         | under Evenkeel, median (quickest, slowest) | {:.1} s ({:.1}, {:.1}) | |\n\
         | ratio | {:.2} | {} |\n\
         | a DAG's run right after it succeeds | {succeeded} of {} | all |\n\
         | nothing dies, restarts or falls ill in the minute after that | {well} of {} | all |\n\
         | healthchecks until all is ready, at the most; their part of the processor time of all containers, median | {probes}; {:.2} | {} |\n",
        figures::date(),
        rounds.len(),
        up.len(),
        took[middle],
        took[0],
        took[last],
        took[middle] / compose_s,
        reach(took[middle] / compose_s, RATIO),
        rounds.len(),
        rounds.len(),
        share[middle],
        reach(share[middle], SHARE),
    ))
}
