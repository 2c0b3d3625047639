//! Actions on the engine, one file for each kind of object. Each looks at what it changed before it returns.

mod build;
mod containers;
mod create;
mod images;
mod inherit;
mod networks;
mod probe;
mod pull;
mod volumes;

use super::Docker;
use super::convert_container::Inspected;
use super::convert_error::Failure;
use super::convert_labels::{owner, whose};
use super::mirror::event::Key;
use crate::{Error, Progress};
use bollard::models::ContainerInspectResponse;
use bollard::query_parameters::InspectContainerOptions;
use evenkeel_model::{Action, Capabilities, ContainerName, HookRun, Object, Owner, labels};
use futures::FutureExt;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

impl Docker {
    /// Performs one action. Where that fails because a network's name means two, one of them is left: what was attached to the other is another plan's.
    pub(super) async fn act(&self, action: &Action, progress: &Progress) -> Result<(), Error> {
        let done = self.act_once(action, progress).await;
        match done.as_ref().err().and_then(networks::ambiguous) {
            Some(name) if self.leave_one_network(&name).await? => {
                Err(Error::Faltered { message: format!("network {name} had been made twice; one was removed") })
            }
            _ => done,
        }
    }

    async fn act_once(&self, action: &Action, progress: &Progress) -> Result<(), Error> {
        match action {
            Action::CreateNetwork(new) => self.create_network(new).await,
            Action::RemoveNetwork(name) => self.remove_network(name).await,
            Action::CreateVolume(new) => self.create_volume(new).await,
            Action::RemoveVolume(name) => self.remove_volume(name).await,
            Action::CreateContainer(new) => self.create_container(new).await,
            Action::ConnectNetwork { container, network, attachment, links } => {
                self.connect_network(container, network, attachment, links).await
            }
            Action::StartContainer(name) => self.start_container(name).await,
            Action::StopContainer { container, grace_s } => self.stop_container(container, *grace_s).await,
            Action::KillContainer { container, signal } => self.kill_container(container, signal).await,
            Action::PauseContainer(name) => self.pause_container(name).await,
            Action::UnpauseContainer(name) => self.unpause_container(name).await,
            Action::RemoveContainer { container, volumes } => self.remove_container(container, *volumes).await,
            Action::RenameContainer { container, to } => self.rename_container(container, to).await,
            Action::RunHooks(run) => self.run_hooks(run, progress).await,
            Action::ProbeContainer(probe) => self.probe_container(probe).await,
            Action::PullImage { image, platform } => self.pull_image(image, platform.as_deref(), progress).await,
            Action::RemoveImage(image) => self.remove_image(image, progress).await,
            Action::BuildImage { image, build } => self.build_image(image, build, progress).await,
        }
    }

    async fn run_hooks(&self, run: &HookRun, progress: &Progress) -> Result<(), Error> {
        crate::hooks::run(&|exec| async move { self.run_inside(&exec).await }.boxed(), run, progress).await
    }

    /// Looks again at what an action changed. Where that fails the action may have happened all the same.
    async fn look_again(&self, key: &Key, object: &Object) -> Result<(), Error> {
        self.mirror.refresh(key).await.map_err(|failure| failure.about(object))
    }

    /// The container of this name as it is now. `None` where there is none.
    pub(super) async fn inspect(&self, name: &str, object: &Object) -> Result<Option<Found>, Error> {
        let inspect = self
            .client
            .call(super::client::Lane::Other, "inspect container", async |docker| {
                docker.inspect_container(name, None::<InspectContainerOptions>).await
            })
            .await;
        match inspect {
            Ok(inspect) => Ok(Found::new(inspect)),
            Err(Failure { status: Some(404), .. }) => Ok(None),
            Err(failure) => Err(failure.about(object)),
        }
    }

    /// Our container of this name. What does not carry our label is not touched.
    pub(super) async fn our_container(&self, name: &ContainerName, verb: &str) -> Result<Option<Found>, Error> {
        let object = Object::Container(name.clone());
        let Some(found) = self.inspect(name.as_str(), &object).await? else { return Ok(None) };
        // The engine also takes a prefix of an id for a name.
        if found.name != name.as_str() {
            return Ok(None);
        }
        let is_claimed = self.mirror.claims().has_container(&found.id);
        must_be_ours(&object, &found.labels, is_claimed, verb)?;
        Ok(Some(found))
    }

