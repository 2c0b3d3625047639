//! Containers, from their creation to their removal.

use crate::stage::Stage;
use evenkeel_engine::{Change, Error};
use evenkeel_model::{Action, ContainerState, Health, ImageRef, Object, Owner, SpecHash};
use futures::StreamExt;
use std::time::Duration;

pub async fn a_container_comes_and_goes(stage: &Stage) {
    stage.done(stage.create(stage.obedient("web"))).await;
    let created = stage.container("web").await;
    assert_eq!(created.state, ContainerState::Created);
    assert_eq!(created.owner, Owner::Evenkeel(stage.stack.clone()));
    assert_eq!(created.service, Some("web".into()));
    assert_eq!((created.number, created.one_off, created.epoch, created.generation), (1, false, 1, 4));
    assert_eq!(created.spec_hash, Some(SpecHash::from("h1")));
    assert_eq!(created.started_at, None);
    assert!(created.image.as_str().starts_with("sha256:"));

    stage.done(stage.start("web")).await;
    let running = stage.container("web").await;
    assert_eq!(running.state, ContainerState::Running { health: Health::None });
    assert_eq!(running.id, created.id);
    assert!(running.started_at.is_some());
    stage.done(stage.start("web")).await;

    stage.done(stage.stop("web")).await;
    assert!(matches!(stage.container("web").await.state, ContainerState::Exited(_)));
    stage.done(stage.stop("web")).await;

    stage.done(stage.start("web")).await;
    let again = stage.container("web").await;
    assert!(again.is_running() && again.started_at > running.started_at);

    stage.done(stage.remove("web")).await;
    assert!(stage.observe().await.containers.is_empty());
}

pub async fn creating_the_same_again_is_a_success(stage: &Stage) {
    stage.done(stage.create(stage.obedient("web"))).await;
    let first = stage.container("web").await;
    stage.done(stage.create(stage.obedient("web"))).await;
    assert_eq!(stage.container("web").await, first);
    stage.done(stage.start("web")).await;
    stage.done(stage.create(stage.obedient("web"))).await;
    assert!(stage.container("web").await.is_running());
}

pub async fn a_name_of_another_stack_is_a_conflict(stage: &Stage) {
    stage.done(stage.create(stage.obedient("web"))).await;
    let mut other = stage.obedient("web");
    other.labels.insert(evenkeel_model::labels::STACK.to_owned(), "ektest-other".to_owned());
    let words = stage.conflict(stage.create(other)).await;
    assert!(words.contains(stage.stack.as_str()), "whose it is: {words}");
    // Whoever asks for the name sees who has it.
    let mut interest = stage.interest();
    interest.stack = "ektest-other".into();
    assert!(stage.engine.observe(&interest).await.expect("an observation").containers.is_empty());
    interest.containers.insert(stage.name("web"));
    let seen = stage.engine.observe(&interest).await.expect("an observation");
    assert_eq!(seen.containers[&stage.name("web")].owner, Owner::Evenkeel(stage.stack.clone()));
}

pub async fn another_specification_is_a_conflict(stage: &Stage) {
    stage.done(stage.create(stage.obedient("web"))).await;
    for (label, value) in [(evenkeel_model::labels::SPEC_HASH, "h2"), (evenkeel_model::labels::EPOCH, "2")] {
        let mut changed = stage.obedient("web");
        changed.labels.insert(label.to_owned(), value.to_owned());
        stage.conflict(stage.create(changed)).await;
    }
    assert_eq!(stage.container("web").await.spec_hash, Some(SpecHash::from("h1")));
}

pub async fn a_missing_image_is_named(stage: &Stage) {
    let image = ImageRef::from("evenkeel/no-such-image:1");
    let mut new = stage.obedient("web");
    new.spec.image = Some(image.clone());
    let error = stage.perform(stage.create(new)).await.expect_err("an image that is not there");
    assert_eq!(error, Error::NotFound { object: Object::Image(image) });
    assert!(stage.observe().await.containers.is_empty());
}

pub async fn what_is_missing_cannot_be_started(stage: &Stage) {
    let missing = Error::NotFound { object: Object::Container(stage.name("web")) };
    let kill = Action::KillContainer { container: stage.name("web"), signal: "SIGKILL".to_owned() };
    for action in [
        stage.start("web"),
        kill,
        Action::PauseContainer(stage.name("web")),
        Action::UnpauseContainer(stage.name("web")),
    ] {
        assert_eq!(stage.perform(action).await, Err(missing.clone()));
    }
}

pub async fn what_is_gone_is_stopped_and_removed(stage: &Stage) {
    stage.done(stage.stop("web")).await;
    stage.done(stage.remove("web")).await;
}

pub async fn it_pauses_and_goes_on(stage: &Stage) {
    stage.run(stage.obedient("web")).await;
    for _ in 0..2 {
        stage.done(Action::PauseContainer(stage.name("web"))).await;
        assert_eq!(stage.container("web").await.state, ContainerState::Paused);
    }
    for _ in 0..2 {
        stage.done(Action::UnpauseContainer(stage.name("web"))).await;
        assert!(matches!(stage.container("web").await.state, ContainerState::Running { .. }));
    }
}

pub async fn changes_are_hinted(stage: &Stage) {
    stage.done(stage.create(stage.obedient("web"))).await;
    let mut changes = stage.engine.changes();
    stage.done(stage.start("web")).await;
    let hinted = async {
        loop {
            if changes.next().await.expect("the stream never ends") == Change::Stack(stage.stack.clone()) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), hinted).await.expect("a hint");
}
