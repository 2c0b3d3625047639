//! Making and removing networks.

use super::{must_be_ours, must_be_same};
use crate::Error;
use crate::docker::Docker;
use crate::docker::client::Lane;
use crate::docker::convert_error::Failure;
use crate::docker::convert_labels::owner;
use crate::docker::convert_network::network_request;
use crate::docker::mirror::event::Key;
use bollard::models::{EndpointResource, Network, NetworkDisconnectRequest};
use bollard::query_parameters::{InspectNetworkOptions, ListNetworksOptions};
use evenkeel_model::{Container, NetworkName, NewNetwork, Object, Owner};
use std::collections::HashMap;

/// The network of which an error says that its name means several.
pub(super) fn ambiguous(error: &Error) -> Option<NetworkName> {
    let words = error.to_string();
    let (before, _) = words.split_once(" is ambiguous (")?;
    let (_, name) = before.rsplit_once("network ")?;
    Some(NetworkName::new(name))
}

impl Docker {
    pub(super) async fn create_network(&self, new: &NewNetwork) -> Result<(), Error> {
        let object = Object::Network(new.network.name.clone());
        let engine = self.engine().await?;
        let request = network_request(new, &engine)?;
        // The engine allows two networks of one name, so that what exists is looked for first.
        if let Some(existing) = self.networks_named(&new.network.name, &object).await?.first() {
            must_be_same(&object, existing.labels.as_ref().unwrap_or(&HashMap::new()), &new.labels)?;
            let id = existing.id.clone().unwrap_or_default();
            return self.look_again(&Key::Network(id), &object).await;
        }
        let created = self
            .client
            .call(Lane::Other, "create network", async |docker| {
                // Engines below API 1.44 refuse a second network of the name only if told to.
                let check = serde_json::Map::from_iter([("CheckDuplicate".to_owned(), true.into())]);
                let docker = if engine.api_at_least(1, 44) { docker } else { self.client.with_fields(docker, check) };
                docker.create_network(request).await
            })
            .await
            .map_err(|failure| failure.about(&object))?;
        self.look_again(&Key::Network(created.id), &object).await
    }

    pub(super) async fn remove_network(&self, name: &NetworkName) -> Result<(), Error> {
        let object = Object::Network(name.clone());
        for network in self.networks_named(name, &object).await? {
            let Some(id) = network.id else { continue };
            let is_claimed = self.mirror.claims().has_network(&id);
            must_be_ours(&object, &network.labels.unwrap_or_default(), is_claimed, "remove")?;
            self.detach_ended(&id).await;
            let removed = match self.send_remove(&id).await {
                Err(failure) if failure.message.contains("active endpoints") => {
                    // The engine sometimes keeps an endpoint whose container is gone.
                    self.detach_left_over(&id).await;
                    self.send_remove(&id).await
                }
                other => other,
            };
            self.look_again(&Key::Network(id.clone()), &object).await?;
            match removed {
                Ok(()) => {}
                Err(failure) if failure.status == Some(404) => {}
                Err(failure) if failure.message.contains("active endpoints") => {
                    return Err(self.in_use(&id, &object).await);
                }
                Err(failure) => return Err(failure.about(&object)),
            }
        }
        Ok(())
    }

    /// Of several networks of one name that are all ours, leaves the one that most containers use, or else any. Engines below API 1.44 look for the name and make the
    /// network without a lock: a daemon that was killed while its request was under way, and the next one, may each have made one. Says whether that helped.
    pub(super) async fn leave_one_network(&self, name: &NetworkName) -> Result<bool, Error> {
        let object = Object::Network(name.clone());
        let networks = self.networks_named(name, &object).await?;
        let labels = networks.iter().map(|network| network.labels.clone().unwrap_or_default());
        let owners: Vec<Owner> = labels.map(|labels| owner(&labels)).collect();
        let ours = matches!(owners.first(), Some(Owner::Evenkeel(_))) && owners.windows(2).all(|two| two[0] == two[1]);
        if !ours {
            return Ok(false);
        }
        let mut ids: Vec<String> = networks.into_iter().filter_map(|network| network.id).collect();
        ids.sort_by_cached_key(|id| {
            let guests = self.mirror.attached(id);
            let running = guests.iter().filter(|guest| guest.is_running()).count();
            std::cmp::Reverse((running, guests.len()))
        });
        let mut helped = false;
        for id in ids.into_iter().skip(1) {
            tracing::warn!(network = %name, id, "the engine has made this network twice: one is removed");
            self.detach_ended(&id).await;
            match self.send_remove(&id).await {
                Err(failure) if failure.status != Some(404) => return Err(failure.about(&object)),
                _ => helped = true,
            }
            self.look_again(&Key::Network(id), &object).await?;
        }
        Ok(helped)
    }

