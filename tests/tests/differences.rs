//! What is not the same on every release of Docker, as facts that are printed (`fact: WHAT = WHAT IT IS`); `make engines` puts those
//! of several releases side by side. What Evenkeel needs of an engine is not here but in the contract of the crate `engine`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use evenkeel_tests::DockerApi;
use serde_json::{Value, json};

const PROJECT: &str = "ek-differences";

fn fact(what: &str, value: impl std::fmt::Display) {
    println!("fact: {what} = {value}");
}

fn body(further: Value) -> Value {
    let mut body = json!({
        "Image": "evenkeel/busybox:1.35", "Cmd": ["sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"],
        "Labels": { "com.docker.compose.project": PROJECT },
    });
    body.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    body
}

/// Creates a container, and tells the status and what an inspection shows.
async fn create(docker: &DockerApi, name: &str, further: Value) -> (u16, Value) {
    let answer = docker.ask("POST", &format!("/containers/create?name={PROJECT}-{name}"), Some(&body(further))).await;
    let status = answer.status;
    (status, if status < 300 { docker.inspect(&format!("{PROJECT}-{name}")).await } else { answer.body })
}

#[tokio::test]
async fn facts() {
    let docker = DockerApi::connect().await;
    docker.sweep(PROJECT).await;
    surroundings(&docker).await;
    creation(&docker).await;
    life(&docker).await;
    refusals(&docker).await;
    docker.sweep(PROJECT).await;
}

async fn surroundings(docker: &DockerApi) {
    let version = docker.get("/version").await;
    fact("version", version["Version"].as_str().unwrap().split('+').next().unwrap());
    fact("API", version["ApiVersion"].as_str().unwrap());
    fact("oldest API", version["MinAPIVersion"].as_str().unwrap());
    let info = docker.get("/info").await;
    fact("store of images", info["Driver"].as_str().unwrap());
    let image = docker.get("/images/evenkeel/busybox:1.35/json").await;
    let manifest = image["Descriptor"]["digest"].is_string() && image["Descriptor"]["digest"] == image["Id"];
    fact("an image's id is of its", if manifest { "manifest" } else { "configuration" });
    for key in ["front", "back"] {
        let made = json!({ "Name": format!("{PROJECT}_{key}"), "Labels": { "com.docker.compose.project": PROJECT } });
        docker.post("/networks/create", &made).await;
    }
    let again = docker.ask("POST", "/networks/create", Some(&json!({ "Name": format!("{PROJECT}_front") }))).await;
    fact("a second network of a name", again.status);
    if let Some(id) = again.body["Id"].as_str() {
        docker.discard(&format!("/networks/{id}")).await;
    }
}

async fn creation(docker: &DockerApi) {
    let (front, back) = (format!("{PROJECT}_front"), format!("{PROJECT}_back"));
    let endpoints = json!({ &front: { "MacAddress": "02:42:0a:00:00:01" }, &back: {} });
    let (status, seen) = create(docker, "two", json!({ "NetworkingConfig": { "EndpointsConfig": endpoints } })).await;
    fact("two networks at creation", status);
    if status < 300 {
        let networks = &seen["NetworkSettings"]["Networks"];
        fact("MAC address of an endpoint", networks[&front]["MacAddress"].as_str().unwrap_or("none"));
    }
    let (_, seen) = create(docker, "mac", json!({ "MacAddress": "02:42:0a:00:00:02" })).await;
    fact("MAC address of the container", if seen["Config"]["MacAddress"].is_string() { "kept" } else { "dropped" });
    let check =
        json!({ "Test": ["CMD", "true"], "StartPeriod": 60_000_000_000_i64, "StartInterval": 1_000_000_000_i64 });
    let (_, seen) = create(docker, "check", json!({ "Healthcheck": check })).await;
    fact("StartInterval", if seen["Config"]["Healthcheck"]["StartInterval"].is_number() { "kept" } else { "dropped" });
    let notes = json!({ "HostConfig": { "Annotations": { "a": "b" } } });
    let (_, seen) = create(docker, "notes", notes).await;
    fact("annotations", if seen["HostConfig"]["Annotations"]["a"] == "b" { "kept" } else { "dropped" });
    let mounts =
        json!({ "HostConfig": { "Mounts": [{ "Type": "image", "Source": "evenkeel/busybox:1.35", "Target": "/i" }] } });
    fact("an image as a mount", create(docker, "image", mounts).await.0);
}

