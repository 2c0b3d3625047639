//! Broken behind the daemon's back, and the daemon itself killed.

use super::{Bench, state};
use evenkeel_tests::Random;
use serde_json::{Value, json};
use std::time::Duration;

/// Every service is as it should be, and the container is another run than the one that was broken.
fn healed(document: &Value) -> bool {
    document["state"] == "up"
        && state(document, "db") == "healthy"
        && state(document, "web") == "running"
        && state(document, "init") == "completed"
}

#[tokio::test]
async fn what_is_killed_stopped_paused_or_removed_comes_back() {
    let bench = Bench::open("ek-heal").await;
    bench.up().await;
    for (fault, service) in [
        ("kill", "web"),
        ("remove", "web"),
        ("stop", "web"),
        ("pause", "web"),
        ("kill", "db"),
        ("remove", "db"),
        ("network", "db"),
        ("aliases", "db"),
    ] {
        let container = format!("ek-heal-{service}-1");
        let run = |found: &Value| (found["Id"].clone(), found["State"]["StartedAt"].clone());
        let before = run(&bench.docker.inspect(&container).await);
        let mark = newest_event(&bench).await;
        match fault {
            "kill" => bench.docker.kill(&container).await,
            "remove" => bench.docker.remove(&container).await,
            "stop" => bench.docker.stop(&container).await,
            "pause" => bench.docker.pause(&container).await,
            "aliases" => {
                bench.daemon.freeze();
                bench.docker.disconnect_network("ek-heal_back", &container).await;
                bench.docker.connect_network("ek-heal_back", &container).await;
                bench.daemon.thaw();
            }
            _ => {
                // Otherwise the first container is attached again before the last is detached.
                bench.daemon.freeze();
                bench.docker.remove_network("ek-heal_back").await;
                bench.daemon.thaw();
            }
        }
        // A document that is still the old one is no answer: something must have been done since the fault.
        let (_, took) = until_healed_since(&bench, mark).await;
        println!("{fault} {service}: healed in {:.2} s", took.as_secs_f64());
        // Another step may have ended just after the fault, on a busy machine: what was done is asked of the engine itself.
        let same_run = matches!(fault, "pause" | "network" | "aliases");
        let (mut look, began) = (tokio::time::interval(Duration::from_millis(50)), std::time::Instant::now());
        loop {
            look.tick().await;
            let seen = bench.docker.inspect(&container).await;
            let aliases = &seen["NetworkSettings"]["Networks"]["ek-heal_back"]["Aliases"];
            let attached = aliases.as_array().is_some_and(|aliases| aliases.contains(&json!(service)));
            if (run(&seen) == before) == same_run && attached && seen["State"]["Status"] == "running" {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{fault} {service}: {seen:#}");
        }
        bench.daemon.until(bench.project, healed).await;
        bench.assert_no_duplicates().await;
    }
    assert_eq!(bench.runs_of_the_job().await, 1, "no finished job ran again");
    let history = bench.daemon.api.get("/v1/stacks/ek-heal/history?limit=500").await.to_string();
    for reason in [
        "stopped from outside",
        "removed from outside",
        "it is paused and should run",
        "its dependency db began a new run",
        "it is not known as db on network ek-heal_back",
    ] {
        assert!(history.contains(reason), "the history tells of: {reason}");
    }
    bench.close().await;
}

#[tokio::test]
async fn a_held_stack_is_left_alone() {
    let bench = Bench::open("ek-hold").await;
    bench.up().await;
    bench.daemon.api.post("/v1/stacks/ek-hold/hold", &json!({})).await.ok();
    bench.docker.kill("ek-hold-web-1").await;
    bench.daemon.until("ek-hold", |document| state(document, "web") != "running").await;
    assert_eq!(bench.docker.inspect("ek-hold-web-1").await["State"]["Running"], false);
    let mark = newest_event(&bench).await;
    bench.daemon.api.post("/v1/stacks/ek-hold/release", &json!({})).await.ok();
    until_healed_since(&bench, mark).await;
    bench.close().await;
}

#[tokio::test]
async fn a_daemon_killed_at_any_moment_goes_on() {
    let mut bench = Bench::open("ek-kill9").await;
    let rounds: u64 = std::env::var("EVENKEEL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(6);
    let mut random = Random::seeded(20_261_120);
    for round in 0..rounds {
        let up = round % 2 == 0;
        let definition = bench.daemon.definition(&bench.shop());
        let (verb, body) = if up { ("up", json!({ "definition": definition })) } else { ("down", json!({})) };
        let answer = bench.daemon.api.post(&format!("/v1/stacks/ek-kill9/{verb}"), &body).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        let moment = Duration::from_millis(random.below(2_500));
        // The fault is a moment in time, so time is what is waited for.
        tokio::time::timeout(moment, std::future::pending::<()>()).await.unwrap_err();
        bench.daemon.kill();
        bench.daemon.start_again().await;
        let (_, took) = bench.daemon.until("ek-kill9", |d| if up { healed(d) } else { d["state"] == "down" }).await;
        println!("{verb} killed after {} ms: done {:.2} s after the restart", moment.as_millis(), took.as_secs_f64());
        bench.assert_no_duplicates().await;
        if !up {
            assert!(bench.docker.containers("ek-kill9").await.is_empty());
        }
    }
    bench.close().await;
}

#[tokio::test]
async fn what_runs_goes_on_when_the_daemon_is_asked_to_end() {
    let mut bench = Bench::open("ek-sigterm").await;
    bench.up().await;
    let runs = async |bench: &Bench| {
        let (db, web) = ("ek-sigterm-db-1", "ek-sigterm-web-1");
        [bench.docker.inspect(db).await, bench.docker.inspect(web).await]
            .map(|it| [it["Id"].clone(), it["State"]["StartedAt"].clone(), it["State"]["Status"].clone()])
    };
    let before = runs(&bench).await;
    assert_eq!(bench.daemon.terminate().await, Some(0), "{}", bench.daemon.log());
    assert_eq!(runs(&bench).await, before, "while it is away");
    bench.daemon.start_again().await;
    bench.daemon.until(bench.project, healed).await;
    assert_eq!(runs(&bench).await, before, "when it is back");
    bench.close().await;
}

async fn newest_event(bench: &Bench) -> i64 {
    let path = format!("/v1/stacks/{}/history?limit=1", bench.project);
    bench.daemon.api.get(&path).await[0]["id"].as_i64().unwrap()
}

/// Waits until the stack is whole and something was done about it after an event.
async fn until_healed_since(bench: &Bench, mark: i64) -> (Value, Duration) {
    let began = std::time::Instant::now();
    let path = format!("/v1/stacks/{}/events", bench.project);
    let mut events = evenkeel_tests::Events::of(bench.daemon.api.stream(&path).await);
    let done = async {
        let mut acted = newest_step(bench).await > mark;
        loop {
            let document = bench.daemon.api.get(&format!("/v1/stacks/{}", bench.project)).await;
            if acted && healed(&document) {
                return document;
            }
            let event = events.next().await.expect("the stream goes on");
            acted |= event["kind"] == "step_done" && event["id"].as_i64().unwrap_or(0) > mark;
        }
    };
    match tokio::time::timeout(Duration::from_secs(60), done).await {
        Ok(document) => (document, began.elapsed()),
        Err(_) => panic!(
            "not healed: {:#}\n{}",
            bench.daemon.api.get(&format!("/v1/stacks/{}", bench.project)).await,
            bench.daemon.log()
        ),
    }
}

async fn newest_step(bench: &Bench) -> i64 {
    let path = format!("/v1/stacks/{}/history?limit=50", bench.project);
    let history = bench.daemon.api.get(&path).await;
    let steps = history.as_array().unwrap().iter().filter(|entry| entry["kind"] == "step_done");
    steps.filter_map(|entry| entry["id"].as_i64()).max().unwrap_or(0)
}
