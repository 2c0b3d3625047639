//! Every key of a definition reaches the engine's objects, and as Docker Compose makes it reach them.
//!
//! Each folder of `tests/inspect` is a project whose services are named for the attribute that they have, beside one that is `bare`. Both tools
//! `create` it under the same name, and what the engine says of the containers, networks, volumes and images is compared. What it says of Compose's is on
//! record in the folder's `expected.json`; `EVENKEEL_UPDATE=1 cargo test -p evenkeel-tests --test inspect` has it made anew by the Compose whose
//! words are in `EVENKEEL_COMPOSE`, or else by the one that `deploy/compose` finds.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "inspect/picture.rs"]
mod picture;

/// What Evenkeel does otherwise than Compose, on purpose: the object, the beginning of the pointer, and why.
const OTHERWISE: &[(&str, &str, &str)] = &[
    (
        "service expose",
        "/Config/ExposedPorts",
        "Compose hands over `80` and `100-102`, which the engine takes for names",
    ),
    ("service deploy-restart_policy-empty", "/HostConfig/RestartPolicy/MaximumRetryCount", "a count without a policy"),
    (
        "service devices-long",
        "/HostConfig/Devices",
        "without permissions Compose's device cannot be used; `rwm` is the default",
    ),
    ("service volumes-bind-options", "", "a missing directory is made beside a propagation too"),
    (
        "service volumes-bind-long",
        "",
        "Compose loses `selinux` beside an absent `create_host_path`; `consistency` means nothing on Linux",
    ),
    ("service volumes_from", "", "Compose loses `:ro`, and names containers by their ids"),
    ("network ek-inspect-networks_old-range", "/IPAM/Options", "Compose loses the options of `ipam`"),
    ("service bare", "/Image/Config/Labels", "Compose labels images that BuildKit makes alone"),
    ("", "/Image/Config/Labels/com.docker.compose.service", "the same"),
    ("service dockerfile_inline", "", "Compose hands the engine's builder the Dockerfile of the context"),
    ("service shm_size", "/facts", "Compose does not tell the engine's builder"),
    ("service ulimits", "/facts", "Compose does not tell the engine's builder"),
];

use evenkeel_tests::scenario::{Tool, Tools};
use evenkeel_tests::{Daemon, DockerApi};
use picture::Picture;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Creates a folder's project and compares each attribute with the record.
async fn check(folder: &str) {
    let docker = DockerApi::connect().await;
    let record = Path::new(env!("CARGO_MANIFEST_DIR")).join("inspect").join(folder).join("expected.json");
    if std::env::var_os("EVENKEEL_UPDATE").is_some() {
        let tools = Tools { compose: Some(compose()), daemon: None };
        let made = create(folder, &docker, &tools, Tool::Compose).await;
        std::fs::write(&record, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
    }
    let expected: Picture = serde_json::from_str(&std::fs::read_to_string(&record).unwrap()).unwrap();
    let tools = Tools { compose: None, daemon: Some(Daemon::start("docker").await) };
    let made = create(folder, &docker, &tools, Tool::Evenkeel).await;
    let differences = picture::differences(&expected, &made, |object, pointer| {
        OTHERWISE.iter().any(|(of, from, _)| (of.is_empty() || *of == object) && pointer.starts_with(from))
    });
    assert!(differences.is_empty(), "{} differences in {folder}:\n{}", differences.len(), differences.join("\n"));
    assert!(expected.len() > 15, "{folder} is about {} attributes alone", expected.len());
}

/// What the engine says after a tool's `create`; nothing is left of it.
async fn create(folder: &str, docker: &DockerApi, tools: &Tools, tool: Tool) -> Picture {
    let project = format!("ek-inspect-{folder}");
    let home = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("inspect").join(folder), home.path());
    clear(docker, &project).await;
    docker.post("/volumes/create", &json!({ "Name": foreign(&project) })).await;
    docker.post("/networks/create", &json!({ "Name": foreign(&project) })).await;
    let mut command = tools.command(tool, &project, home.path(), "--profile * create").unwrap();
    let output = command.output().await.unwrap();
    let log = tools.daemon.as_ref().map(Daemon::log).unwrap_or_default();
    assert!(output.status.success(), "{}\n{log}", String::from_utf8_lossy(&output.stderr));
    let picture = picture::take(docker, &project, home.path()).await;
    if let Some(daemon) = &tools.daemon {
        daemon.api.post(&format!("/v1/stacks/{project}/down?wait=true"), &json!({ "volumes": true })).await;
    }
    clear(docker, &project).await;
    picture
}

/// The name of the network and the volume that are there before.
fn foreign(project: &str) -> String {
    format!("{project}-foreign")
}

async fn clear(docker: &DockerApi, project: &str) {
    docker.sweep(project).await;
    docker.discard(&format!("/networks/{}", foreign(project))).await;
    docker.discard(&format!("/volumes/{}", foreign(project))).await;
    for tag in picture::tags(docker, project).await {
        docker.discard(&format!("/images/{tag}")).await;
    }
}

fn compose() -> String {
    std::env::var("EVENKEEL_COMPOSE").unwrap_or_else(|_| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/compose");
        let output = std::process::Command::new(script).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    })
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { std::fs::copy(&path, &target).map(drop).unwrap() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_processes() {
    check("process").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_resources() {
    check("resources").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_networks() {
    check("networks").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_mounts() {
    check("mounts").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_builds() {
    check("builds").await;
}
