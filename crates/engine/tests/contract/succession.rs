//! One container takes another's place: names, anonymous volumes, hooks.

use crate::stage::Stage;
use evenkeel_engine::Error;
use evenkeel_model::{Action, ContainerName, Hook, HookMoment, HookRun, Mount, MountSource, Timestamp};

/// A name out of the way, of the stage's own stack.
fn aside(stage: &Stage) -> ContainerName {
    ContainerName::new(format!("0123456789ab_{}", stage.name("web")))
}

pub async fn a_container_gets_another_name(stage: &Stage) {
    stage.run(stage.obedient("web")).await;
    let before = stage.container("web").await;
    for _ in 0..2 {
        stage.done(Action::RenameContainer { container: stage.name("web"), to: aside(stage) }).await;
        let observed = stage.observe().await;
        let renamed = observed.containers.get(&aside(stage)).expect("it has its new name");
        assert_eq!((&renamed.id, renamed.is_running()), (&before.id, true), "and goes on as it was");
        assert_eq!(observed.containers.len(), 1);
    }
    // The old name is free.
    stage.done(stage.create(stage.obedient("web"))).await;
    assert_ne!(stage.container("web").await.id, before.id);
}

pub async fn what_is_gone_cannot_be_renamed(stage: &Stage) {
    let rename = Action::RenameContainer { container: stage.name("web"), to: aside(stage) };
    assert!(matches!(stage.perform(rename).await, Err(Error::NotFound { .. })));
}

pub async fn an_heir_takes_anonymous_volumes_over(stage: &Stage) {
    let mut new = stage.obedient("web");
    new.spec.mounts.push(Mount { source: MountSource::Anonymous, target: "/data".to_owned(), read_only: false });
    stage.run(new.clone()).await;
    assert_eq!(stage.container("web").await.anonymous_volumes, 1);
    stage.done(Action::RenameContainer { container: stage.name("web"), to: aside(stage) }).await;
    let heir = evenkeel_model::NewContainer { inherits: Some(aside(stage)), ..new };
    for _ in 0..2 {
        stage.done(stage.create(heir.clone())).await;
        assert_eq!(stage.container("web").await.anonymous_volumes, 1);
    }
    stage.done(Action::StopContainer { container: aside(stage), grace_s: Some(5) }).await;
    stage.done(Action::RemoveContainer { container: aside(stage), volumes: false }).await;
    stage.done(stage.start("web")).await;
    assert!(stage.container("web").await.is_running());
}

fn hooks(stage: &Stage, moment: HookMoment, command: &[&str]) -> Action {
    let command = command.iter().map(|word| (*word).to_owned()).collect();
    let hooks = vec![Hook { command, ..Hook::default() }];
    Action::RunHooks(HookRun { container: stage.name("web"), run: Timestamp::default(), moment, hooks })
}

pub async fn hooks_run_inside_and_tell_how_they_failed(stage: &Stage) {
    stage.run(stage.obedient("web")).await;
    stage.done(hooks(stage, HookMoment::PostStart, &["echo", "prepared"])).await;
    match stage.perform(hooks(stage, HookMoment::PostStart, &["exit", "3"])).await {
        Err(Error::Rejected { message }) => {
            assert!(message.starts_with("hook exited with status "), "{message}");
            assert!(message.contains("(post_start: exit 3)"), "{message}");
        }
        other => panic!("{other:?} is no failed hook"),
    }
}

pub async fn what_has_ended_needs_no_hook_before_its_stop(stage: &Stage) {
    stage.run(stage.obedient("web")).await;
    stage.done(stage.stop("web")).await;
    stage.done(hooks(stage, HookMoment::PreStop, &["echo", "tidied"])).await;
    let after = stage.perform(hooks(stage, HookMoment::PostStart, &["echo", "prepared"])).await;
    assert!(matches!(after, Err(Error::Conflict { .. })), "{after:?}");
}
