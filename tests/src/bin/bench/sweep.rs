//! What is removed before and after each life, and what the engine then does not let go of: Docker sometimes believes that a removed container is still
//! attached to a network, and refuses to remove that until dockerd is restarted (moby/moby#42119).

use crate::side;
use evenkeel_tests::DockerApi;

/// The projects of all that is measured begin with it.
const PROJECTS: &str = "bench-";

/// Removes all that these projects have, an earlier run's too. Whether the engine held on to an endpoint of a container that was gone: a network that it
/// keeps for that is left to it, and the projects have other names from then on. An error where something stays that would falsify, or hold up, what comes after.
pub async fn sweep(docker: &DockerApi) -> Result<bool, String> {
    let mut held = false;
    for project in docker.projects(PROJECTS).await {
        held |= docker.sweep(&project).await;
    }
    let kept = docker.projects(PROJECTS).await;
    for project in &kept {
        for network in docker.names("networks", project).await {
            let endpoints = docker.get(&format!("/networks/{network}")).await["Containers"].clone();
            if endpoints.as_object().is_some_and(|endpoints| !endpoints.is_empty()) {
                return Err(format!("the engine does not let go of {network}; it has {endpoints}"));
            }
        }
    }
    let renamed = side::take_names_beside(&kept);
    if renamed {
        println!("until dockerd is restarted it keeps networks of {}", kept.join(", "));
    }
    Ok(held || renamed)
}
