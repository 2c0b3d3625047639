//! Looks for people and scripts: lists and inspections of one stack's objects, asked of the engine each time.

mod usage;

use super::Docker;
use super::client::Lane;
use super::convert_error::Failure;
use super::image_reference::Reference;
use crate::Error;
use crate::look::{Look, Seen, SeenContainer, SeenImage, SeenPort, SeenProcesses, SeenUsage, SeenVolume};
use bollard::models::{ContainerSummary, PortSummary};
use bollard::query_parameters::{InspectContainerOptions, ListContainersOptions, ListVolumesOptions};
use evenkeel_model::{StackName, Timestamp, labels};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::{BTreeMap, HashMap};

/// Containers that are looked at one by one, at the same time.
const AT_ONCE: usize = 16;

impl Docker {
    pub(super) async fn look_at(&self, stack: &StackName, look: Look) -> Result<Seen, Error> {
        let seen = match look {
            Look::Containers => self.look_at_containers(self.of_stack(stack, false).await).await.map(Seen::Containers),
            Look::Composed => self.look_at_containers(self.of_compose(stack).await).await.map(Seen::Containers),
            Look::Processes => self.look_at_processes(stack).await.map(Seen::Processes),
            Look::Usage => self.look_at_usage(stack).await.map(Seen::Usage),
            Look::Images => self.look_at_images(stack).await.map(Seen::Images),
            Look::Volumes => self.look_at_volumes(stack).await.map(Seen::Volumes),
        };
        seen.map_err(|failure| failure.plain())
    }

    /// The containers of a stack, sorted by name.
    async fn of_stack(&self, stack: &StackName, running: bool) -> Result<Vec<Named>, Failure> {
        let mut named = self.labelled(stack, running).await?;
        let claims = self.mirror.claims();
        named.retain(|one| one.is_labelled_ours() || claims.has_container(&one.id));
        Ok(named)
    }

    /// The containers of the Compose project of a stack's name that nobody has taken over, sorted by name.
    async fn of_compose(&self, stack: &StackName) -> Result<Vec<Named>, Failure> {
        let mut named = self.labelled(stack, false).await?;
        let claims = self.mirror.claims();
        named.retain(|one| !one.is_labelled_ours() && !claims.has_container(&one.id));
        Ok(named)
    }

    /// What carries Compose's label, sorted by name.
    async fn labelled(&self, stack: &StackName, running: bool) -> Result<Vec<Named>, Failure> {
        let options = ListContainersOptions {
            all: !running,
            filters: Some(of_project(stack)),
            ..ListContainersOptions::default()
        };
        let list = self
            .client
            .call(Lane::Other, "list containers of a stack", async |docker| docker.list_containers(Some(options)).await)
            .await?;
        let mut named: Vec<Named> = list.into_iter().filter_map(Named::of).collect();
        named.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(named)
    }

    async fn look_at_containers(&self, listed: Result<Vec<Named>, Failure>) -> Result<Vec<SeenContainer>, Failure> {
        let looks = listed?.into_iter().map(|named| async move {
            let inspected = self.client.call(Lane::Other, "inspect container", async |docker| {
                docker.inspect_container(&named.id, None::<InspectContainerOptions>).await
            });
            let state = match inspected.await {
                Ok(inspected) => inspected.state,
                // It was removed between the list and now: the list has said what there is to say.
                Err(failure) if failure.status == Some(404) => None,
                Err(failure) => return Err(failure),
            };
            let health = state.as_ref().and_then(|state| state.health.as_ref()).and_then(|health| health.status);
            let health = health.map(|status| status.to_string()).filter(|status| status != "none").unwrap_or_default();
            let exit_code = state.and_then(|state| state.exit_code).unwrap_or_default();
            Ok(SeenContainer { health, exit_code, ..named.listed() })
        });
        stream::iter(looks).buffered(AT_ONCE).try_collect().await
    }

    async fn look_at_processes(&self, stack: &StackName) -> Result<Vec<SeenProcesses>, Failure> {
        let listed = self.of_stack(stack, true).await?;
        let looks = listed.into_iter().map(|named| async move {
            let top = self
                .client
                .call(Lane::Other, "list processes", async |docker| docker.top_processes(&named.id, None).await);
            match top.await {
                Ok(top) => Ok(Some(SeenProcesses {
                    container: named.name,
                    labels: named.labels,
                    titles: top.titles.unwrap_or_default(),
                    rows: top.processes.unwrap_or_default(),
                })),
                // It ended meanwhile.
                Err(failure) if matches!(failure.status, Some(404 | 409)) => Ok(None),
                Err(failure) => Err(failure),
            }
        });
        let seen: Vec<Option<SeenProcesses>> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
        Ok(seen.into_iter().flatten().collect())
    }

    async fn look_at_usage(&self, stack: &StackName) -> Result<Vec<SeenUsage>, Failure> {
        let listed = self.of_stack(stack, true).await?;
        let looks = listed.into_iter().map(|named| async move {
            match self.usage(&named.id).await {
                Ok(Some(usage)) => {
                    Ok(Some(SeenUsage { id: named.id, container: named.name, labels: named.labels, ..usage }))
                }
                Ok(None) => Ok(None),
                Err(failure) if matches!(failure.status, Some(404 | 409)) => Ok(None),
                Err(failure) => Err(failure),
            }
        });
        let seen: Vec<Option<SeenUsage>> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
        Ok(seen.into_iter().flatten().collect())
    }

