//! The engine's objects in memory, kept so by its events: listed once, then looked at again one by one as events name them.
//! What is observed comes from here without a request. [`watch`] keeps it up to date; `perform` looks again at what it
//! changed before it returns.

pub(super) mod event;
mod runs;
mod watch;
mod world;

use self::event::Key;
pub(super) use self::watch::capabilities;
use self::world::World;
use super::client::{Client, Lane};
use super::convert_container::{Inspected, inspected, is_anonymous};
use super::convert_error::Failure;
use super::convert_network::{inspected_network, listed_network, observed_volume};
use super::image_reference::ImageIndex;
use crate::claims::Claims;
use crate::{Change, Error};
use bollard::query_parameters::{
    InspectContainerOptions, InspectNetworkOptions, ListContainersOptions, ListImagesOptions, ListNetworksOptions,
    ListVolumesOptions,
};
use chrono::Utc;
use evenkeel_model::{
    Capabilities, Container, ContainerName, EarlyProbe, Interest, NetworkName, Observed, ObservedNetwork, Timestamp,
    labels,
};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedMutexGuard, broadcast, watch as watched};

/// Inspections in flight while everything is listed.
const LISTING: usize = 16;
/// Hints that a slow listener may lag behind before it is told to look at everything.
const HINTS: usize = 256;
/// How long an inspection waits for the event that says who ended a container. The engine sends it before it answers the
/// inspection, so that it is only ever waited for while it is on its way.
const CAUSE: Duration = Duration::from_millis(250);

/// The mirror of one engine.
pub(super) struct Mirror {
    client: Arc<Client>,
    world: Mutex<World>,
    claims: Mutex<Claims>,
    capabilities: Mutex<Option<Capabilities>>,
    /// What the engine's clock showed when, where it is not ours.
    clock: Mutex<Option<(Instant, Timestamp)>>,
    /// One look at an object at a time, with the stamp of the newest: an older answer never overwrites a newer one.
    turns: Mutex<HashMap<Key, Arc<tokio::sync::Mutex<u64>>>>,
    stamps: AtomicU64,
    /// Held for writing while everything is listed, so that the listing cannot bring back what has been removed meanwhile.
    listing: tokio::sync::RwLock<()>,
    phase: watched::Sender<Phase>,
    /// Grows with every event about a container's run.
    folded: watched::Sender<u64>,
    hints: broadcast::Sender<Change>,
    /// The engine was seen to answer: try to reconnect now.
    answered: Notify,
}

/// Whether the mirror shows the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    /// Not yet listed, not yet failed.
    Starting,
    /// It does.
    Ready,
    /// The engine does not answer, with the reason.
    Lost(String),
}

impl Mirror {
    pub(super) fn new(client: Arc<Client>) -> Self {
        Self {
            client,
            world: Mutex::default(),
            claims: Mutex::default(),
            capabilities: Mutex::default(),
            clock: Mutex::default(),
            turns: Mutex::default(),
            stamps: AtomicU64::new(0),
            listing: tokio::sync::RwLock::default(),
            phase: watched::Sender::new(Phase::Starting),
            folded: watched::Sender::new(0),
            hints: broadcast::Sender::new(HINTS),
            answered: Notify::new(),
        }
    }

    /// What a stack sees, once everything has been listed.
    pub(super) async fn observe(&self, interest: &Interest) -> Result<Observed, Error> {
        self.ready().await?;
        let capabilities =
            self.capabilities().ok_or_else(|| Error::Unavailable { message: "not connected".to_owned() })?;
        // Images that are being listed anew are waited for: a reference that somebody moved a moment ago is to count for the request that
        // follows it. The engine takes its time over that list, and nobody asks it twice for this.
        let listed = self.turns().get(&Key::Images).cloned();
        if let Some(turn) = listed {
            drop(turn.lock().await);
        }
        self.claims().learn(interest);
        Ok(self.world().observe(interest, capabilities, self.engine_now()))
    }

    /// What stacks have taken over.
    pub(super) fn claims(&self) -> MutexGuard<'_, Claims> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the first listing. An error while the engine does not answer.
    pub(super) async fn ready(&self) -> Result<(), Error> {
        let mut phase = self.phase.subscribe();
        match phase.wait_for(|phase| *phase != Phase::Starting).await.as_deref() {
            Ok(Phase::Ready) => Ok(()),
            Ok(Phase::Lost(message)) => Err(Error::Unavailable { message: message.clone() }),
            Ok(Phase::Starting) | Err(_) => Err(Error::Unavailable { message: "the mirror has ended".to_owned() }),
        }
    }

