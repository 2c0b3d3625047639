//! One life of a stack under one of the two, timed; and held against what must be true of it.

use crate::cases::{Stack, Work};
use crate::floor::median;
use crate::graph::Graph;
use crate::side::{Actor, Side};
use evenkeel_tests::DockerApi;
use std::collections::BTreeMap;

/// Why a life could not be measured.
pub enum Broken {
    /// `down` did not end, or has left networks and nothing else: which may be the engine's doing.
    Down(String),
    Otherwise(String),
}

impl From<String> for Broken {
    fn from(words: String) -> Self {
        Self::Otherwise(words)
    }
}

/// Seconds by work.
pub type Times = BTreeMap<Work, f64>;

/// How often a work that changes nothing is done; the median counts.
const REPEAT: usize = 5;
const REPEAT_UP: usize = 3;

/// Brings a stack up, does with it what is to be measured, and leaves what is left to the sweep.
pub async fn live(
    docker: &DockerApi,
    side: Side,
    stack: &Stack,
    graph: &Graph,
    works: &[Work],
) -> Result<Times, Broken> {
    let mut actor = Actor::new(side, stack).await;
    let mut times = Times::new();
    times.insert(Work::Up, actor.up().await?);
    let ended = now_s();
    for copy in 0..stack.copies {
        let began = starts(docker, &side.project(copy)).await;
        graph.check(&began, ended).map_err(|words| format!("{side}, {}: {words}", stack.name))?;
    }
    let project = side.project(0);
    let first = ids(docker, &project).await;
    if works.iter().any(|work| matches!(work, Work::UpAgain | Work::UpAgainRest)) {
        let again = repeat(REPEAT_UP, async || actor.up().await).await?;
        times.insert(Work::UpAgain, again);
        // Compose has but one way to be asked.
        times.insert(Work::UpAgainRest, again);
        if side == Side::Evenkeel {
            let rest = repeat(REPEAT, async || Ok(actor.up_by_rest().await.unwrap_or(f64::NAN))).await?;
            times.insert(Work::UpAgainRest, rest);
        }
        same_but(&first, &ids(docker, &project).await, None).map_err(|words| format!("{side}, up again: {words}"))?;
    }
    if works.contains(&Work::Ps) {
        times.insert(Work::Ps, repeat(REPEAT, async || actor.ps().await).await?);
    }
    if works.contains(&Work::Change) {
        actor.change();
        times.insert(Work::Change, actor.up().await?);
        let changed = stack.changed.as_deref();
        same_but(&first, &ids(docker, &project).await, changed).map_err(|words| format!("{side}, change: {words}"))?;
    }
    if works.contains(&Work::Down) {
        times.insert(Work::Down, actor.down().await.map_err(Broken::Down)?);
        for project in (0..stack.copies).map(|copy| side.project(copy)) {
            let containers = docker.containers(&project).await.len();
            if containers > 0 {
                return Err(
                    format!("{side}, down of {}: {containers} containers of {project} are left", stack.name).into()
                );
            }
            let networks = docker.names("networks", &project).await;
            if !networks.is_empty() {
                return Err(Broken::Down(format!("{side}, down of {}: {} left", stack.name, networks.join(", "))));
            }
        }
    }
    Ok(times)
}

/// `up 8.12 s, ps 0.01 s`.
pub fn words(times: &Times) -> String {
    let parts = times.iter().map(|(work, seconds)| format!("{work:?} {seconds:.3} s"));
    parts.collect::<Vec<_>>().join(", ")
}

async fn repeat(times: usize, work: impl AsyncFn() -> Result<f64, String>) -> Result<f64, String> {
    let mut took = Vec::new();
    for _ in 0..times {
        took.push(work().await?);
    }
    Ok(median(took))
}

/// When the present run of each service's container began, in seconds since 1970.
async fn starts(docker: &DockerApi, project: &str) -> BTreeMap<String, f64> {
    let mut starts = BTreeMap::new();
    for (service, id) in ids(docker, project).await {
        let inspect = docker.inspect(&id).await;
        let at = inspect["State"]["StartedAt"].as_str().unwrap_or_default().to_owned();
        if let Ok(at) = chrono::DateTime::parse_from_rfc3339(&at) {
            starts.insert(service, at.timestamp_micros() as f64 / 1e6);
        }
    }
    starts
}

fn now_s() -> f64 {
    chrono::Utc::now().timestamp_micros() as f64 / 1e6
}

/// The id of each service's container.
async fn ids(docker: &DockerApi, project: &str) -> BTreeMap<String, String> {
    let containers = docker.containers(project).await;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    containers.iter().map(|one| (text(&one["Labels"]["com.docker.compose.service"]), text(&one["Id"]))).collect()
}

/// An error unless exactly the container of this service is another.
fn same_but(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    changed: Option<&str>,
) -> Result<(), String> {
    if !before.keys().eq(after.keys()) {
        return Err(format!("there were {:?}, there are {:?}", before.keys(), after.keys()));
    }
    let differ: Vec<&str> =
        before.iter().filter(|(name, id)| after.get(*name) != Some(id)).map(|(name, _)| name.as_str()).collect();
    if differ == changed.into_iter().collect::<Vec<_>>() {
        return Ok(());
    }
    Err(format!("other containers stand for {differ:?}, and should for {changed:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_touched_is_told() {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let before = map(&[("a", "1"), ("b", "2")]);
        for (after, changed, fine) in [
            (map(&[("a", "1"), ("b", "2")]), None, true),
            (map(&[("a", "1"), ("b", "2")]), Some("b"), false),
            (map(&[("a", "1"), ("b", "3")]), Some("b"), true),
            (map(&[("a", "3"), ("b", "3")]), Some("b"), false),
            (map(&[("a", "1")]), None, false),
        ] {
            assert_eq!(same_but(&before, &after, changed).is_ok(), fine, "{after:?} {changed:?}");
        }
    }
}
