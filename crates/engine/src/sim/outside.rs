//! What others do to the engine and its host behind Evenkeel's back, and a view of everything for assertions.

use super::Shared;
use super::world::World;
use crate::Error;
use chrono::TimeDelta;
use evenkeel_model::{
    Attachment, ContainerName, Healthcheck, ImageRef, NetworkName, NewContainer, Observed, PortInUse, Protocol,
    SubnetInUse, Timestamp, VolumeName,
};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use tokio::time::Instant;

/// The handle by which a test acts as everybody else: a person with the docker command, the kernel, the host. An object that is
/// not there is [`Error::NotFound`]; nobody's labels protect it.
#[derive(Debug, Clone)]
pub struct Outside {
    pub(super) shared: Arc<Shared>,
}

/// Containers.
impl Outside {
    /// What a container was made from.
    pub fn made(&self, name: &ContainerName) -> Option<NewContainer> {
        self.shared.world().containers.get(name).map(|container| container.new.clone())
    }

    /// `docker kill`. The container has ended when this returns.
    pub fn kill(&self, name: &ContainerName) -> Result<(), Error> {
        self.process(name, |world, now| {
            if let Ok(container) = world.container(name) {
                container.signalled();
            }
            world.process_is_killed(name, now);
        })
    }

    /// `docker stop` begins; the container ends in its own time.
    pub fn stop(&self, name: &ContainerName) -> Result<(), Error> {
        self.act(|world, now| world.stop(name, None, now).map(drop))
    }

    /// `docker start`.
    pub fn start(&self, name: &ContainerName) -> Result<(), Error> {
        self.act(|world, now| world.start(name, now))
    }

    /// `docker rm -f`.
    pub fn remove(&self, name: &ContainerName) -> Result<(), Error> {
        self.act(|world, now| {
            world.container(name)?;
            world.drop_container(name, false, now);
            Ok(())
        })
    }

    /// `docker rename`.
    pub fn rename(&self, name: &ContainerName, to: &ContainerName) -> Result<(), Error> {
        self.act(|world, now| world.rename_container(name, to, now))
    }

    /// `docker pause`.
    pub fn pause(&self, name: &ContainerName) -> Result<(), Error> {
        self.act(|world, now| world.pause(name, now))
    }

    /// `docker run -d`: a container of somebody else's, or of ours that we know nothing of. Its image need not be pulled.
    pub fn run(&self, new: &NewContainer) -> Result<(), Error> {
        self.act(|world, now| {
            if let Some(image) = &new.spec.image {
                world.put_image(image, &format!("{image} 0"), now, "pull");
            }
            world.create_container(new, now)?;
            world.copy_files(&new.name)?;
            for (network, attachment) in world.lacking(new).1 {
                world.connect(&new.name, &network, &attachment, now)?;
            }
            world.start(&new.name, now)
        })
    }

    /// The main process ends by itself.
    pub fn exit(&self, name: &ContainerName, code: i64) -> Result<(), Error> {
        self.process(name, |world, now| world.process_ends(name, code, false, now))
    }

    /// The kernel kills the main process for want of memory.
    pub fn out_of_memory(&self, name: &ContainerName) -> Result<(), Error> {
        self.process(name, |world, now| world.process_ends(name, 137, true, now))
    }

    /// The healthcheck passes or fails from now on, whatever the behaviour says, until the run ends.
    pub fn force_health(&self, name: &ContainerName, passes: bool) -> Result<(), Error> {
        self.act(|world, _| {
            if let Some(run) = &mut world.container(name)?.run {
                run.forced = Some(passes);
            }
            Ok(())
        })
    }

    /// `docker network disconnect -f`, then `docker network connect` without a word on aliases.
    pub fn reconnect(&self, name: &ContainerName, network: &NetworkName) -> Result<(), Error> {
        self.disconnect(name, network)?;
        self.act(|world, now| world.connect(name, network, &Attachment::default(), now))
    }

    /// `docker network disconnect -f`.
    pub fn disconnect(&self, name: &ContainerName, network: &NetworkName) -> Result<(), Error> {
        self.act(|world, now| {
            world.container(name)?.attachments.remove(network);
            world.container_changed(name, now, &format!("disconnect {network}"));
            Ok(())
        })
    }

    fn process(&self, name: &ContainerName, act: impl FnOnce(&mut World, Instant)) -> Result<(), Error> {
        self.act(|world, now| {
            if !world.container(name)?.is_running() {
                return Err(super::life::conflict(name, "it is not running"));
            }
            act(world, now);
            Ok(())
        })
    }
}

/// Networks, volumes and images.
impl Outside {
    /// A network of somebody else's.
    pub fn add_network(&self, name: &NetworkName, labels: BTreeMap<String, String>, subnets: Vec<IpNet>) {
        let configured = !subnets.is_empty();
        self.with(|world, now| world.insert_network(name, labels, subnets, configured, now));
    }

    /// `docker network rm` after everything in it was disconnected by force.
    pub fn remove_network(&self, name: &NetworkName) {
        self.with(|world, now| {
            world.detach(name, |_, container| container.is_running());
            world.drop_network(name, now);
        });
    }

