//! What is done to containers that exist. A container that does not carry our label is left alone.

mod deaf;

use super::Found;
use crate::Error;
use crate::docker::Docker;
use crate::docker::client::{Lane, patient};
use crate::docker::convert_container::is_anonymous;
use crate::docker::convert_endpoint::settings;
use crate::docker::convert_error::Failure;
use crate::docker::mirror::Turn;
use crate::docker::mirror::event::Key;
use bollard::models::{NetworkConnectRequest, NetworkDisconnectRequest};
use bollard::query_parameters::{
    KillContainerOptions, RemoveContainerOptions, RemoveVolumeOptions, RenameContainerOptions, StartContainerOptions,
    StopContainerOptions,
};
use evenkeel_model::{Attachment, ContainerName, NetworkName, Object};
use std::time::{Duration, Instant};

/// Seconds of grace where neither the action nor the container says.
const DEFAULT_GRACE_S: u32 = 10;
/// Time for the engine beyond the grace: it kills, waits and cleans up.
const BEYOND_GRACE: Duration = Duration::from_secs(30);

impl Docker {
    pub(in crate::docker) async fn start_container(&self, name: &ContainerName) -> Result<(), Error> {
        let object = Object::Container(name.clone());
        self.client.turns().wait().await;
        let id = self.our_id(name, "start").await?.ok_or_else(|| Error::NotFound { object: object.clone() })?;
        let key = Key::Container(id.clone());
        let room = self.client.permit(Lane::Start).await;
        // Not before: while it stands in line, what others do to it is looked after.
        let mut turn = self.mirror.turn(&key).await;
        let started = self
            .client
            .call(Lane::Stream, "start container", async |docker| {
                let (began, docker) = (Instant::now(), patient(docker, Duration::from_secs(120)));
                docker.start_container(&id, None::<StartContainerOptions>).await?;
                self.client.turns().note(began.elapsed());
                Ok(())
            })
            .await;
        drop(room);
        // A failed start changes the container too: the engine notes why.
        let looked = turn.look().await;
        started.and(looked).map_err(|failure| failure.about(&object))
    }

    pub(super) async fn stop_container(&self, name: &ContainerName, grace_s: Option<u32>) -> Result<(), Error> {
        let object = Object::Container(name.clone());
        let Some(found) = self.our_container(name, "stop").await? else { return Ok(()) };
        let own = found.inspect.config.as_ref().and_then(|config| config.stop_timeout);
        let grace = grace_s.or_else(|| own.and_then(|own| u32::try_from(own).ok())).unwrap_or(DEFAULT_GRACE_S);
        let room = self.client.endings().room().await;
        // Not before: while it stood in line its process may have learned to hear.
        let grace_s = if self.is_deaf(&found).await { Some(0) } else { grace_s };
        let options = StopContainerOptions { signal: None, t: grace_s.and_then(|grace| i32::try_from(grace).ok()) };
        self.mirror.signal_sent(&found.id);
        let stop = self.client.call(Lane::Stream, "stop container", async |docker| {
            let docker = patient(docker, Duration::from_secs(u64::from(grace)) + BEYOND_GRACE);
            docker.stop_container(&found.id, Some(options)).await
        });
        let stopped = room.keep_for(stop, || self.mirror.has_died(&found.id)).await;
        ended(self.mirror.turn(&found.key()).await, stopped, &object).await
    }

    /// Whether a container would sit its grace out and be killed all the same. Only to be seen where the engine runs on this host.
    async fn is_deaf(&self, found: &Found) -> bool {
        let local = self.mirror.capabilities().is_some_and(|capabilities| capabilities.local);
        let state = found.inspect.state.as_ref().filter(|state| local && state.paused != Some(true));
        let Some(pid) = state.and_then(|state| state.pid).filter(|pid| *pid > 0) else { return false };
        let signal = found.inspect.config.as_ref().and_then(|config| config.stop_signal.as_deref());
        let deaf = deaf::is_deaf(pid, &found.id, signal.filter(|signal| !signal.is_empty())).await;
        if deaf {
            tracing::info!(
                container = found.name,
                "its main process has no handler for the stop signal: it is not waited for"
            );
        }
        deaf
    }

