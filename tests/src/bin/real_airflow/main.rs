//! The real Airflow 2.7 with PostgreSQL and Redis, brought up from nothing again and again: how long `up --wait` takes, whether a DAG's run
//! succeeds right after it, and whether anything dies, restarts or falls ill in the minute that follows. Docker Compose brings the same file up
//! once, for the ratio. `deploy/bench-airflow [ROUNDS]` builds what this needs and calls it; the table goes to docs/benchmarks.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that cannot go on ends")]

use chrono::{DateTime, Utc};
use evenkeel_tests::airflow::Airflow;
use evenkeel_tests::web::Web;
use evenkeel_tests::{Daemon, DockerApi, binary, figures};
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

/// What came of one round.
struct Round {
    up_s: f64,
    /// Seconds from then until the DAG's run had succeeded, or why it did not.
    dag: Result<f64, String>,
    /// What died, restarted or fell ill.
    trouble: Vec<String>,
    /// Healthchecks that were run until all was ready.
    probes: usize,
    /// The time that they took, over the CPU time of all containers until then: at least their share of it.
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
    let docker = DockerApi::connect().await;
    let load = figures::load();
    let compose_s = by_compose(&docker).await;
    println!("Compose: {compose_s:.1} s");
    let mut all = Vec::new();
    for number in 1..=rounds {
        let round = by_evenkeel(&docker).await;
        let dag = match &round.dag {
            Ok(seconds) => format!("succeeded in {seconds:.1} s"),
            Err(why) => format!("FAILED: {why}"),
        };
        let (up_s, probes, share, trouble) = (round.up_s, round.probes, round.share * 100.0, round.trouble.join(", "));
        println!("round {number}: up {up_s:.1} s, {probes} probes ({share:.0} %), DAG {dag}, trouble: [{trouble}]");
        all.push(round);
    }
    docker.sweep(PROJECT).await;
    let table = table(compose_s, &all, load);
    println!("\n{table}");
    let written = if rounds >= ROUNDS { figures::write("real Airflow", &table) } else { Ok(()) };
    if let Err(words) = &written {
        eprintln!("real_airflow: {words}");
    }
    let well = all.iter().all(|round| round.dag.is_ok() && round.trouble.is_empty());
    if well && written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Seconds until Compose calls all of it ready.
async fn by_compose(docker: &DockerApi) -> f64 {
    docker.sweep(PROJECT).await;
    let words = std::env::var("EVENKEEL_BENCH_COMPOSE").unwrap_or_else(|_| "docker compose".to_owned());
    let mut words = words.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("docker"));
    let seconds = up(command.args(words), &["up", "--detach", "--wait"], free_port()).await;
    docker.sweep(PROJECT).await;
    seconds
}

async fn by_evenkeel(docker: &DockerApi) -> Round {
    docker.sweep(PROJECT).await;
    let daemon = Daemon::start("docker").await;
    let port = free_port();
    let mut command = Command::new(binary());
    command.env("EVENKEEL_HOST", daemon.host());
    let began = Utc::now();
    let up_s = up(&mut command, &["up", "--wait", "--wait-timeout", "280s"], port).await;
    let ready = Utc::now();
    let probes = probes(docker, began, ready).await;
    let share = probes.iter().sum::<f64>() / cpu_s(docker).await;
    let airflow = Airflow::at(Web::at(port).account("airflow", "airflow"));
    let asked = Instant::now();
    let dag = airflow.run("hello").await.map(|_| asked.elapsed().as_secs_f64());
    tokio::time::sleep(WATCH).await;
    Round { up_s, dag, trouble: trouble(docker, ready).await, probes: probes.len(), share }
}

async fn up(command: &mut Command, verb: &[&str], port: u16) -> f64 {
    command.args(["-p", PROJECT, "-f"]).arg(file()).args(verb).env("AIRFLOW_PORT", port.to_string());
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
    let seconds = began.elapsed().as_secs_f64();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    seconds
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/real-airflow/compose.yaml")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The engine's events of the project in that time.
async fn events(docker: &DockerApi, since: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Value> {
    let filters =
        format!("{{%22label%22:[%22com.docker.compose.project={PROJECT}%22]}}").replace('{', "%7B").replace('}', "%7D");
    let moment = |at: DateTime<Utc>| format!("{}.{:09}", at.timestamp(), at.timestamp_subsec_nanos());
    let path = format!("/events?since={}&until={}&filters={filters}", moment(since), moment(until));
    let text = docker.text("GET", &path, None).await.unwrap();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// How long each healthcheck took in that time, seconds: Docker's own and those that are run ahead of them.
async fn probes(docker: &DockerApi, since: DateTime<Utc>, until: DateTime<Utc>) -> Vec<f64> {
    let events = events(docker, since, until).await;
    let at = |event: &Value| event["timeNano"].as_f64().unwrap_or_default() / 1e9;
    let id = |event: &Value| event["Actor"]["Attributes"]["execID"].clone();
    let of = |kind: &'static str| {
        events.iter().filter(move |event| event["Action"].as_str().is_some_and(|action| action.starts_with(kind)))
    };
    of("exec_die")
        .filter_map(|died| of("exec_start").find(|began| id(began) == id(died)).map(|began| at(died) - at(began)))
        .collect()
}

/// What died, was started again or fell ill since then.
async fn trouble(docker: &DockerApi, since: DateTime<Utc>) -> Vec<String> {
    let events = events(docker, since, Utc::now()).await;
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

/// The CPU time of all containers so far, seconds.
async fn cpu_s(docker: &DockerApi) -> f64 {
    let mut all = 0.0;
    for container in docker.containers(PROJECT).await {
        let id = container["Id"].as_str().unwrap_or_default();
        let stats = docker.get(&format!("/containers/{id}/stats?stream=false&one-shot=true")).await;
        all += stats["cpu_stats"]["cpu_usage"]["total_usage"].as_f64().unwrap_or_default() / 1e9;
    }
    all
}

/// Markdown.
fn table(compose_s: f64, rounds: &[Round], load: f64) -> String {
    let sorted = |of: &dyn Fn(&Round) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (up, share) = (sorted(&|round| round.up_s), sorted(&|round| round.share));
    let (middle, last) = (rounds.len() / 2, rounds.len() - 1);
    let reach = |reached: f64, target: f64| {
        if reached > target { format!("≤ {target}, missed") } else { format!("≤ {target}") }
    };
    let succeeded = rounds.iter().filter(|round| round.dag.is_ok()).count();
    let well = rounds.iter().filter(|round| round.trouble.is_empty()).count();
    let probes = rounds.iter().map(|round| round.probes).max().unwrap_or_default();
    format!(
        "### Airflow itself\n\n{} UTC, {} rounds from nothing, load at the beginning {load:.1}.\n\n| what | measured | to be reached |\n|---|---|---|\n\
         | `up --wait` under Compose, once | {compose_s:.1} s | |\n\
         | under Evenkeel, median (quickest, slowest) | {:.1} s ({:.1}, {:.1}) | |\n\
         | ratio | {:.2} | {} |\n\
         | a DAG's run right after it succeeds | {succeeded} of {} | all |\n\
         | nothing dies, restarts or falls ill in the minute after that | {well} of {} | all |\n\
         | healthchecks until all is ready, at the most; what they took, of the CPU time of all containers, median | {probes}; {:.2} | {} |\n",
        figures::date(),
        rounds.len(),
        up[middle],
        up[0],
        up[last],
        up[middle] / compose_s,
        reach(up[middle] / compose_s, RATIO),
        rounds.len(),
        rounds.len(),
        share[middle],
        reach(share[middle], SHARE),
    )
}