    /// The id of our container of this name, from memory where it has been seen: whose a container is never changes.
    async fn our_id(&self, name: &ContainerName, verb: &str) -> Result<Option<String>, Error> {
        match self.our_seen(name, verb)? {
            Some(seen) => Ok(Some(seen.container.id)),
            None => Ok(self.our_container(name, verb).await?.map(|found| found.id)),
        }
    }

    /// Our container of this name as it was last seen. What does not carry our label is not touched.
    fn our_seen(&self, name: &ContainerName, verb: &str) -> Result<Option<Inspected>, Error> {
        let Some(seen) = self.mirror.container(name) else { return Ok(None) };
        let is_claimed = self.mirror.claims().has_container(&seen.container.id);
        must_be_ours_by(&Object::Container(name.clone()), &seen.container.owner, is_claimed, verb)?;
        Ok(Some(seen))
    }

    /// What the engine can do, from memory where it was connected before.
    async fn engine(&self) -> Result<Capabilities, Error> {
        match self.mirror.capabilities() {
            Some(capabilities) => Ok(capabilities),
            None => {
                self.mirror.ready().await?;
                self.mirror.capabilities().ok_or_else(|| Error::Unavailable { message: "not connected".to_owned() })
            }
        }
    }
}

/// A container that was found by its name.
pub(super) struct Found {
    id: String,
    name: String,
    labels: HashMap<String, String>,
    inspect: ContainerInspectResponse,
}

impl Found {
    fn new(mut inspect: ContainerInspectResponse) -> Option<Self> {
        let id = inspect.id.clone()?;
        let name = inspect.name.as_deref()?.trim_start_matches('/').to_owned();
        let labels = inspect.config.as_mut().and_then(|config| config.labels.take()).unwrap_or_default();
        Some(Self { id, name, labels, inspect })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Its main process runs, frozen or not.
    pub(super) fn is_running(&self) -> bool {
        self.inspect.state.as_ref().and_then(|state| state.running) == Some(true)
    }

    /// It was made to read what it is given.
    pub(super) fn reads_input(&self) -> bool {
        self.inspect.config.as_ref().and_then(|config| config.open_stdin) == Some(true)
    }

    fn key(&self) -> Key {
        Key::Container(self.id.clone())
    }
}

/// Whether a process (`/proc/PID`) is still the container's: its number may have gone to another one by now.
fn is_process_of(process: &Path, container: &str) -> bool {
    std::fs::read_to_string(process.join("cgroup")).is_ok_and(|groups| groups.contains(container))
}

/// An error unless the object carries our label, or its stack has taken it over.
fn must_be_ours(object: &Object, labels: &HashMap<String, String>, is_claimed: bool, verb: &str) -> Result<(), Error> {
    must_be_ours_by(object, &owner(labels), is_claimed, verb)
}

/// An error unless the object is ours.
fn must_be_ours_by(object: &Object, owner: &Owner, is_claimed: bool, verb: &str) -> Result<(), Error> {
    match owner {
        Owner::Evenkeel(_) => Ok(()),
        Owner::Compose(_) if is_claimed => Ok(()),
        other => Err(Error::Conflict {
            object: object.clone(),
            message: format!("Evenkeel will not {verb} it, because {}", whose(other)),
        }),
    }
}

/// Whether an existing object is the one that was asked for: of the same stack, specification and epoch. An error that names
/// whose it is otherwise.
fn must_be_same(
    object: &Object,
    existing: &HashMap<String, String>,
    wanted: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let differs = |label: &str| existing.get(label) != wanted.get(label);
    let owner = owner(existing);
    let message = if differs(labels::STACK) || !matches!(owner, Owner::Evenkeel(_)) {
        format!("one of this name exists already: {}. Remove or rename it", whose(&owner))
    } else if differs(labels::SPEC_HASH) {
        "it exists already, made from another specification".to_owned()
    } else if differs(labels::EPOCH) {
        "it exists already, from before the last reset".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::Conflict { object: object.clone(), message })
}