    pub(super) async fn kill_container(&self, name: &ContainerName, signal: &str) -> Result<(), Error> {
        let object = Object::Container(name.clone());
        let found =
            self.our_container(name, "signal").await?.ok_or_else(|| Error::NotFound { object: object.clone() })?;
        let options = KillContainerOptions { signal: signal.to_owned() };
        let killed = self
            .client
            .call(Lane::Other, "kill container", async |docker| docker.kill_container(&found.id, Some(options)).await)
            .await;
        let killed = match killed {
            // It does not run: there is nothing to signal.
            Err(Failure { status: Some(409), message }) if message.contains("is not running") => Ok(()),
            other => other,
        };
        ended(self.mirror.turn(&found.key()).await, killed, &object).await
    }

    pub(super) async fn pause_container(&self, name: &ContainerName) -> Result<(), Error> {
        let object = Object::Container(name.clone());
        let found =
            self.our_container(name, "pause").await?.ok_or_else(|| Error::NotFound { object: object.clone() })?;
        let paused = found.inspect.state.as_ref().and_then(|state| state.paused) == Some(true);
        if !paused {
            self.client
                .call(Lane::Other, "pause container", async |docker| docker.pause_container(&found.id).await)
                .await
                .map_err(|failure| failure.about(&object))?;
        }
        self.look_again(&found.key(), &object).await
    }

    pub(super) async fn unpause_container(&self, name: &ContainerName) -> Result<(), Error> {
        let object = Object::Container(name.clone());
        let found =
            self.our_container(name, "unpause").await?.ok_or_else(|| Error::NotFound { object: object.clone() })?;
        let paused = found.inspect.state.as_ref().and_then(|state| state.paused) == Some(true);
        if paused {
            self.client
                .call(Lane::Other, "unpause container", async |docker| docker.unpause_container(&found.id).await)
                .await
                .map_err(|failure| failure.about(&object))?;
        }
        self.look_again(&found.key(), &object).await
    }

    /// One that has the new name already is a success.
    pub(super) async fn rename_container(&self, name: &ContainerName, to: &ContainerName) -> Result<(), Error> {
        let object = Object::Container(name.clone());
        let Some(found) = self.our_container(name, "rename").await? else {
            let renamed = self.our_container(to, "rename").await?;
            let found = renamed.ok_or_else(|| Error::NotFound { object: object.clone() })?;
            return self.look_again(&found.key(), &object).await;
        };
        let options = RenameContainerOptions { name: to.to_string() };
        let renamed = self
            .client
            .call(Lane::Other, "rename container", async |docker| docker.rename_container(&found.id, options).await)
            .await;
        ended(self.mirror.turn(&found.key()).await, renamed, &object).await
    }

    pub(super) async fn remove_container(&self, name: &ContainerName, volumes: bool) -> Result<(), Error> {
        let object = Object::Container(name.clone());
        let Some(found) = self.our_container(name, "remove").await? else { return Ok(()) };
        let options = RemoveContainerOptions { v: volumes, force: true, link: false };
        let key = found.key();
        let turn = self.mirror.turn(&key).await;
        self.mirror.signal_sent(&found.id);
        let removed = self
            .client
            .call(Lane::Other, "remove container", async |docker| {
                patient(docker, Duration::from_secs(120)).remove_container(&found.id, Some(options)).await
            })
            .await;
        let removed = match removed {
            // Somebody else is at it: it is gone when the engine says so.
            Err(Failure { status: Some(409), message }) if message.contains("already in progress") => {
                self.wait_until_gone(&found.id).await
            }
            other => other,
        };
        if removed.is_ok() && volumes {
            self.remove_inherited(&found).await;
        }
        ended(turn, removed, &object).await
    }