/// A container's life: what its inspection shows, and which events it gives rise to.
async fn life(docker: &DockerApi) {
    let name = format!("{PROJECT}-life");
    let front = json!({ "HostConfig": { "NetworkMode": format!("{PROJECT}_front"), "Mounts":
        [{ "Type": "volume", "Source": format!("{PROJECT}_data"), "Target": "/data" }] },
        "Healthcheck": { "Test": ["CMD", "true"] } });
    let (_, seen) = create(docker, "life", front).await;
    let id = seen["Id"].as_str().unwrap().to_owned();
    let endpoint = &seen["NetworkSettings"]["Networks"][format!("{PROJECT}_front")];
    let told = if endpoint["NetworkID"].as_str().unwrap_or("").is_empty() { "after its start" } else { "at once" };
    fact("a new container's network is told by id", told);
    docker.ask("POST", &format!("/containers/{name}/start"), None).await;
    let seen = docker.inspect(&name).await;
    let endpoint = &seen["NetworkSettings"]["Networks"][format!("{PROJECT}_front")];
    let aliases = endpoint["Aliases"].as_array().cloned().unwrap_or_default();
    fact("aliases hold the short id", aliases.iter().any(|alias| alias == &id[..12]));
    fact("NetworkSettings.Bridge", if seen["NetworkSettings"]["Bridge"].is_string() { "told" } else { "gone" });
    let listed = docker.containers(PROJECT).await.into_iter().find(|one| one["Id"] == id.as_str()).unwrap();
    fact("the list's Health", if listed["Health"].is_object() { "told" } else { "not told" });
    docker.exec(&name, &["true"]).await;
    let network = docker.ask("DELETE", &format!("/networks/{PROJECT}_front"), None).await;
    fact("removing a network in use", network.status);
    let volume = docker.ask("DELETE", &format!("/volumes/{PROJECT}_data"), None).await;
    fact("removing a volume in use", volume.status);
    docker.stop(&name).await;
    let killed = docker.ask("POST", &format!("/containers/{name}/kill"), None).await;
    fact("killing what has ended", killed.status);
    docker.remove(&name).await;
    let now = docker.get("/info").await["SystemTime"].as_str().unwrap().to_owned();
    let until = chrono::DateTime::parse_from_rfc3339(&now).unwrap().timestamp() + 1;
    let filters = format!("{{%22container%22:[%22{id}%22]}}");
    let events = docker.get(&format!("/events?since=1&until={until}&filters={filters}")).await;
    let events: Vec<Value> = match &events {
        Value::String(lines) => lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
        one => vec![one.clone()],
    };
    let actions = events.iter().filter_map(|event| event["Action"].as_str());
    let actions: Vec<&str> = actions.map(|action| action.split(':').next().unwrap()).collect();
    fact("events of a life", actions.join(" "));
}

async fn refusals(docker: &DockerApi) {
    let missing = docker.ask("POST", "/containers/create", Some(&json!({ "Image": "evenkeel/none:1" }))).await;
    fact("a missing image", format!("{} {}", missing.status, missing.body["message"].as_str().unwrap_or_default()));
    let (status, _) = create(docker, "lost", json!({ "HostConfig": { "NetworkMode": "ek-no-such-network" } })).await;
    fact("creating on a network that is not there", status);
    let bind = json!({ "HostConfig": { "Mounts": [{ "Type": "bind", "Source": "/no/such", "Target": "/x" }] } });
    fact("a bind source that is not there", create(docker, "bind", bind).await.0);
}
