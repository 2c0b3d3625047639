//! Objects that stand in each other's way, and others' objects.

use crate::stage::*;
use evenkeel_engine::sim::Behaviour;
use evenkeel_engine::{Engine, Error};
use evenkeel_model::{
    Action, Adopted, Attachment, ContainerName, Interest, Mount, MountSource, NetworkMode, Owner, Port, Protocol,
    SurveyRequest, labels,
};
use std::collections::BTreeMap;

fn publishing(name: &str, ports: &[(&str, Option<&str>)]) -> evenkeel_model::NewContainer {
    let mut new = container(name);
    let port = |(published, ip): &(&str, Option<&str>)| Port {
        target: 80,
        published: Some((*published).to_owned()),
        host_ip: ip.map(|ip| ip.parse().unwrap()),
        protocol: Protocol::Tcp,
    };
    new.spec.ports = ports.iter().map(port).collect();
    new
}

#[tokio::test(start_paused = true)]
async fn ports_are_taken_while_a_container_runs() {
    let taken = |by: &str| format!("container web: port {by}");
    for (case, first, second, refused) in [
        ("another", ("80", None), ("81", None), None),
        (
            "same",
            ("80", None),
            ("80", None),
            Some(taken("0.0.0.0:80 of the host is already taken by another container")),
        ),
        ("other address", ("80", Some("127.0.0.1")), ("80", Some("127.0.0.2")), None),
        (
            "all addresses",
            ("80", Some("127.0.0.1")),
            ("80", None),
            Some(taken("0.0.0.0:80 of the host is already taken by another container")),
        ),
        ("a range", ("80", None), ("80-81", None), None),
        (
            "the host's",
            ("81", None),
            ("22", None),
            Some(taken("0.0.0.0:22 of the host is already taken by another process")),
        ),
    ] {
        let stage = stage();
        stage.outside().take_port(22, "process sshd (812)");
        stage.run(publishing("first", &[first]), Behaviour::default()).await;
        stage.done(create(publishing("web", &[second]))).await;
        let result = stage.perform(start("web")).await;
        assert_eq!(result.as_ref().err().map(ToString::to_string), refused, "{case}");
        assert!(matches!(result, Ok(()) | Err(Error::Conflict { .. })), "{case}");
        if refused.is_some() && second.0 != "22" {
            stage.done(stop("first", 1)).await;
            stage.done(start("web")).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn subnets_do_not_overlap() {
    for (case, there, asked, refused) in [
        ("apart", "10.0.0.0/24", Some("10.0.1.0/24"), false),
        ("same", "10.0.0.0/24", Some("10.0.0.0/24"), true),
        ("inside", "10.0.0.0/16", Some("10.0.3.0/24"), true),
        ("around", "10.0.3.0/24", Some("10.0.0.0/16"), true),
        ("docker's own", "10.0.0.0/24", Some("172.17.5.0/24"), true),
        ("whatever is free", "172.18.0.0/16", None, false),
    ] {
        let stage = stage();
        stage.outside().add_network(&"other".into(), BTreeMap::new(), vec![there.parse().unwrap()]);
        stage.outside().add_route("172.19.0.0/16".parse().unwrap(), "route via eth1");
        let result = stage.perform(network("net", asked)).await;
        assert_eq!(matches!(result, Err(Error::Conflict { .. })), refused, "{case}: {result:?}");
        if asked.is_none() {
            let subnets = &stage.observe().await.networks["net"].subnets;
            assert_eq!(subnets[0].to_string(), "172.20.0.0/16", "past docker's, the other's and the host's");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn fixed_addresses_are_checked_at_the_start() {
    for (case, subnet, address, refused) in [
        ("free", Some("10.9.0.0/24"), "10.9.0.7", None),
        (
            "outside",
            Some("10.9.0.0/24"),
            "10.8.0.7",
            Some("address 10.8.0.7 is in no configured subnet of network net"),
        ),
        (
            "of no configured subnet",
            None,
            "172.18.0.7",
            Some("address 172.18.0.7 is in no configured subnet of network net"),
        ),
        ("taken", Some("10.9.0.0/24"), "10.9.0.2", Some("address 10.9.0.2 is already in use in network net")),
    ] {
        let stage = stage();
        stage.done(network("net", subnet)).await;
        stage.run(on(container("first"), &["net"]), Behaviour::default()).await;
        let mut new = on(container("web"), &["net"]);
        new.endpoints[0].1 = Attachment { ipv4_address: Some(address.parse().unwrap()), ..Attachment::default() };
        stage.done(create(new)).await;
        let result = stage.perform(start("web")).await.err().map(|error| error.to_string());
        assert_eq!(result, refused.map(|refused| format!("container web: {refused}")), "{case}");
        if refused.is_none() {
            assert_eq!(stage.container("web").await.networks["net"].address, Some(address.parse().unwrap()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_ours_is_not_touched() {
    let compose = BTreeMap::from([("com.docker.compose.project".to_owned(), "shop".to_owned())]);
    for (labels, owner) in [(BTreeMap::new(), Owner::Nobody), (compose, Owner::Compose("shop".to_owned()))] {
        let stage = stage();
        let mut foreign = container("web");
        foreign.labels = labels.clone();
        stage.outside().run(&foreign).unwrap();
        stage.outside().add_network(&"net".into(), labels.clone(), vec![]);
        stage.outside().add_volume(&"data".into(), labels.clone());
        let web = || ContainerName::from("web");
        let before = stage.outside().everything();
        for action in [
            create(container("web")),
            start("web"),
            stop("web", 1),
            remove("web"),
            Action::KillContainer { container: web(), signal: "SIGKILL".into() },
            Action::PauseContainer(web()),
            Action::UnpauseContainer(web()),
            Action::ConnectNetwork {
                container: web(),
                network: "net".into(),
                attachment: Box::default(),
                links: Vec::new(),
            },
            network("net", None),
            Action::RemoveNetwork("net".into()),
            Action::RemoveNetwork("bridge".into()),
            Action::RemoveVolume("data".into()),
        ] {
            let result = stage.perform(action.clone()).await;
            assert!(matches!(result, Err(Error::Conflict { .. })), "{action:?}: {result:?}");
        }
        let after = stage.outside().everything();
        assert_eq!(
            (&after.containers, &after.networks, &after.volumes),
            (&before.containers, &before.networks, &before.volumes)
        );
        assert_eq!(after.containers["web"].owner, owner);
        // What Compose made for a project of the stack's name may be taken over; of the rest nobody hears who does not ask by name.
        let is_shown = stage.observe().await.containers.contains_key("web");
        assert_eq!(is_shown, matches!(owner, Owner::Compose(_)));
    }
}

#[tokio::test(start_paused = true)]
async fn volumes_that_a_container_needs_come_with_it() {
    let stage = stage();
    let mut new = container("web");
    let named = MountSource::Volume { name: "data".into(), no_copy: false, subpath: None };
    for (source, target) in [(named, "/x"), (MountSource::Anonymous, "/y"), (MountSource::Anonymous, "/z")] {
        new.spec.mounts.push(Mount { source, target: target.into(), read_only: false });
    }
    stage.done(create(new)).await;
    assert_eq!(stage.outside().everything().volumes["data"].owner, Owner::Nobody, "made by nobody in particular");
    assert_eq!(stage.outside().anonymous_volumes(), 2);
    stage.done(remove("web")).await;
    assert_eq!(stage.outside().anonymous_volumes(), 0);
    let first = stage.outside().volume_id(&"data".into());
    assert!(first.is_some());
    stage.outside().remove_volume(&"data".into());
    stage.outside().add_volume(&"data".into(), BTreeMap::new());
    assert_ne!(stage.outside().volume_id(&"data".into()), first);
}

#[tokio::test(start_paused = true)]
async fn a_network_removed_behind_its_containers_is_missed() {
    let stage = stage();
    stage.done(network("net", None)).await;
    stage.run(on(container("web"), &["net"]), Behaviour::default()).await;
    stage.run(on(container("job"), &["net"]), Behaviour::exits(ms(10), 0)).await;
    pass_ms(20).await;
    stage.outside().remove_network(&"net".into());
    stage.done(network("net", None)).await;
    for name in ["web", "job"] {
        assert!(stage.container(name).await.networks.is_empty(), "{name}: another network has the name");
    }
    let refused = stage.perform(start("job")).await.unwrap_err();
    assert_eq!(refused.to_string(), "container job: network net not found");
    for name in ["web", "job"] {
        let network = Action::ConnectNetwork {
            container: name.into(),
            network: "net".into(),
            attachment: Box::default(),
            links: Vec::new(),
        };
        stage.done(network).await;
        stage.done(start(name)).await;
        assert!(stage.container(name).await.networks["net"].address.is_some(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shared_network_namespace_needs_its_owner_to_run() {
    let stage = stage();
    stage.done(create(container("web"))).await;
    let mut side = container("side");
    side.spec.network_mode = NetworkMode::Container("web".into());
    stage.done(create(side)).await;
    assert!(matches!(stage.perform(start("side")).await, Err(Error::Conflict { .. })));
    stage.done(start("web")).await;
    stage.done(start("side")).await;
}

#[tokio::test(start_paused = true)]
async fn images_come_from_the_registry_unless_they_cannot() {
    let stage = stage();
    let pull = |image: &str| Action::PullImage { image: image.into(), platform: None };
    let interest = evenkeel_model::Interest { images: ["web".into(), "lost".into()].into(), ..interest() };
    let id = async || stage.0.observe(&interest).await.unwrap().images.get("web").cloned();
    stage.outside().unpullable(&"lost".into(), Some("manifest unknown"));
    let refused = stage.perform(pull("lost")).await.unwrap_err();
    assert_eq!(refused, Error::Rejected { message: "image lost: manifest unknown".into() });
    assert_eq!(id().await, None);
    stage.done(pull("web")).await;
    let first = id().await;
    assert!(first.is_some());
    stage.done(pull("web")).await;
    assert_eq!(id().await, first, "nothing newer");
    stage.outside().publish(&"web".into());
    stage.done(pull("web")).await;
    assert_ne!(id().await, first);
    stage.outside().remove_image(&"web".into());
    assert_eq!(id().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_survey_tells_what_stands_in_the_way() {
    let stage = stage();
    stage.run(publishing("web", &[("80", None)]), Behaviour::default()).await;
    let outside = stage.outside();
    outside.take_port(22, "process sshd (812)");
    outside.take_port(23, "process telnetd (813)");
    outside.unpullable(&"lost".into(), Some("manifest unknown"));
    outside.path_exists("/srv/missing", false);
    outside.add_route("10.0.0.0/8".parse().unwrap(), "route via eth1");
    let request = SurveyRequest {
        images: ["lost".into(), "web".into()].into(),
        bind_sources: ["/srv/missing".to_owned(), "/srv/there".to_owned()].into(),
        ports: [(80, Protocol::Tcp), (22, Protocol::Tcp), (99, Protocol::Tcp)].into(),
        ..SurveyRequest::default()
    };
    let survey = stage.survey(&request).await.unwrap();
    let by: Vec<&str> = survey.ports.iter().map(|port| port.by.as_str()).collect();
    assert_eq!(by, ["container web", "process sshd (812)"]);
    assert_eq!(survey.missing_paths, ["/srv/missing".to_owned()].into());
    let subnets: Vec<&str> = survey.subnets.iter().map(|subnet| subnet.by.as_str()).collect();
    assert_eq!(subnets, ["network bridge", "route via eth1"]);
    assert_eq!(format!("{:?}", survey.images), r#"{"lost": Unavailable("manifest unknown"), "web": Pullable}"#);
    assert!(stage.perform(create(binding("/srv/missing"))).await.is_err());
    stage.done(create(binding("/srv/there"))).await;
}

fn binding(path: &str) -> evenkeel_model::NewContainer {
    let mut new = container("binding");
    let source = MountSource::Bind {
        path: path.to_owned(),
        create_host_path: false,
        propagation: None,
        selinux: None,
        recursive: None,
    };
    new.spec.mounts.push(Mount { source, target: "/x".into(), read_only: true });
    new
}

#[tokio::test(start_paused = true)]
async fn what_compose_made_is_touched_once_it_was_taken_over() {
    let stage = stage();
    let by_compose = |name: &str| {
        let mut new = container(name);
        new.labels.remove(labels::STACK);
        new.labels.remove(labels::SPEC_HASH);
        new.labels.insert(labels::CONFIG_HASH.to_owned(), "c".to_owned());
        new
    };
    let project = BTreeMap::from([(labels::PROJECT.to_owned(), "shop".to_owned())]);
    let outside = stage.outside();
    outside.run(&by_compose("web")).unwrap();
    outside.run(&by_compose("later")).unwrap();
    outside.add_network(&"shop_default".into(), project.clone(), Vec::new());
    outside.add_volume(&"shop_data".into(), project);
    let seen = stage.0.observe(&interest()).await.unwrap();
    let owners: Vec<&Owner> = seen.containers.values().map(|one| &one.owner).collect();
    assert_eq!(owners, [&Owner::Compose("shop".to_owned()); 2], "what a project of this name has is seen");

    let composed = stage.0.composed().await.unwrap();
    assert_eq!(composed.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["later", "web"]);

    let remove = |name: &str| Action::RemoveContainer { container: name.into(), volumes: false };
    let stop = Action::StopContainer { container: "web".into(), grace_s: None };
    let network = Action::RemoveNetwork("shop_default".into());
    let volume = Action::RemoveVolume("shop_data".into());
    for action in [remove("web"), stop.clone(), network.clone(), volume.clone()] {
        let refused = stage.perform(action.clone()).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{action:?}: {refused:?}");
    }

    let adopted = Adopted {
        containers: [(seen.containers["web"].id.clone(), 1)].into(),
        networks: [seen.networks["shop_default"].id.clone()].into(),
        volumes: [("shop_data".into(), 1)].into(),
    };
    let interest = Interest { adopted, ..interest() };
    let seen = stage.0.observe(&interest).await.unwrap();
    let ours = Owner::Evenkeel("shop".into());
    assert_eq!((&seen.containers["web"].owner, seen.containers["web"].epoch), (&ours, 1));
    assert_eq!(seen.networks["shop_default"].owner, ours);
    assert_eq!((&seen.volumes["shop_data"].owner, seen.volumes["shop_data"].epoch), (&ours, 1));
    assert_eq!(seen.containers["later"].owner, Owner::Compose("shop".to_owned()), "only what was named");
    for action in [stop, remove("web"), network, volume] {
        stage.done(action).await;
    }
    let refused = stage.perform(remove("later")).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    // A volume of that name that another project has is not the one that was taken over.
    outside.add_volume(&"shop_data".into(), BTreeMap::from([(labels::PROJECT.to_owned(), "other".to_owned())]));
    let refused = stage.perform(Action::RemoveVolume("shop_data".into())).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    // Another container of that name is another container.
    outside.run(&by_compose("web")).unwrap();
    let refused = stage.perform(remove("web")).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
}