    /// A volume of somebody else's.
    pub fn add_volume(&self, name: &VolumeName, labels: BTreeMap<String, String>) {
        self.with(|world, now| world.insert_volume(name, labels, now));
    }

    /// `docker volume rm -f`.
    pub fn remove_volume(&self, name: &VolumeName) {
        self.with(|world, now| world.drop_volume(name, now));
    }

    /// Which volume stands under a name: one that was removed and made again has another id.
    pub fn volume_id(&self, name: &VolumeName) -> Option<String> {
        self.with(|world, _| world.volumes.get(name).map(|volume| volume.id.clone()))
    }

    /// Volumes without a name, which containers leave behind.
    pub fn anonymous_volumes(&self) -> usize {
        self.with(|world, _| world.volumes.keys().filter(|name| name.as_str().len() == 64).count())
    }

    /// An image that is there.
    pub fn add_image(&self, image: &ImageRef) {
        self.with(|world, now| world.put_image(image, &format!("{image} 0"), now, "pull"));
    }

    /// `docker rmi -f`.
    pub fn remove_image(&self, image: &ImageRef) {
        self.with(|world, now| {
            world.images.present.remove(image);
            world.changed(&evenkeel_model::Owner::Nobody, now, &format!("{image} remove"));
        });
    }

    /// The registry gets newer contents for an image.
    pub fn publish(&self, image: &ImageRef) {
        self.with(|world, _| *world.images.published.entry(image.clone()).or_default() += 1);
    }

    /// An image cannot be pulled, for this reason; with `None` it can.
    pub fn unpullable(&self, image: &ImageRef, reason: Option<&str>) {
        self.with(|world, _| set(&mut world.images.unpullable, image, reason));
    }

    /// An image cannot be built, for this reason; with `None` it can.
    pub fn unbuildable(&self, image: &ImageRef, reason: Option<&str>) {
        self.with(|world, _| set(&mut world.images.unbuildable, image, reason));
    }

    /// An image brings a healthcheck along.
    pub fn image_healthcheck(&self, image: &ImageRef, healthcheck: Healthcheck) {
        self.with(|world, _| world.images.healthchecks.insert(image.clone(), healthcheck));
    }
}

/// The host.
impl Outside {
    /// A process of the host listens on a TCP port.
    pub fn take_port(&self, port: u16, by: &str) {
        let ip = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let taken = PortInUse { port, protocol: Protocol::Tcp, ip, container: None, by: by.to_owned() };
        self.with(|world, _| world.host_ports.push(taken));
    }

    /// It does so no more.
    pub fn free_port(&self, port: u16) {
        self.with(|world, _| world.host_ports.retain(|taken| taken.port != port));
    }

    /// The host has a route to a subnet.
    pub fn add_route(&self, subnet: IpNet, by: &str) {
        self.with(|world, _| world.host_routes.push(SubnetInUse { subnet, network: None, by: by.to_owned() }));
    }

    /// A path of the host exists or not. All do at first.
    pub fn path_exists(&self, path: &str, exists: bool) {
        self.with(|world, _| match exists {
            true => world.missing_paths.remove(path),
            false => world.missing_paths.insert(path.to_owned()),
        });
    }
}

/// The view.
impl Outside {
    /// Everything on the engine, whosever it is, whether the engine answers or not.
    pub fn everything(&self) -> Observed {
        self.with(|world, now| world.seen().all(world.clock.engine(now), world.capabilities()))
    }

    /// What happened, oldest first: `shop-web-1 start`, `shop-web-1 die 137`, `shop_default create`. The newest ten thousand.
    pub fn journal(&self) -> Vec<(Timestamp, String)> {
        self.with(|world, _| world.journal.read())
    }

    /// When something happened last, in the journal's words.
    pub fn happened(&self, what: &str) -> Option<Timestamp> {
        self.with(|world, _| world.journal.newest(what))
    }

    /// The present wall time of the simulation, by a clock that nobody sets.
    pub fn now(&self) -> Timestamp {
        self.with(|world, now| world.clock.right(now))
    }

    /// Sets the clock of the engine's machine so far ahead of the right time, or behind it. What the engine has written down stays as it is, and
    /// [`Outside::now`] and the journal go on with the right time.
    pub fn set_clock(&self, ahead: TimeDelta) {
        self.with(|world, _| world.clock.ahead = ahead);
    }

    fn with<T>(&self, act: impl FnOnce(&mut World, Instant) -> T) -> T {
        act(&mut self.shared.world(), Instant::now())
    }

    fn act(&self, act: impl FnOnce(&mut World, Instant) -> Result<(), Error>) -> Result<(), Error> {
        self.with(act)
    }
}

fn set(of: &mut BTreeMap<ImageRef, String>, image: &ImageRef, reason: Option<&str>) {
    match reason {
        Some(reason) => of.insert(image.clone(), reason.to_owned()),
        None => of.remove(image),
    };
}
