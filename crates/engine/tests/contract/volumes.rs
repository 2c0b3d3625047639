//! Volumes.

use crate::stage::Stage;
use evenkeel_model::{Action, Mount, MountSource, Owner, SpecHash, labels};
use std::collections::BTreeSet;

pub async fn a_volume_comes_and_goes(stage: &Stage) {
    let name = stage.volume_name("data");
    for _ in 0..2 {
        stage.done(Action::CreateVolume(stage.new_volume("data", "v1"))).await;
        let volume = stage.observe().await.volumes.remove(&name).expect("the volume");
        assert_eq!(volume.owner, Owner::Evenkeel(stage.stack.clone()));
        assert_eq!((volume.spec_hash, volume.epoch), (Some(SpecHash::from("v1")), 1));
    }
    for _ in 0..2 {
        stage.done(Action::RemoveVolume(name.clone())).await;
        assert!(stage.observe().await.volumes.is_empty());
    }
}

pub async fn a_volume_of_another_stack_is_a_conflict(stage: &Stage) {
    stage.done(Action::CreateVolume(stage.new_volume("data", "v1"))).await;
    let mut other = stage.new_volume("data", "v1");
    other.labels.insert(labels::STACK.to_owned(), "ektest-other".to_owned());
    let words = stage.conflict(Action::CreateVolume(other)).await;
    assert!(words.contains(stage.stack.as_str()), "whose it is: {words}");
    stage.conflict(Action::CreateVolume(stage.new_volume("data", "v2"))).await;
}

pub async fn a_volume_in_use_stays(stage: &Stage) {
    stage.done(Action::CreateVolume(stage.new_volume("data", "v1"))).await;
    let mut new = stage.obedient("web");
    let source = MountSource::Volume { name: stage.volume_name("data"), no_copy: false, subpath: None };
    new.spec.mounts.push(Mount { source, target: "/data".to_owned(), read_only: false });
    stage.done(stage.create(new)).await;
    assert_eq!(stage.container("web").await.volumes, BTreeSet::from([stage.volume_name("data")]));
    let words = stage.conflict(Action::RemoveVolume(stage.volume_name("data"))).await;
    assert!(words.contains(stage.name("web").as_str()), "who uses it: {words}");
    stage.done(stage.remove("web")).await;
    stage.done(Action::RemoveVolume(stage.volume_name("data"))).await;
}
