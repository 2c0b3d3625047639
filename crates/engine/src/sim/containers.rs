//! Making and removing containers of the simulated world.

use super::agenda::What;
use super::container::{Attached, Phase, SimContainer};
use super::files::Files;
use super::health::Checks;
use super::life::refused;
use super::lines::Lines;
use super::owner;
use super::shelf::Belongs;
use super::world::World;
use crate::Error;
use evenkeel_model::{
    Attachment, ContainerName, MountSource, NetworkMode, NetworkName, NewContainer, Object, VolumeName,
};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// So many containers that went when they ended are remembered.
const DEPARTED: usize = 64;

impl World {
    /// Makes a container with the first of its networks, or with all where the API takes them. One that is there as asked is
    /// success.
    pub(super) fn create_container(&mut self, new: &NewContainer, now: Instant) -> Result<(), Error> {
        let name = &new.name;
        if let Some(existing) = self.containers.get(name) {
            return owner::as_asked(Object::Container(name.clone()), &existing.new.labels, &new.labels);
        }
        let image = new.spec.image.clone().ok_or_else(|| refused(name, "no image is given"))?;
        let Some(image_id) = self.images.present.get(&image).cloned() else {
            return Err(Error::NotFound { object: Object::Image(image) });
        };
        let missing = new.spec.mounts.iter().find_map(|mount| match &mount.source {
            MountSource::Bind { path, create_host_path: false, .. } if self.missing_paths.contains(path) => Some(path),
            _ => None,
        });
        if let Some(path) = missing {
            return Err(refused(name, &format!("invalid mount config: bind source path does not exist: {path}")));
        }
        let checks = Checks::of(new.spec.healthcheck.as_ref(), self.images.healthchecks.get(&image), self.options.api);
        let anonymous = self.make_volumes(new, now);
        let container = SimContainer {
            id: self.random.id(),
            image: image_id,
            checks,
            created_at: self.clock.engine(now),
            phase: Phase::Created,
            run: None,
            restart_count: 0,
            backoff: Duration::ZERO,
            hands_off: false,
            attachments: first_attachments(new, self.options.api),
            anonymous,
            ports: Vec::new(),
            files_copied: false,
            lines: Lines::default(),
            files: Files::default(),
            new: new.clone(),
        };
        self.names.insert(container.id.clone(), name.clone());
        self.containers.insert(name.clone(), container);
        self.container_changed(name, now, "create");
        self.end_awaited_jobs(name, now);
        Ok(())
    }

    /// Docker makes what a container mounts and nobody has made, without labels. Where a predecessor has an anonymous volume, that
    /// one is taken over.
    fn make_volumes(&mut self, new: &NewContainer, now: Instant) -> BTreeMap<String, VolumeName> {
        let mut anonymous = BTreeMap::new();
        let predecessor = new.inherits.as_ref().and_then(|name| self.containers.get(name));
        let inherited = predecessor.map(|container| container.anonymous.clone()).unwrap_or_default();
        for mount in &new.spec.mounts {
            match &mount.source {
                MountSource::Volume { name, .. } if !self.volumes.contains_key(name) => {
                    self.insert_volume(name, BTreeMap::new(), now);
                }
                MountSource::Anonymous | MountSource::AnonymousUnfilled => {
                    let name = match inherited.get(&mount.target).filter(|name| self.volumes.contains_key(*name)) {
                        Some(name) => name.clone(),
                        None => {
                            let name = self.random.id().into();
                            self.insert_volume(&name, BTreeMap::new(), now);
                            name
                        }
                    };
                    anonymous.insert(mount.target.clone(), name);
                }
                _ => {}
            }
        }
        anonymous
    }

    /// Jobs that were ready before this new container, the first to do so, waited for them.
    fn end_awaited_jobs(&mut self, new: &ContainerName, now: Instant) {
        let Some(waiting) = self.containers.get(new).filter(|container| container.awaited_jobs().next().is_some())
        else {
            return;
        };
        let ready = |container: &&SimContainer| container.run.as_ref().is_some_and(|run| run.ready);
        let is_job = |container: &&SimContainer| ready(container) && waiting.awaits(container);
        let of_project = self.containers.of(waiting.project().unwrap_or_default()).map(|(_, container)| container);
        let names: Vec<_> = of_project.filter(is_job).map(|container| container.new.name.clone()).collect();
        for name in names {
            if self.is_awaited(&name) {
                self.plan(&name, now, What::Exit { code: 0, oom: false });
            }
        }
    }