    /// What the engine could do when it was last connected.
    pub(super) fn capabilities(&self) -> Option<Capabilities> {
        self.capabilities.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The time by the engine's clock, as far as that is known.
    pub(super) fn engine_now(&self) -> Timestamp {
        let theirs = *self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        theirs.map_or_else(Utc::now, |(then, theirs)| theirs + then.elapsed())
    }

    /// The engine answered a request: if it was lost, it may be back.
    pub(super) fn answered(&self) {
        if matches!(&*self.phase.borrow(), Phase::Lost(_)) {
            self.answered.notify_one();
        }
    }

    /// Hints from now on.
    pub(super) fn hints(&self) -> broadcast::Receiver<Change> {
        self.hints.subscribe()
    }

    /// All containers of the engine.
    pub(super) fn containers(&self) -> Vec<Container> {
        self.world().containers.values().map(|seen| seen.container.clone()).collect()
    }

    /// The container of this name.
    pub(super) fn container(&self, name: &ContainerName) -> Option<Inspected> {
        self.world().container(name).cloned()
    }

    /// Whether the engine has an image under this name.
    pub(super) fn has_image(&self, image: &evenkeel_model::ImageRef) -> bool {
        self.world().images.get(image).is_some()
    }

    /// All networks of the engine.
    pub(super) fn networks(&self) -> Vec<(NetworkName, ObservedNetwork)> {
        self.world().networks.values().cloned().collect()
    }

    /// The containers that are attached to a network, by its id, running or not.
    pub(super) fn attached(&self, network: &str) -> Vec<Container> {
        self.world().attached(network).cloned().collect()
    }

    /// We are about to end this container's run: an end that follows is not its own.
    pub(super) fn signal_sent(&self, id: &str) {
        self.world().runs.signal_sent(id);
    }

    /// Whether a container's run is over, as far as the engine has told. One that ends by itself with 0 is over when the engine shows it.
    pub(super) fn has_died(&self, id: &str) -> bool {
        self.world().containers.get(id).is_none_or(|seen| seen.container.died.is_some() || !seen.container.is_running())
    }

    /// A container has all that it needs before its first start.
    pub(super) fn made_whole(&self, id: &str) {
        self.world().made_whole(id);
    }

    /// An early probe of the run that began then has ended.
    pub(super) fn probed(&self, id: &str, started_at: Timestamp, probe: EarlyProbe) {
        self.world().probed(id, started_at, probe);
    }

    /// Looks at an object again. What is observed afterwards is at least as new as this call.
    pub(super) async fn refresh(&self, key: &Key) -> Result<(), Failure> {
        self.refresh_since(key, self.stamp()).await
    }

    /// This moment, in the order of looks.
    fn stamp(&self) -> u64 {
        self.stamps.fetch_add(1, Ordering::Relaxed)
    }

    /// Looks at an object again, unless a look at it has begun after that.
    async fn refresh_since(&self, key: &Key, asked: u64) -> Result<(), Failure> {
        // Who waits for a listing has no turn meanwhile: others may wait for that.
        drop(self.listing.read().await);
        let mut turn = self.turn(key).await;
        if *turn.newest > asked { Ok(()) } else { turn.look().await }
    }

    /// Waits for the turn to look at an object. Whoever changes it has the turn meanwhile and looks himself at the end: the events that his
    /// change causes need no look but that one, and an engine that is busy with an object is not asked about it.
    pub(super) async fn turn<'a>(&'a self, key: &'a Key) -> Turn<'a> {
        let turn = Arc::clone(self.turns().entry(key.clone()).or_default());
        Turn { mirror: self, key, newest: turn.lock_owned().await }
    }

    async fn look(&self, key: &Key) -> Result<(), Failure> {
        match key {
            Key::Container(id) => match self.inspect(id).await? {
                Some(seen) => {
                    self.wait_for_cause(&seen.container).await;
                    self.world().put_container(seen);
                }
                None => {
                    let mut world = self.world();
                    world.containers.remove(id);
                    world.runs.fold(id, runs::RunEvent::Destroy);
                }
            },
            Key::Network(id) => {
                let inspect = self.client.call(Lane::Other, "inspect network", async |docker| {
                    docker.inspect_network(id, None::<InspectNetworkOptions>).await
                });
                let network = or_missing(inspect.await)?.and_then(inspected_network);
                let mut world = self.world();
                match network {
                    Some((id, name, network)) => world.networks.insert(id, (name, network)),
                    None => world.networks.remove(id),
                };
            }
            Key::Volume(name) => {
                let inspect = self
                    .client
                    .call(Lane::Other, "inspect volume", async |docker| docker.inspect_volume(name.as_str()).await);
                let volume = or_missing(inspect.await)?.map(observed_volume);
                let mut world = self.world();
                match volume {
                    Some((name, volume)) => world.volumes.insert(name, volume),
                    None => world.volumes.remove(name),
                };
            }
            Key::Images => {
                let images = self.list_images().await?;
                self.world().images = images;
            }
        }
        Ok(())
    }

    /// Lists everything. `after_gap` says that events were missed before, and whether the engine itself went down.
    async fn list(&self, after_gap: Option<bool>) -> Result<(), Failure> {
        let _listing = self.listing.write().await;
        let containers = self.list_containers();
        let networks = self
            .client
            .call(Lane::Other, "list networks", async |docker| docker.list_networks(None::<ListNetworksOptions>).await);
        let volumes = self
            .client
            .call(Lane::Other, "list volumes", async |docker| docker.list_volumes(None::<ListVolumesOptions>).await);
        let (containers, networks, volumes, images) =
            tokio::try_join!(containers, networks, volumes, self.list_images())?;
        let volumes = volumes.volumes.unwrap_or_default().into_iter();
        let networks = networks.into_iter().filter_map(listed_network);
        let mut world = self.world();
        if let Some(engine_restarted) = after_gap {
            world.runs.after_gap(containers.iter().map(|seen| &seen.container), engine_restarted);
        }
        world.replace_containers(containers);
        world.networks = networks.map(|(id, name, network)| (id, (name, network))).collect();
        world.volumes = volumes.filter(|volume| !is_anonymous(&volume.name)).map(observed_volume).collect();
        world.images = images;
        Ok(())
    }

    async fn list_containers(&self) -> Result<Vec<Inspected>, Failure> {
        let options = ListContainersOptions { all: true, ..ListContainersOptions::default() };
        let list = self
            .client
            .call(Lane::Other, "list containers", async |docker| docker.list_containers(Some(options)).await)
            .await?;
        // Events of a scout of our own are not followed, so that it would never go.
        let is_scout = |labels: &HashMap<String, String>| labels.contains_key(labels::PROBE);
        let kept = list.into_iter().filter(|summary| !summary.labels.as_ref().is_some_and(is_scout));
        let ids: Vec<String> = kept.filter_map(|summary| summary.id).collect();
        let inspections = ids.into_iter().map(|id| async move { self.inspect(&id).await });
        let seen: Vec<Option<Inspected>> = stream::iter(inspections).buffer_unordered(LISTING).try_collect().await?;
        Ok(seen.into_iter().flatten().collect())
    }

    async fn list_images(&self) -> Result<ImageIndex, Failure> {
        let list = self
            .client
            .call(Lane::Other, "list images", async |docker| docker.list_images(None::<ListImagesOptions>).await)
            .await?;
        let mut index = ImageIndex::default();
        for image in list {
            index.insert(&image.id, image.repo_tags.into_iter().chain(image.repo_digests));
        }
        Ok(index)
    }

    async fn inspect(&self, id: &str) -> Result<Option<Inspected>, Failure> {
        let inspect = self.client.call(Lane::Other, "inspect container", async |docker| {
            docker.inspect_container(id, None::<InspectContainerOptions>).await
        });
        Ok(or_missing(inspect.await)?.and_then(inspected))
    }

    async fn wait_for_cause(&self, container: &Container) {
        let mut folded = self.folded.subscribe();
        let told = async {
            while *self.phase.borrow() == Phase::Ready && self.world().runs.cause_is_due(container) {
                if folded.changed().await.is_err() {
                    break;
                }
            }
        };
        // Where it does not come, the end stays unexplained; a later event mends that.
        let _ = tokio::time::timeout(CAUSE, told).await;
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turns(&self) -> MutexGuard<'_, HashMap<Key, Arc<tokio::sync::Mutex<u64>>>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn to look at an object. The next in line has it when this is dropped.
pub(super) struct Turn<'a> {
    mirror: &'a Mirror,
    key: &'a Key,
    /// When the newest look began.
    newest: OwnedMutexGuard<u64>,
}

impl Turn<'_> {
    /// Looks at the object. What is observed afterwards is at least as new as this call.
    pub(super) async fn look(&mut self) -> Result<(), Failure> {
        let began = self.mirror.stamp();
        let _listing = self.mirror.listing.read().await;
        self.mirror.look(self.key).await?;
        *self.newest = began;
        Ok(())
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = self.mirror.turns();
        // Two holders: the map and this one.
        if Arc::strong_count(OwnedMutexGuard::mutex(&self.newest)) == 2 {
            turns.remove(self.key);
        }
    }
}

/// `None` where the object is not there.
fn or_missing<T>(result: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(failure) if failure.status == Some(404) => Ok(None),
        Err(failure) => Err(failure),
    }
}
