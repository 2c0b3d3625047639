//! What others do to our objects, and what we do not do to theirs.

use crate::stage::alias;
use crate::{others, play};
use bollard::models::{ContainerCreateBody, NetworkCreateRequest, NetworkDisconnectRequest, VolumeCreateRequest};
use bollard::query_parameters::{
    CreateContainerOptions, KillContainerOptions, ListNetworksOptions, RemoveContainerOptions, RemoveVolumeOptions,
    StopContainerOptions,
};
use evenkeel_engine::{Change, Error};
use evenkeel_model::{Action, ContainerState, EndedBy, Owner};
use futures::StreamExt;

#[tokio::test]
async fn what_is_not_ours_is_not_touched() {
    play("foreign", async |stage| {
        let docker = others();
        let (container, network, volume) = (stage.name("web"), stage.network_name("net"), stage.volume_name("data"));
        let body = ContainerCreateBody {
            image: Some(stage.image.to_string()),
            cmd: Some(vec!["sleep".to_owned(), "600".to_owned()]),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptions { name: Some(container.to_string()), ..CreateContainerOptions::default() };
        docker.create_container(Some(options), body).await.expect("a container");
        let request = NetworkCreateRequest { name: network.to_string(), ..NetworkCreateRequest::default() };
        docker.create_network(request).await.expect("a network");
        let request = VolumeCreateRequest { name: Some(volume.to_string()), ..VolumeCreateRequest::default() };
        docker.create_volume(request).await.expect("a volume");

        let kill = Action::KillContainer { container: container.clone(), signal: "SIGKILL".to_owned() };
        let mut verdicts = Vec::new();
        for action in [
            stage.create(stage.obedient("web")),
            stage.start("web"),
            stage.stop("web"),
            kill,
            stage.remove("web"),
            Action::PauseContainer(container.clone()),
            Action::UnpauseContainer(container.clone()),
            Action::CreateNetwork(stage.new_network("net", "n1")),
            Action::RemoveNetwork(network.clone()),
            Action::CreateVolume(stage.new_volume("data", "v1")),
            Action::RemoveVolume(volume.clone()),
        ] {
            let what = format!("{} {}", action.verb(), action.object());
            verdicts.push((what, stage.perform(action).await));
        }
        let state = docker.inspect_container(container.as_str(), None).await.expect("the container").state;
        let mut interest = stage.interest();
        interest.containers.insert(container.clone());
        interest.networks.insert(network.clone());
        interest.volumes.insert(volume.clone());
        let seen = stage.engine.observe(&interest).await.expect("an observation");

        let removal = RemoveContainerOptions { force: true, ..RemoveContainerOptions::default() };
        docker.remove_container(container.as_str(), Some(removal)).await.expect("still there");
        docker.remove_network(network.as_str()).await.expect("still there");
        docker.remove_volume(volume.as_str(), None::<RemoveVolumeOptions>).await.expect("still there");
        for (what, verdict) in verdicts {
            let Err(Error::Conflict { message, .. }) = verdict else { panic!("{what}: {verdict:?}") };
            assert!(message.contains("it was not made by Evenkeel"), "{what}: {message}");
        }
        assert_eq!(state.and_then(|state| state.running), Some(false));
        assert_eq!(seen.containers[&container].owner, Owner::Nobody);
        assert_eq!(seen.networks[&network].owner, Owner::Nobody);
        assert_eq!(seen.volumes[&volume].owner, Owner::Nobody);
    })
    .await;
}

#[tokio::test]
async fn others_end_our_runs() {
    play("ended", async |stage| {
        let docker = others();
        let exited = |container: &evenkeel_model::Container| matches!(container.state, ContainerState::Exited(_));
        stage.run(stage.obedient("killed")).await;
        stage.run(stage.obedient("stopped")).await;
        let options = KillContainerOptions { signal: "SIGKILL".to_owned() };
        docker.kill_container(stage.name("killed").as_str(), Some(options)).await.expect("a kill");
        let options = StopContainerOptions { t: Some(5), ..StopContainerOptions::default() };
        docker.stop_container(stage.name("stopped").as_str(), Some(options)).await.expect("a stop");
        for service in ["killed", "stopped"] {
            let by = |container: &evenkeel_model::Container| {
                container.exit().is_some_and(|exit| exit.by == EndedBy::Outside)
            };
            stage.until("ended from outside", service, |container| exited(container) && by(container)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn others_remove_our_objects() {
    play("removed", async |stage| {
        let docker = others();
        stage.done(Action::CreateNetwork(stage.new_network("net", "n1"))).await;
        stage.done(Action::CreateVolume(stage.new_volume("data", "v1"))).await;
        let mut new = stage.obedient("web");
        new.endpoints = vec![(stage.network_name("net"), evenkeel_model::Attachment::default())];
        stage.run(new).await;
        let mut changes = stage.engine.changes();
        let (container, network) = (stage.name("web"), stage.network_name("net"));
        let request = NetworkDisconnectRequest { container: container.to_string(), force: Some(true) };
        docker.disconnect_network(network.as_str(), request).await.expect("a disconnection");
        docker.remove_network(network.as_str()).await.expect("a removal");
        docker.remove_volume(stage.volume_name("data").as_str(), None::<RemoveVolumeOptions>).await.expect("a removal");
        let gone = async {
            loop {
                let seen = stage.observe().await;
                if seen.networks.is_empty()
                    && seen.volumes.is_empty()
                    && seen.containers[&container].networks.is_empty()
                {
                    return;
                }
                changes.next().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), gone).await.expect("seen to be gone");

        // It goes on running without, and gets the network back when there is one again.
        stage.done(Action::CreateNetwork(stage.new_network("net", "n1"))).await;
        let connect = Action::ConnectNetwork {
            container: container.clone(),
            network,
            attachment: Box::new(stage::alias("web")),
            links: Vec::new(),
        };
        stage.done(connect).await;
        assert_eq!(stage.container("web").await.networks.len(), 1);

        let removal = RemoveContainerOptions { force: true, ..RemoveContainerOptions::default() };
        docker.remove_container(container.as_str(), Some(removal)).await.expect("a removal");
        let gone = async {
            while !stage.observe().await.containers.is_empty() {
                changes.next().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), gone).await.expect("seen to be gone");
    })
    .await;
}

#[tokio::test]
async fn a_quiet_engine_is_asked_nothing() {
    play("quiet", async |stage| {
        stage.run(stage.obedient("web")).await;
        let mut changes = stage.engine.changes();
        stage.done(Action::PauseContainer(stage.name("web"))).await;
        // The hint comes after the last look that the pause caused.
        while changes.next().await != Some(Change::Stack(stage.stack.clone())) {}
        let mut quiet = false;
        for _ in 0..20 {
            let before = stage.engine.calls();
            for _ in 0..1000 {
                stage.observe().await;
            }
            // Others' containers come and go meanwhile, which is looked at: one quiet round is proof enough.
            quiet |= stage.engine.calls() == before;
        }
        assert!(quiet);
    })
    .await;
}

use crate::stage;

/// As a daemon does that is killed while the engine makes a network, and the next one.
#[tokio::test]
async fn a_network_that_was_made_twice_is_made_one() {
    play("twice", async |stage| {
        let network = stage.network_name("net");
        stage.done(Action::CreateNetwork(stage.new_network("net", "n1"))).await;
        let labels = Some(stage.labels("n1").into_iter().collect());
        let again = NetworkCreateRequest { name: network.to_string(), labels, ..NetworkCreateRequest::default() };
        let refused = others().create_network(again).await.is_err();
        let api = stage.engine.capabilities().await.expect("what it can do").api;
        assert_eq!(refused, api >= (1, 44), "newer engines make no second one");

        let mut web = stage.obedient("web");
        web.endpoints.push((network.clone(), alias("web")));
        stage.done(stage.create(web)).await;
        let started = stage.perform(stage.start("web")).await;
        if !refused {
            assert!(matches!(started, Err(Error::Faltered { .. })), "{started:?}");
        }
        let filters = [("name".to_owned(), vec![network.to_string()])].into();
        let all = others().list_networks(Some(ListNetworksOptions { filters: Some(filters) })).await;
        assert_eq!(all.expect("networks").len(), 1);
    })
    .await;
}
