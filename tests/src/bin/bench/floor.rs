//! What the engine itself takes, asked without anybody in between: the part of a start that no client can save.

use crate::side::floor_project;
use evenkeel_tests::DockerApi;
use serde_json::json;
use std::fmt;
use std::time::Instant;

/// Containers that are made to measure, one after the other, then at once.
const ALONE: usize = 5;
const TOGETHER: usize = 12;
/// At once: enough to keep a small machine's engine busy.
const AT_ONCE: usize = 4;

const IMAGE: &str = "evenkeel/busybox:1.35";

/// Seconds, medians.
#[derive(Debug, Clone, Copy)]
pub struct EngineCost {
    /// Making a network.
    pub network_s: f64,
    /// Making a container on it.
    pub create_s: f64,
    /// Starting that, alone.
    pub start_s: f64,
    /// A container made and started while others are, for each of them.
    pub busy_s: f64,
    /// A container stopped and removed while all others are, for each of them. Its process ends as soon as it is asked.
    pub gone_s: f64,
    /// Removing a network.
    pub network_gone_s: f64,
}

impl EngineCost {
    /// Makes, starts and removes containers. An error where the engine does not remove their network.
    pub async fn measure(docker: &DockerApi) -> Result<Self, String> {
        let project = &floor_project();
        let labels = json!({ "com.docker.compose.project": project });
        let began = Instant::now();
        docker.post("/networks/create", &json!({ "Name": project, "Labels": labels })).await;
        let network_s = began.elapsed().as_secs_f64();
        let (mut creates, mut starts) = (Vec::new(), Vec::new());
        for number in 0..ALONE {
            let (create, start) = make(docker, project, &format!("{project}-{number}")).await;
            creates.push(create);
            starts.push(start);
        }
        let began = Instant::now();
        let lanes = (0..AT_ONCE).map(|lane| async move {
            for number in (lane..TOGETHER).step_by(AT_ONCE) {
                make(docker, project, &format!("{project}-at-once-{number}")).await;
            }
        });
        futures::future::join_all(lanes).await;
        let busy_s = began.elapsed().as_secs_f64() / TOGETHER as f64;
        let began = Instant::now();
        let removals = (0..TOGETHER).map(|number| docker.end(format!("{project}-at-once-{number}")));
        futures::future::join_all(removals).await;
        let gone_s = began.elapsed().as_secs_f64() / TOGETHER as f64;
        futures::future::join_all((0..ALONE).map(|number| docker.end(format!("{project}-{number}")))).await;
        let began = Instant::now();
        let answer = docker.ask("DELETE", &format!("/networks/{project}"), None).await;
        if answer.status >= 300 {
            return Err(format!("the network {project} is not removed: {}", answer.body));
        }
        let network_gone_s = began.elapsed().as_secs_f64();
        let (create_s, start_s) = (median(creates), median(starts));
        Ok(Self { network_s, create_s, start_s, busy_s, gone_s, network_gone_s })
    }
}

/// Seconds to create and to start a container.
async fn make(docker: &DockerApi, project: &str, name: &str) -> (f64, f64) {
    let body = json!({
        "Image": IMAGE,
        "Cmd": ["sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"],
        "Labels": { "com.docker.compose.project": project },
        "HostConfig": { "NetworkMode": project },
    });
    let began = Instant::now();
    docker.post(&format!("/containers/create?name={name}"), &body).await;
    let created = Instant::now();
    docker.post(&format!("/containers/{name}/start"), &json!({})).await;
    ((created - began).as_secs_f64(), created.elapsed().as_secs_f64())
}

/// The middle one, or the mean of the two in the middle.
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => numbers[middle],
        _ => f64::midpoint(numbers[middle - 1], numbers[middle]),
    }
}

impl fmt::Display for EngineCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [network, create, start] = [self.network_s, self.create_s, self.start_s].map(|seconds| seconds * 1000.0);
        let [busy, gone, network_gone] =
            [self.busy_s, self.gone_s, self.network_gone_s].map(|seconds| seconds * 1000.0);
        write!(
            f,
            "The engine alone: network {network:.0} ms, create {create:.0} ms, start {start:.0} ms; kept busy {busy:.0} ms a container. \
             To stop and remove many at once {gone:.0} ms each, a network {network_gone:.0} ms."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        for (numbers, expected) in [(vec![3.0], 3.0), (vec![3.0, 1.0, 2.0], 2.0), (vec![4.0, 1.0, 2.0, 3.0], 2.5)] {
            assert!((median(numbers) - expected).abs() < 1e-9);
        }
    }
}