    /// What a container that was never started lacks yet: its injected files, and networks beyond the first. One that was
    /// started was whole once; a network that it has lost since is an action of its own.
    pub(super) fn lacking(&self, new: &NewContainer) -> (bool, Vec<(NetworkName, Attachment)>) {
        let Some(container) = self.containers.get(&new.name) else { return (false, Vec::new()) };
        if !matches!(container.phase, Phase::Created) {
            return (false, Vec::new());
        }
        let missing = |network: &NetworkName| !container.attachments.contains_key(network);
        let networks = new.endpoints.iter().filter(|(network, _)| missing(network)).cloned().collect();
        (!container.files_copied && !new.spec.files.is_empty(), networks)
    }

    /// Puts injected files in place.
    pub(super) fn copy_files(&mut self, name: &ContainerName) -> Result<(), Error> {
        self.container(name)?.files_copied = true;
        Ok(())
    }

    /// Removes a container of ours; one that runs is killed.
    pub(super) fn remove_container(&mut self, name: &ContainerName, volumes: bool, now: Instant) -> Result<(), Error> {
        if !self.containers.contains_key(name) {
            return Ok(());
        }
        self.ours(name)?;
        self.drop_container(name, volumes, now);
        Ok(())
    }

    /// The engine removes a container that was made to go when it ends. Who is attached to it still hears its end.
    pub(super) fn depart(&mut self, name: &ContainerName, now: Instant) {
        if let Some(container) = self.containers.get(name) {
            self.departed.push_front(container.clone());
            self.departed.truncate(DEPARTED);
        }
        self.drop_container(name, true, now);
    }

    pub(super) fn drop_container(&mut self, name: &ContainerName, volumes: bool, now: Instant) {
        let Some(container) = self.containers.get_mut(name) else { return };
        if container.is_running() {
            container.signalled();
            self.process_is_killed(name, now);
        }
        let Some(container) = self.containers.remove(name) else { return };
        self.names.remove(&container.id);
        self.changed(&owner::of(&container.new.labels), now, &format!("{name} remove"));
        for volume in container.anonymous.values().filter(|_| volumes) {
            let used = |other: &SimContainer| other.anonymous.values().any(|name| name == volume);
            if !self.containers.values().any(used) {
                self.drop_volume(volume, now);
            }
        }
    }

    /// Gives a container of ours another name. One that has it already is success.
    pub(super) fn rename_container(
        &mut self,
        name: &ContainerName,
        to: &ContainerName,
        now: Instant,
    ) -> Result<(), Error> {
        let object = Object::Container(name.clone());
        if !self.containers.contains_key(name) {
            return if self.containers.contains_key(to) { Ok(()) } else { Err(Error::NotFound { object }) };
        }
        self.ours(name)?;
        if self.containers.contains_key(to) {
            return Err(Error::Conflict { object, message: format!("the name {to} is taken") });
        }
        if let Some(mut container) = self.containers.remove(name) {
            container.new.name = to.clone();
            self.names.insert(container.id.clone(), to.clone());
            self.containers.insert(to.clone(), container);
        }
        self.container_changed(to, now, &format!("rename from {name}"));
        Ok(())
    }

    /// A running container, whose healthcheck may be run ahead of time.
    pub(super) fn probed(&mut self, name: &ContainerName) -> Result<(&SimContainer, &super::container::Run), Error> {
        let local = self.options.local;
        let container: &SimContainer = self.container(name)?;
        if container.checks.is_none() && !local {
            return Err(refused(name, "it has no healthcheck, and its processes cannot be seen"));
        }
        match (&container.phase, &container.run) {
            (Phase::Running, Some(run)) => Ok((container, run)),
            (Phase::Paused(_), _) => Err(refused(name, "it is paused")),
            _ => Err(refused(name, "it is not running")),
        }
    }
}

fn first_attachments(new: &NewContainer, api: (u32, u32)) -> BTreeMap<NetworkName, Attached> {
    if new.spec.network_mode != NetworkMode::Networks {
        let name = match &new.spec.network_mode {
            NetworkMode::None => "none",
            NetworkMode::Host => "host",
            NetworkMode::Bridge => "bridge",
            NetworkMode::Named(name) => name,
            // It has no network of its own.
            NetworkMode::Networks | NetworkMode::Service(_) | NetworkMode::Container(_) => return BTreeMap::new(),
        };
        let attached = Attached { attachment: Attachment::default(), network_id: None, address: None };
        return BTreeMap::from([(name.into(), attached)]);
    }
    let count = if api >= (1, 44) { usize::MAX } else { 1 };
    let attach = |(network, attachment): &(NetworkName, Attachment)| {
        (network.clone(), Attached { attachment: attachment.clone(), network_id: None, address: None })
    };
    new.endpoints.iter().take(count).map(attach).collect()
}
