//! What is around a stack: the engine itself, images, ports, subnets.

use crate::stage::Stage;
use evenkeel_model::{Action, ImageRef, Owner, Port, Protocol, SurveyRequest};

pub async fn it_names_itself(stage: &Stage) {
    let capabilities = stage.engine.capabilities().await.expect("an engine");
    assert!(!capabilities.engine.is_empty());
    assert!(capabilities.api_at_least(1, 24));
    assert_eq!(stage.observe().await.capabilities, capabilities);
}

pub async fn an_unknown_stack_is_empty(stage: &Stage) {
    let observed = stage.observe().await;
    assert!(observed.containers.is_empty() && observed.networks.is_empty() && observed.volumes.is_empty());
    assert!(observed.images.is_empty());
}

/// Other cases run meanwhile, so that only the observations of this one prove anything: there are enough of them to show.
pub async fn an_unchanged_stack_costs_no_call(stage: &Stage) {
    stage.run(stage.obedient("web")).await;
    const LOOKS: u64 = 100_000;
    let before = stage.engine.calls();
    for _ in 0..LOOKS {
        stage.observe().await;
    }
    let calls = stage.engine.calls() - before;
    assert!(calls < LOOKS / 10, "{calls} calls for {LOOKS} observations");
}

pub async fn a_survey_names_ports_and_subnets(stage: &Stage) {
    stage.done(Action::CreateNetwork(stage.new_network("net", "n1"))).await;
    let mut new = stage.obedient("web");
    new.endpoints = vec![(stage.network_name("net"), evenkeel_model::Attachment::default())];
    new.spec.ports = vec![Port { target: 80, published: None, host_ip: None, protocol: Protocol::Tcp }];
    stage.run(new).await;
    let published = stage.container("web").await.ports;
    let port = published.first().expect("a published port").published;
    let request = SurveyRequest { ports: [(port, Protocol::Tcp)].into(), ..SurveyRequest::default() };
    let survey = stage.engine.survey(&request).await.expect("a survey");
    let in_use = survey.ports.iter().find(|in_use| in_use.port == port).expect("the port");
    assert_eq!(in_use.container, Some((stage.name("web"), Owner::Evenkeel(stage.stack.clone()))));
    let subnet = stage.observe().await.networks[&stage.network_name("net")].subnets[0];
    let in_use = survey.subnets.iter().find(|in_use| in_use.subnet == subnet).expect("the subnet");
    assert_eq!(in_use.network.as_deref(), Some(stage.network_name("net").as_str()));
}

pub async fn only_images_that_are_present_are_observed(stage: &Stage) {
    let mut interest = stage.interest();
    interest.images = [stage.image.clone(), ImageRef::from("evenkeel/no-such-image:1")].into();
    let images = stage.engine.observe(&interest).await.expect("an observation").images;
    assert!(images.into_keys().eq([stage.image.clone()]));
}