    /// Anonymous volumes that were taken over from a predecessor are mounted by their names, so the engine does not count them
    /// among those that go with the container.
    async fn remove_inherited(&self, found: &Found) {
        for mount in found.inspect.mounts.iter().flatten() {
            let Some(name) = mount.name.as_deref().filter(|name| is_anonymous(name)) else { continue };
            let removed = self
                .client
                .call(Lane::Other, "remove volume", async |docker| {
                    docker.remove_volume(name, None::<RemoveVolumeOptions>).await
                })
                .await;
            if let Err(failure) = removed.or_else(|failure| if failure.is_missing() { Ok(()) } else { Err(failure) }) {
                // Another container has it by `volumes_from`, and it goes with the last of them.
                tracing::debug!(volume = name, %failure, "an anonymous volume stays");
            }
        }
    }

    pub(super) async fn connect_network(
        &self,
        container: &ContainerName,
        network: &NetworkName,
        attachment: &Attachment,
        links: &[String],
    ) -> Result<(), Error> {
        let object = Object::Container(container.clone());
        let found = self
            .our_container(container, "connect")
            .await?
            .ok_or_else(|| Error::NotFound { object: object.clone() })?;
        let settings = settings(attachment, links);
        let joined = found.inspect.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
        if let Some(endpoint) = joined.and_then(|joined| joined.get(network.as_str())) {
            let id = endpoint.network_id.as_deref().unwrap_or_default();
            let alive =
                self.mirror.networks().iter().any(|(name, known)| name == network && (id.is_empty() || known.id == id));
            let aliases = endpoint.aliases.as_deref().unwrap_or_default();
            if alive && attachment.lost_alias(&found.name, |alias| aliases.contains(alias)).is_none() {
                return self.look_again(&found.key(), &object).await;
            }
            let request = NetworkDisconnectRequest { container: found.id.clone(), force: Some(true) };
            let disconnected = self
                .client
                .call(Lane::Other, "disconnect network", async |docker| {
                    docker.disconnect_network(network.as_str(), request).await
                })
                .await;
            // Where it lists a network of this name that is gone, the engine may not find what there is to end.
            if alive {
                disconnected.map_err(|failure| failure.about(&object))?;
            }
        }
        let request = NetworkConnectRequest { container: found.id.clone(), endpoint_config: Some(settings) };
        let connected = self
            .client
            .call(Lane::Other, "connect network", async |docker| {
                docker.connect_network(network.as_str(), request).await
            })
            .await;
        match connected {
            Ok(()) => {}
            // 403: `endpoint with name … already exists in network …`.
            Err(failure) if failure.message.contains("already exists in network") => {}
            Err(failure) if failure.status == Some(404) && !failure.message.to_lowercase().contains("container") => {
                return Err(Error::NotFound { object: Object::Network(network.clone()) });
            }
            Err(failure) => return Err(failure.about(&object)),
        }
        self.look_again(&found.key(), &object).await
    }

    async fn wait_until_gone(&self, id: &str) -> Result<(), Failure> {
        use bollard::query_parameters::WaitContainerOptions;
        use futures::StreamExt;
        let docker = self.client.docker()?;
        let options = WaitContainerOptions { condition: "removed".to_owned() };
        let mut removed = std::pin::pin!(docker.wait_container(id, Some(options)));
        // The answer is the exit code, which bollard takes for an error where it is not 0; either way it is gone.
        let _ = tokio::time::timeout(BEYOND_GRACE, removed.next()).await;
        Ok(())
    }
}

/// After a request that ends or removes a container. One that has gone meanwhile is a success.
async fn ended(mut turn: Turn<'_>, result: Result<(), Failure>, object: &Object) -> Result<(), Error> {
    let looked = turn.look().await;
    match result {
        Err(failure) if !failure.is_missing() => Err(failure.about(object)),
        _ => looked.map_err(|failure| failure.about(object)),
    }
}