    async fn send_remove(&self, id: &str) -> Result<(), Failure> {
        self.client.call(Lane::Other, "remove network", async |docker| docker.remove_network(id).await).await
    }

    /// All networks of exactly this name.
    pub(in crate::docker) async fn networks_named(
        &self,
        name: &NetworkName,
        object: &Object,
    ) -> Result<Vec<Network>, Error> {
        // The engine's filter matches parts of names.
        let filters = HashMap::from([("name".to_owned(), vec![name.to_string()])]);
        let options = ListNetworksOptions { filters: Some(filters) };
        let networks = self
            .client
            .call(Lane::Other, "list networks", async |docker| docker.list_networks(Some(options)).await)
            .await
            .map_err(|failure| failure.about(object))?;
        Ok(networks.into_iter().filter(|network| network.name.as_deref() == Some(name.as_str())).collect())
    }

    /// Detaches our containers that do not run: they could never be started again otherwise.
    async fn detach_ended(&self, network: &str) {
        for container in self.mirror.attached(network) {
            let is_ours =
                matches!(container.owner, Owner::Evenkeel(_)) || self.mirror.claims().has_container(&container.id);
            if container.is_running() || !is_ours {
                continue;
            }
            self.detach(network, &container.id).await;
            let _ = self.mirror.refresh(&Key::Container(container.id)).await;
        }
    }

    /// Detaches endpoints whose container does not run.
    async fn detach_left_over(&self, network: &str) {
        let Some(endpoints) = self.endpoints(network).await else { return };
        let running: Vec<String> =
            self.mirror.containers().into_iter().filter(Container::is_running).map(|c| c.id).collect();
        for (id, endpoint) in endpoints {
            if !running.contains(&id) {
                self.detach(network, endpoint.name.as_deref().unwrap_or(&id)).await;
            }
        }
    }

    async fn detach(&self, network: &str, container: &str) {
        let request = NetworkDisconnectRequest { container: container.to_owned(), force: Some(true) };
        // Where it cannot be detached the removal says why.
        let _ = self
            .client
            .call(Lane::Other, "disconnect network", async |docker| docker.disconnect_network(network, request).await)
            .await;
    }

    /// Why a network stays, by who is on it.
    async fn in_use(&self, network: &str, object: &Object) -> Error {
        let attached = self.mirror.attached(network).into_iter().filter(Container::is_running);
        let mut names: Vec<String> = attached.map(|container| container.name.to_string()).collect();
        if names.is_empty() {
            let endpoints = self.endpoints(network).await.unwrap_or_default();
            names.extend(endpoints.into_iter().map(|(id, endpoint)| endpoint.name.unwrap_or(id)));
        }
        let message = if names.is_empty() {
            "Docker counts containers on it that are gone, and keeps it until dockerd is restarted \
             (https://github.com/moby/moby/issues/42119)"
                .to_owned()
        } else {
            format!("it is in use by running containers: {}", names.join(", "))
        };
        Error::Conflict { object: object.clone(), message }
    }

    /// What the engine says is on a network, by container. `None` where it says nothing.
    async fn endpoints(&self, network: &str) -> Option<HashMap<String, EndpointResource>> {
        let inspect = self.client.call(Lane::Other, "inspect network", async |docker| {
            docker.inspect_network(network, None::<InspectNetworkOptions>).await
        });
        Some(inspect.await.ok()?.containers.unwrap_or_default())
    }
}
