//! What the Docker engine adds to the contract: real processes, files, logs, builds, and what others do behind our back.
#![allow(clippy::expect_used, clippy::panic)]

#[path = "docker_engine/behind_our_back.rs"]
mod behind_our_back;
#[path = "docker_engine/creation.rs"]
mod creation;
#[path = "docker_engine/images.rs"]
mod images;
#[path = "docker_engine/logs.rs"]
mod logs;
#[path = "docker_engine/newer.rs"]
mod newer;
#[path = "docker_engine/probes.rs"]
mod probes;
#[path = "contract/stage.rs"]
#[allow(dead_code, reason = "the contract's stage, of which these tests need a part")]
mod stage;
#[path = "docker_engine/stops.rs"]
mod stops;

use evenkeel_engine::{
    Engine, LogQuery,
    docker::{Bounds, Docker},
};
use evenkeel_model::ImageRef;
use futures::{FutureExt, StreamExt};
use stage::Stage;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

/// Plays a case on a stack of its own, and clears up also when it fails.
async fn play(name: &str, case: impl AsyncFnOnce(&Stage)) {
    let host = std::env::var("DOCKER_HOST").ok();
    let engine = Docker::connect(host.as_deref(), Bounds::default()).expect("an address that can be used");
    if let Err(error) = engine.capabilities().await {
        panic!("{error}. This test needs a Docker engine and the image {}: run `make test`", stage::IMAGE);
    }
    let stage = Stage::new(Arc::new(engine), ImageRef::from(stage::IMAGE), name);
    let result = AssertUnwindSafe(case(&stage)).catch_unwind().await;
    stage.clear().await;
    if let Err(panic) = result {
        resume_unwind(panic);
    }
}

/// bollard's own client, for what others do.
fn others() -> bollard::Docker {
    bollard::Docker::connect_with_defaults().expect("a client")
}

/// All that a container's run writes, as text.
async fn output(stage: &Stage, service: &str) -> String {
    let query = LogQuery { container: stage.name(service), follow: true, tail: None, since: None };
    let lines = stage.engine.logs(&query).await.expect("logs");
    let lines = lines.map(|line| String::from_utf8_lossy(&line.expect("a line").text).into_owned());
    lines.collect::<Vec<_>>().await.join("\n")
}
