//! Networks, and containers on them.

use crate::stage::{Stage, alias};
use evenkeel_model::{Action, Attachment, NewContainer, Owner, SpecHash, labels};
use std::collections::BTreeSet;

fn on(mut new: NewContainer, stage: &Stage, keys: &[&str]) -> NewContainer {
    new.endpoints = keys.iter().map(|key| (stage.network_name(key), alias("db"))).collect();
    new
}

async fn make(stage: &Stage, key: &str) {
    stage.done(Action::CreateNetwork(stage.new_network(key, "n1"))).await;
}

pub async fn a_network_comes_and_goes(stage: &Stage) {
    make(stage, "net").await;
    let name = stage.network_name("net");
    let first = stage.observe().await.networks.remove(&name).expect("the network");
    assert_eq!(first.owner, Owner::Evenkeel(stage.stack.clone()));
    assert_eq!(first.spec_hash, Some(SpecHash::from("n1")));
    assert!(!first.subnets.is_empty());
    make(stage, "net").await;
    assert_eq!(stage.observe().await.networks.remove(&name), Some(first));
    for _ in 0..2 {
        stage.done(Action::RemoveNetwork(name.clone())).await;
        assert!(stage.observe().await.networks.is_empty());
    }
}

pub async fn a_network_of_another_stack_is_a_conflict(stage: &Stage) {
    make(stage, "net").await;
    let mut other = stage.new_network("net", "n1");
    other.labels.insert(labels::STACK.to_owned(), "ektest-other".to_owned());
    let words = stage.conflict(Action::CreateNetwork(other)).await;
    assert!(words.contains(stage.stack.as_str()), "whose it is: {words}");
    stage.conflict(Action::CreateNetwork(stage.new_network("net", "n2"))).await;
}

pub async fn a_network_with_ended_containers_can_go(stage: &Stage) {
    make(stage, "net").await;
    stage.run(on(stage.obedient("web"), stage, &["net"])).await;
    stage.done(stage.stop("web")).await;
    stage.done(Action::RemoveNetwork(stage.network_name("net"))).await;
    let observed = stage.observe().await;
    assert!(observed.networks.is_empty());
    assert!(observed.containers[&stage.name("web")].networks.is_empty());
}

pub async fn a_network_in_use_stays(stage: &Stage) {
    make(stage, "net").await;
    stage.run(on(stage.obedient("web"), stage, &["net"])).await;
    let words = stage.conflict(Action::RemoveNetwork(stage.network_name("net"))).await;
    assert!(words.contains(stage.name("web").as_str()), "who uses it: {words}");
    assert_eq!(stage.observe().await.networks.len(), 1);
}

pub async fn a_container_joins_all_its_networks(stage: &Stage) {
    for key in ["front", "back", "side"] {
        make(stage, key).await;
    }
    let new = on(stage.obedient("web"), stage, &["front", "back", "side"]);
    stage.done(stage.create(new.clone())).await;
    assert_eq!(stage.container("web").await.networks.len(), 3);
    stage.done(stage.start("web")).await;
    let running = stage.container("web").await;
    assert_eq!(running.networks.len(), 3);
    assert!(running.networks.values().all(|it| it.address.is_some()), "{:?}", running.networks);
    let addresses: BTreeSet<_> = running.networks.values().map(|it| it.address).collect();
    assert_eq!(addresses.len(), 3);
}

pub async fn a_lost_network_is_connected_again(stage: &Stage) {
    make(stage, "front").await;
    make(stage, "back").await;
    let new = on(stage.obedient("web"), stage, &["front", "back"]);
    stage.done(stage.create(new)).await;
    // Removed and made again, behind a container that has not been started.
    stage.done(Action::RemoveNetwork(stage.network_name("back"))).await;
    assert_eq!(stage.container("web").await.networks.len(), 1);
    make(stage, "back").await;
    assert_eq!(stage.container("web").await.networks.len(), 1);
    let connect = Action::ConnectNetwork {
        container: stage.name("web"),
        network: stage.network_name("back"),
        attachment: Box::new(Attachment::default()),
        links: Vec::new(),
    };
    for _ in 0..2 {
        stage.done(connect.clone()).await;
        assert_eq!(stage.container("web").await.networks.len(), 2);
    }
    stage.done(stage.start("web")).await;
    assert!(stage.container("web").await.networks.values().all(|it| it.address.is_some()));
    stage.done(connect).await;
}

pub async fn a_lacking_alias_is_given_to_the_run_as_it_is(stage: &Stage) {
    make(stage, "net").await;
    stage.run(on(stage.obedient("web"), stage, &["net"])).await;
    let before = stage.container("web").await;
    let own = stage.name("web");
    let connect = async |aliases: &[&str]| {
        let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
        let attachment = Box::new(Attachment { aliases, ..Attachment::default() });
        let (container, network) = (stage.name("web"), stage.network_name("net"));
        stage.done(Action::ConnectNetwork { container, network, attachment, links: Vec::new() }).await;
        stage.container("web").await
    };
    // What it is known as is no reason to attach it anew, nor is its own name, which leads to it in any case.
    for known in [&["db"][..], &["db", own.as_str()]] {
        assert_eq!(connect(known).await, before, "{known:?}");
    }
    for wanted in [&["db", "shop"][..], &["www"]] {
        let now = connect(wanted).await;
        let joined = &now.networks[&stage.network_name("net")];
        assert!(wanted.iter().all(|alias| joined.aliases.contains(*alias)), "{wanted:?}: {joined:?}");
        assert!(joined.address.is_some(), "{wanted:?}");
        assert_eq!((&now.id, now.started_at), (&before.id, before.started_at), "{wanted:?}");
    }
}
