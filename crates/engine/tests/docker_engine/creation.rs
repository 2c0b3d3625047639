//! What is created is whole, also where an earlier attempt broke off, and what stands in the way is named.

use crate::{others, output, play};
use bollard::models::{ContainerCreateBody, EndpointSettings, NetworkingConfig};
use bollard::query_parameters::CreateContainerOptions;
use evenkeel_engine::Error;
use evenkeel_model::{
    Action, Attachment, ContainerState, InjectedFile, Ipam, IpamPool, Mount, MountSource, Port, Protocol, Sensitive,
};
use futures::StreamExt;
use std::collections::HashMap;
use std::time::Duration;

fn secret(path: &str) -> InjectedFile {
    InjectedFile { path: path.to_owned(), content: Sensitive::new("hunter2"), uid: 7, gid: 8, mode: 0o440 }
}

#[tokio::test]
async fn injected_files_are_in_place() {
    play("files", async |stage| {
        let mut new = stage.new_container("web", "stat -c '%u %g %a' /run/secrets/db; cat /run/secrets/db", &[]);
        new.spec.files = vec![secret("/run/secrets/db")];
        stage.run(new).await;
        assert_eq!(output(stage, "web").await, "7 8 440\nhunter2");
    })
    .await;
}

#[tokio::test]
async fn a_creation_that_broke_off_is_completed() {
    play("brokenoff", async |stage| {
        for key in ["front", "back"] {
            stage.done(Action::CreateNetwork(stage.new_network(key, "n1"))).await;
        }
        let mut new = stage.new_container("web", "cat /run/secrets/db", &[]);
        new.spec.files = vec![secret("/run/secrets/db")];
        new.endpoints =
            ["front", "back"].map(|key| (stage.network_name(key), Attachment::default())).into_iter().collect();
        // What an attempt leaves that dies after its first request.
        let endpoints = HashMap::from([(stage.network_name("front").to_string(), EndpointSettings::default())]);
        let body = ContainerCreateBody {
            image: Some(stage.image.to_string()),
            cmd: new.spec.command.clone(),
            labels: Some(new.labels.clone().into_iter().collect()),
            networking_config: Some(NetworkingConfig { endpoints_config: Some(endpoints) }),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptions { name: Some(new.name.to_string()), ..CreateContainerOptions::default() };
        others().create_container(Some(options), body).await.expect("a container");

        stage.done(stage.create(new)).await;
        // 20.10 has attached it to its default bridge as well, as the request did not say otherwise.
        let networks = stage.container("web").await.networks;
        assert!(["front", "back"].iter().all(|key| networks.contains_key(&stage.network_name(key))), "{networks:?}");
        stage.done(stage.start("web")).await;
        assert_eq!(output(stage, "web").await, "hunter2");
    })
    .await;
}

#[tokio::test]
async fn a_container_without_its_files_is_seen_to_be_half_made() {
    play("nofiles", async |stage| {
        let mut new = stage.new_container("web", "cat /run/secrets/db", &[]);
        new.spec.files = vec![secret("/run/secrets/db")];
        let mut labels = new.labels.clone();
        labels.insert("dev.evenkeel.files".to_owned(), "1".to_owned());
        new.labels = labels.clone();
        let body = ContainerCreateBody {
            image: Some(stage.image.to_string()),
            cmd: new.spec.command.clone(),
            labels: Some(labels.into_iter().collect()),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptions { name: Some(new.name.to_string()), ..CreateContainerOptions::default() };
        let mut changes = stage.engine.changes();
        others().create_container(Some(options), body).await.expect("a container");
        let seen = async {
            while stage.observe().await.containers.is_empty() {
                changes.next().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), seen).await.expect("seen");
        assert!(!stage.container("web").await.whole, "nobody has seen it completed");
        stage.done(stage.create(new)).await;
        assert!(stage.container("web").await.whole);
        stage.done(stage.start("web")).await;
        assert_eq!(output(stage, "web").await, "hunter2");
    })
    .await;
}

#[tokio::test]
async fn a_refused_creation_leaves_nothing() {
    play("refused", async |stage| {
        stage.done(Action::CreateNetwork(stage.new_network("front", "n1"))).await;
        let mut new = stage.obedient("web");
        new.endpoints =
            ["front", "missing"].map(|key| (stage.network_name(key), Attachment::default())).into_iter().collect();
        let refused = stage.perform(stage.create(new)).await;
        assert!(refused.is_err(), "{refused:?}");
        assert!(stage.observe().await.containers.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_a_conflict() {
    play("ports", async |stage| {
        let port = |published: Option<String>| Port { target: 80, published, host_ip: None, protocol: Protocol::Tcp };
        for service in ["first", "second"] {
            stage.done(Action::CreateNetwork(stage.new_network(service, "n1"))).await;
        }
        let on = |mut new: evenkeel_model::NewContainer, key: &str, published| {
            new.endpoints = vec![(stage.network_name(key), Attachment::default())];
            new.spec.ports = vec![port(published)];
            new
        };
        stage.run(on(stage.obedient("first"), "first", None)).await;
        let taken = stage.container("first").await.ports[0].published.to_string();
        stage.done(stage.create(on(stage.obedient("second"), "second", Some(taken.clone())))).await;
        let words = stage.conflict(stage.start("second")).await;
        assert!(words.contains(&taken) && words.contains("already taken"), "{words}");
        assert_eq!(stage.container("second").await.state, ContainerState::Created);
    })
    .await;
}

#[tokio::test]
async fn a_subnet_that_overlaps_is_a_conflict() {
    play("subnets", async |stage| {
        stage.done(Action::CreateNetwork(stage.new_network("first", "n1"))).await;
        let subnet = stage.observe().await.networks[&stage.network_name("first")].subnets[0];
        let mut new = stage.new_network("second", "n1");
        let pool = IpamPool { subnet: Some(subnet), ..IpamPool::default() };
        new.network.ipam = Some(Ipam { pools: vec![pool], ..Ipam::default() });
        let words = stage.conflict(Action::CreateNetwork(new)).await;
        assert!(words.contains("overlaps"), "{words}");
    })
    .await;
}

#[tokio::test]
async fn a_command_that_is_not_there_is_refused_in_the_engines_words() {
    play("nocommand", async |stage| {
        let mut new = stage.obedient("web");
        new.spec.command = Some(vec!["/no/such/program".to_owned()]);
        stage.done(stage.create(new)).await;
        let Err(Error::Rejected { message }) = stage.perform(stage.start("web")).await else { panic!("it started") };
        assert!(message.contains("/no/such/program"), "{message}");
    })
    .await;
}

#[tokio::test]
async fn binds_and_the_mac_address_reach_the_container() {
    play("mounts", async |stage| {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
        std::fs::write(path("file"), "from the host").expect("a file");
        let bind = |name: &str, target: &str, create_host_path: bool, read_only: bool| Mount {
            source: MountSource::Bind {
                path: path(name),
                create_host_path,
                propagation: None,
                selinux: None,
                recursive: None,
            },
            target: target.to_owned(),
            read_only,
        };
        stage.done(Action::CreateNetwork(stage.new_network("net", "n1"))).await;
        let script = "cat /file; echo out > /made/out; touch /file 2>/dev/null || echo read-only; cat /sys/class/net/eth0/address";
        let mut new = stage.new_container("web", script, &[]);
        new.endpoints = vec![(stage.network_name("net"), Attachment::default())];
        new.spec.mac_address = Some("02:42:0a:0b:0c:0d".to_owned());
        new.spec.mounts = vec![bind("file", "/file", false, true), bind("made", "/made", true, false)];
        stage.run(new).await;
        assert_eq!(output(stage, "web").await, "from the hostread-only\n02:42:0a:0b:0c:0d");
        assert_eq!(std::fs::read_to_string(path("made/out")).expect("a file"), "out\n");

        let mut missing = stage.obedient("missing");
        missing.spec.mounts = vec![bind("nothing", "/x", false, false)];
        let Err(Error::Rejected { message }) = stage.perform(stage.create(missing)).await else { panic!("it was made") };
        assert!(message.contains(&path("nothing")), "{message}");
    })
    .await;
}
