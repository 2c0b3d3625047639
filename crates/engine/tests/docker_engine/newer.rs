//! What newer engines can: there it works, and where the engine is older it is refused by name before anything is created.

use crate::stage::{Stage, alias};
use crate::{output, play};
use evenkeel_engine::Error;
use evenkeel_model::{
    Action, Attachment, Container, ContainerState, Health, HealthTest, Healthcheck, Ipam, IpamPool, Mount, MountSource,
    NetworkMode, NewContainer,
};

/// True where the engine has API 1.`minor`, and the container was made; else it was refused with that number.
async fn made(stage: &Stage, new: NewContainer, minor: u32) -> bool {
    let engine = stage.engine.capabilities().await.expect("an engine");
    let result = stage.perform(stage.create(new)).await;
    if engine.api_at_least(1, minor) {
        result.unwrap_or_else(|error| panic!("{error}"));
        return true;
    }
    let Err(Error::Rejected { message }) = result else { panic!("{result:?} is no refusal") };
    assert!(message.contains(&format!("API 1.{minor} or newer")), "{message}");
    assert!(stage.observe().await.containers.is_empty());
    false
}

#[tokio::test]
async fn every_network_may_have_its_own_mac_address() {
    play("macs", async |stage| {
        for key in ["front", "back"] {
            stage.done(Action::CreateNetwork(stage.new_network(key, "n1"))).await;
        }
        let script = "cat /sys/class/net/eth*/address | sort";
        let mut new = stage.new_container("web", script, &[]);
        let on = |mac: &str| Attachment { mac_address: Some(mac.to_owned()), ..alias("web") };
        new.endpoints = vec![
            (stage.network_name("front"), on("02:42:0a:0b:0c:01")),
            (stage.network_name("back"), on("02:42:0a:0b:0c:02")),
        ];
        if made(stage, new, 44).await {
            stage.done(stage.start("web")).await;
            assert_eq!(output(stage, "web").await, "02:42:0a:0b:0c:01\n02:42:0a:0b:0c:02");
        }
    })
    .await;
}

#[tokio::test]
async fn a_mac_address_on_the_engines_own_bridge() {
    play("bridgemac", async |stage| {
        let mut new = stage.new_container("web", "cat /sys/class/net/eth0/address", &[]);
        new.spec.network_mode = NetworkMode::Bridge;
        new.spec.mac_address = Some("02:42:0a:0b:0c:03".to_owned());
        stage.run(new).await;
        assert_eq!(output(stage, "web").await, "02:42:0a:0b:0c:03");
    })
    .await;
}

#[tokio::test]
async fn addresses_of_several_networks_are_kept() {
    play("addresses", async |stage| {
        let networks = [("front", "10.213.1"), ("back", "10.213.2")];
        for (key, prefix) in networks {
            let mut new = stage.new_network(key, "n1");
            let subnet = Some(format!("{prefix}.0/24").parse().expect("a subnet"));
            new.network.ipam =
                Some(Ipam { pools: vec![IpamPool { subnet, ..IpamPool::default() }], ..Ipam::default() });
            stage.done(Action::CreateNetwork(new)).await;
        }
        let mut new = stage.obedient("web");
        new.endpoints = networks
            .map(|(key, prefix)| {
                let address = Some(format!("{prefix}.77").parse().expect("an address"));
                (stage.network_name(key), Attachment { ipv4_address: address, ..alias("web") })
            })
            .into();
        stage.run(new).await;
        let container = stage.container("web").await;
        for (key, prefix) in networks {
            let expected = format!("{prefix}.77").parse().ok();
            assert_eq!(container.networks[&stage.network_name(key)].address, expected, "{key}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_interface_may_be_named() {
    play("interface", async |stage| {
        stage.done(Action::CreateNetwork(stage.new_network("front", "n1"))).await;
        let mut new = stage.new_container("web", "ls /sys/class/net", &[]);
        let named = Attachment { interface_name: Some("front7".to_owned()), ..Attachment::default() };
        new.endpoints = vec![(stage.network_name("front"), named)];
        if made(stage, new, 49).await {
            stage.done(stage.start("web")).await;
            assert!(output(stage, "web").await.contains("front7"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_part_of_a_volume_is_mounted() {
    play("subpath", async |stage| {
        stage.done(Action::CreateVolume(stage.new_volume("data", "v1"))).await;
        let volume = |subpath: Option<&str>| Mount {
            source: MountSource::Volume {
                name: stage.volume_name("data"),
                no_copy: false,
                subpath: subpath.map(str::to_owned),
            },
            target: "/data".to_owned(),
            read_only: false,
        };
        let mut first = stage.new_container("first", "mkdir /data/part; echo part > /data/part/word", &[]);
        first.spec.mounts = vec![volume(None)];
        let mut second = stage.new_container("second", "cat /data/word", &[]);
        second.spec.mounts = vec![volume(Some("part"))];
        if stage.engine.capabilities().await.expect("an engine").api_at_least(1, 45) {
            stage.run(first).await;
            stage.until("ended", "first", |container| container.exit().is_some()).await;
        }
        if made(stage, second, 45).await {
            stage.done(stage.start("second")).await;
            assert_eq!(output(stage, "second").await, "part");
        }
    })
    .await;
}

#[tokio::test]
async fn an_image_is_mounted() {
    play("imagemount", async |stage| {
        let mut new = stage.new_container("web", "ls -d /tools/busybox", &[]);
        let source = MountSource::Image { image: stage.image.clone(), subpath: Some("bin".to_owned()) };
        new.spec.mounts = vec![Mount { source, target: "/tools".to_owned(), read_only: true }];
        if made(stage, new, 48).await {
            stage.done(stage.start("web")).await;
            assert_eq!(output(stage, "web").await, "/tools/busybox");
        }
    })
    .await;
}

#[tokio::test]
async fn a_start_interval_is_kept_where_the_engine_has_one() {
    play("startinterval", async |stage| {
        let mut new = stage.obedient("web");
        new.spec.healthcheck = Some(Healthcheck {
            test: Some(HealthTest::Command(vec!["true".to_owned()])),
            interval_ns: Some(3_600_000_000_000),
            start_period_ns: Some(60_000_000_000),
            start_interval_ns: Some(200_000_000),
            ..Healthcheck::default()
        });
        stage.run(new).await;
        if stage.engine.capabilities().await.expect("an engine").api_at_least(1, 44) {
            let healthy =
                |seen: &Container| matches!(seen.state, ContainerState::Running { health: Health::Healthy { .. } });
            stage.until("healthy by its start interval", "web", healthy).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_containers_image_is_the_one_that_is_listed() {
    play("imageid", async |stage| {
        stage.done(stage.create(stage.obedient("web"))).await;
        let mut interest = stage.interest();
        interest.images = [stage.image.clone()].into();
        let observed = stage.engine.observe(&interest).await.expect("an observation");
        assert_eq!(observed.containers[&stage.name("web")].image, observed.images[&stage.image]);
    })
    .await;
}