    async fn look_at_images(&self, stack: &StackName) -> Result<Vec<SeenImage>, Failure> {
        let listed = self.of_stack(stack, false).await?;
        let mut known: HashMap<String, SeenImage> = HashMap::new();
        let mut seen = Vec::new();
        for named in listed {
            let id = named.summary.image_id.clone().unwrap_or_default();
            if !known.contains_key(&id) {
                let image = self.image(&id).await?;
                known.insert(id.clone(), image);
            }
            let image = known.get(&id).cloned().unwrap_or_default();
            // The container's own reference, where the image still goes by it.
            let reference = named.summary.image.clone().filter(|reference| !reference.starts_with("sha256:"));
            let (repository, tag) = match reference.as_deref().map(Reference::parse) {
                Some(reference) => (reference.name.clone(), reference.version().to_owned()),
                None => (image.repository.clone(), image.tag.clone()),
            };
            seen.push(SeenImage { container: named.name, labels: named.labels, repository, tag, ..image });
        }
        Ok(seen)
    }

    /// An image by its id. One that was removed while a container still runs it is known by its id alone.
    async fn image(&self, id: &str) -> Result<SeenImage, Failure> {
        let inspected =
            self.client.call(Lane::Other, "inspect image", async |docker| docker.inspect_image(id).await).await;
        let image = match inspected {
            Ok(image) => image,
            Err(failure) if failure.status == Some(404) => {
                return Ok(SeenImage { id: id.to_owned(), ..SeenImage::default() });
            }
            Err(failure) => return Err(failure),
        };
        let tag = image.repo_tags.and_then(|tags| tags.into_iter().next());
        let tag = tag.as_deref().map(Reference::parse);
        let parts = [image.os, image.architecture, image.variant].into_iter().flatten();
        let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
        Ok(SeenImage {
            id: image.id.unwrap_or_else(|| id.to_owned()),
            repository: tag.as_ref().map(|tag| tag.name.clone()).unwrap_or_default(),
            tag: tag.map(|tag| tag.version().to_owned()).unwrap_or_default(),
            platform: parts.join("/"),
            size_bytes: u64::try_from(image.size.unwrap_or_default()).unwrap_or_default(),
            created_at: image.created,
            tagged_at: image.metadata.and_then(|metadata| metadata.last_tag_time),
            ..SeenImage::default()
        })
    }

    async fn look_at_volumes(&self, stack: &StackName) -> Result<Vec<SeenVolume>, Failure> {
        // Compose's label: a volume that Compose made for a project of this name is the stack's too.
        let options = ListVolumesOptions { filters: Some(of_project(stack)) };
        let listed = self
            .client
            .call(Lane::Other, "list volumes of a stack", async |docker| docker.list_volumes(Some(options)).await)
            .await?;
        let volumes = listed.volumes.unwrap_or_default().into_iter().map(|volume| SeenVolume {
            name: volume.name,
            driver: volume.driver,
            mountpoint: volume.mountpoint,
            scope: volume.scope.map(|scope| scope.to_string()).unwrap_or_default(),
            labels: volume.labels.into_iter().collect(),
        });
        let mut volumes: Vec<SeenVolume> = volumes.collect();
        volumes.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(volumes)
    }
}

/// What carries Compose's label, ours and what was taken over alike.
fn of_project(stack: &StackName) -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![format!("{}={stack}", labels::PROJECT)])])
}

/// A listed container that has an id and a name.
struct Named {
    id: String,
    name: String,
    labels: BTreeMap<String, String>,
    summary: ContainerSummary,
}

impl Named {
    fn of(mut summary: ContainerSummary) -> Option<Self> {
        let id = summary.id.clone()?;
        // Links give a container further names, with the one that links in front.
        let names = summary.names.clone().unwrap_or_default();
        let name = names.iter().map(|name| name.trim_start_matches('/')).find(|name| !name.contains('/'))?.to_owned();
        let labels = summary.labels.take().unwrap_or_default().into_iter().collect();
        Some(Self { id, name, labels, summary })
    }

    fn is_labelled_ours(&self) -> bool {
        self.labels.contains_key(labels::STACK)
    }

    fn listed(self) -> SeenContainer {
        let summary = self.summary;
        let mounts = summary.mounts.unwrap_or_default();
        let local = mounts.iter().filter(|mount| mount.driver.as_deref() == Some("local")).count();
        let named = |name: Option<String>| name.filter(|name| !name.is_empty());
        let mut ports: Vec<SeenPort> = summary.ports.unwrap_or_default().into_iter().map(port).collect();
        ports.sort();
        let networks = summary.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
        let mut networks: Vec<String> = networks.into_keys().collect();
        networks.sort();
        SeenContainer {
            id: self.id,
            name: self.name,
            image: summary.image.unwrap_or_default(),
            command: summary.command.unwrap_or_default(),
            created_at: summary.created.and_then(|created| Timestamp::from_timestamp(created, 0)),
            state: summary.state.map(|state| state.to_string()).unwrap_or_default(),
            status: summary.status.unwrap_or_default(),
            labels: self.labels,
            local_volumes: local,
            mounts: mounts.into_iter().filter_map(|mount| named(mount.name).or(named(mount.source))).collect(),
            networks,
            ports,
            ..SeenContainer::default()
        }
    }
}

fn port(port: PortSummary) -> SeenPort {
    SeenPort {
        target: port.private_port,
        published: port.public_port.filter(|published| *published != 0),
        host_ip: port.ip.and_then(|ip| ip.parse().ok()),
        protocol: port.typ.map(|protocol| protocol.to_string()).unwrap_or_default(),
    }
}
