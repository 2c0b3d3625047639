//! Whether one container reaches another.

use crate::stage::{Stage, alias};
use evenkeel_engine::{Error, FailureKind, Question};
use evenkeel_model::{Action, ApplicationProtocol, NewContainer, Protocol};
use std::time::Duration;

fn question(host: &str, port: u16) -> Question {
    let protocol = ApplicationProtocol::Tcp;
    Question { host: host.to_owned(), port, protocol, credentials: None, timeout: Duration::from_secs(2) }
}

fn on(mut new: NewContainer, stage: &Stage, key: &str, name: &str) -> NewContainer {
    new.endpoints = vec![(stage.network_name(key), alias(name))];
    new
}

/// A container that listens on port 8080, once its healthcheck, if it had one, would pass.
fn server(stage: &Stage) -> NewContainer {
    let mut new =
        stage.new_container("server", "exec httpd -f -p 8080", &[("SIM_READY_MS", "1"), ("SIM_STOP_MS", "1")]);
    new.spec.expose = vec![(8080, Protocol::Tcp)];
    on(new, stage, "net", "shop")
}

pub async fn a_server_is_reached_by_its_alias(stage: &Stage) {
    for key in ["net", "aside"] {
        stage.done(Action::CreateNetwork(stage.new_network(key, "n1"))).await;
    }
    stage.run(server(stage)).await;
    stage.run(on(stage.obedient("client"), stage, "net", "client")).await;
    stage.run(on(stage.obedient("stranger"), stage, "aside", "stranger")).await;
    let from = |service: &str, host: &'static str, port: u16| {
        let (engine, name) = (stage.engine.clone(), stage.name(service));
        async move {
            let mut reached = engine.reach(&name, &[question(host, port)]).await.expect("it can be tried");
            reached.pop().expect("an answer")
        }
    };
    // A process needs a moment until it listens.
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while from("client", "shop", 8080).await.is_err() {
        assert!(std::time::Instant::now() < deadline, "never reached");
        tokio::task::yield_now().await;
    }
    let answer = from("client", "shop", 8080).await.expect("it is reached");
    let server = stage.container("server").await.networks[&stage.network_name("net")].address;
    assert_eq!(Some(answer.address.ip()), server);
    for (service, host, port, kind) in [
        ("client", "shop", 8081, FailureKind::Refused),
        ("client", "elsewhere", 8080, FailureKind::NoSuchName),
        ("stranger", "shop", 8080, FailureKind::NoSuchName),
    ] {
        let failure = from(service, host, port).await.expect_err("it does not work");
        assert_eq!(failure.kind, kind, "{service} to {host}:{port}: {failure}");
    }
    let both = [question("elsewhere", 8080), question("shop", 8080)];
    let reached = stage.engine.reach(&stage.name("client"), &both).await.expect("they can be tried");
    let works: Vec<bool> = reached.iter().map(Result::is_ok).collect();
    assert_eq!(works, [false, true], "the answers have the order of the questions");
}

pub async fn a_container_that_does_not_run_reaches_nothing(stage: &Stage) {
    let tried = stage.engine.reach(&stage.name("web"), &[question("x", 1)]).await;
    assert!(matches!(tried, Err(Error::NotFound { .. })), "{tried:?}");
    stage.done(stage.create(stage.obedient("web"))).await;
    let tried = stage.engine.reach(&stage.name("web"), &[question("x", 1)]).await;
    assert!(matches!(tried, Err(Error::Conflict { .. })), "{tried:?}");
}
