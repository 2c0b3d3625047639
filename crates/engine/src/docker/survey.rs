//! What a stack would run into before it is brought up: ports, subnets, paths and images.

mod owners;
mod ports;
mod routes;
mod texts;

use super::Docker;
use super::client::{Client, Lane};
use super::credentials::Credentials;
use super::image_reference::Reference;
use super::locality::peer;
use super::mirror::event::Key;
use crate::Error;
use bollard::auth::DockerCredentials;
use evenkeel_model::{
    Availability, Capabilities, ImageRef, Object, Owner, PathOwner, PortInUse, Protocol, SubnetInUse, Survey,
    SurveyRequest,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// For all registries together.
const REGISTRIES: Duration = Duration::from_secs(5);
/// Registries asked at once.
const AT_ONCE: usize = 16;
/// Characters that are kept of a registry's words.
const WORDS: usize = 240;

impl Docker {
    pub(super) async fn look_around(&self, request: &SurveyRequest) -> Result<Survey, Error> {
        self.mirror.ready().await?;
        let local = self.mirror.capabilities().is_some_and(|Capabilities { local, .. }| local);
        let mut survey = Survey { ports: self.published(&request.ports), subnets: self.subnets(), ..Survey::default() };
        let present = self.came_meanwhile(&request.absent).await;
        survey.came = self.externals_that_came(&request.externals).await;
        let asked = request.images.difference(&present).cloned().collect();
        let (images, users, (memory_bytes, data_dir), host) =
            tokio::join!(self.availability(&asked), self.users(&request.users), self.machine(request.memory), async {
                if !local {
                    return None;
                }
                let pid = peer(self.client.host()).await.map(|peer| peer.pid);
                let wanted = request.clone();
                tokio::task::spawn_blocking(move || look_at_host(pid, &wanted)).await.ok()
            });
        (survey.images, survey.users, survey.memory_bytes) = (images, users, memory_bytes);
        survey.data_dir = data_dir.filter(|_| local);
        survey.images.extend(present.into_iter().map(|image| (image, Availability::Present)));
        if let Some(host) = host {
            survey.missing_paths = host.missing;
            survey.texts = host.texts;
            survey.owners = host.owners;
            let listed: BTreeSet<_> = survey.ports.iter().map(|port| (port.port, port.protocol)).collect();
            let others = host.ports.into_iter().filter(|port| !listed.contains(&(port.port, port.protocol)));
            survey.ports.extend(others);
            let networks: BTreeSet<_> = survey.subnets.iter().map(|subnet| subnet.subnet).collect();
            let routes = host.routes.into_iter().filter(|route| !networks.contains(&route.subnet.trunc()));
            survey.subnets.extend(routes.map(|route| SubnetInUse {
                subnet: route.subnet,
                network: None,
                by: format!("the host's route via {}", route.interface),
            }));
        }
        Ok(survey)
    }

    /// Those of the wanted ports that containers publish.
    fn published(&self, wanted: &BTreeSet<(u16, Protocol)>) -> Vec<PortInUse> {
        let containers = self.mirror.containers().into_iter();
        let ports = containers.flat_map(|container| {
            let by = match &container.owner {
                Owner::Evenkeel(stack) => format!("container {} of the stack {stack}", container.name),
                Owner::Compose(project) => format!("container {} of the Compose project {project}", container.name),
                Owner::Nobody => format!("container {}", container.name),
            };
            let (name, owner) = (container.name.clone(), container.owner.clone());
            let ports = container.ports.into_iter().filter(|port| wanted.contains(&(port.published, port.protocol)));
            ports.map(move |port| PortInUse {
                port: port.published,
                protocol: port.protocol,
                ip: port.host_ip,
                container: Some((name.clone(), owner.clone())),
                by: by.clone(),
            })
        });
        ports.collect()
    }

    /// The subnets of all networks.
    fn subnets(&self) -> Vec<SubnetInUse> {
        let networks = self.mirror.networks().into_iter();
        let subnets = networks.flat_map(|(name, network)| {
            network.subnets.into_iter().map(move |subnet| SubnetInUse {
                subnet,
                network: Some(name.to_string()),
                by: format!("network {name}"),
            })
        });
        subnets.collect()
    }

    /// Images that the engine has although they have not been observed: somebody tagged or built them a moment ago, and the event is
    /// on its way.
    async fn came_meanwhile(&self, absent: &BTreeSet<ImageRef>) -> BTreeSet<ImageRef> {
        // An engine that does not answer fails what comes next, with its reason.
        if absent.is_empty() || self.mirror.refresh(&Key::Images).await.is_err() {
            return BTreeSet::new();
        }
        absent.iter().filter(|image| self.mirror.has_image(image)).cloned().collect()
    }

    /// The same for external networks and volumes. What is found is observed from now on.
    async fn externals_that_came(&self, unseen: &BTreeSet<Object>) -> BTreeSet<Object> {
        let mut came = BTreeSet::new();
        for object in unseen {
            let keys: Vec<Key> = match object {
                Object::Network(name) => {
                    let found = self.networks_named(name, object).await.unwrap_or_default();
                    found.into_iter().filter_map(|network| network.id.map(Key::Network)).collect()
                }
                Object::Volume(name) => match self.volume(name, object).await {
                    Ok(Some(_)) => vec![Key::Volume(name.clone())],
                    Ok(None) | Err(_) => Vec::new(),
                },
                Object::Container(_) | Object::Image(_) => Vec::new(),
            };
            for key in keys {
                if self.mirror.refresh(&key).await.is_ok() {
                    came.insert(object.clone());
                }
            }
        }
        came
    }

    /// The users that images name.
    async fn users(&self, images: &BTreeSet<ImageRef>) -> BTreeMap<ImageRef, String> {
        let asked: Vec<BoxFuture<'static, Option<(ImageRef, String)>>> =
            images.iter().map(|image| user(Arc::clone(&self.client), image.clone()).boxed()).collect();
        stream::iter(asked).buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await
    }

    /// The memory of the engine's machine, and where the engine keeps its data there.
    async fn machine(&self, wanted: bool) -> (Option<u64>, Option<String>) {
        if !wanted {
            return (None, None);
        }
        let info = self.client.call(Lane::Other, "read info", async |docker| docker.info().await).await;
        let Ok(info) = info else { return (None, None) };
        let memory = info.mem_total.and_then(|bytes| u64::try_from(bytes).ok()).filter(|bytes| *bytes > 0);
        (memory, info.docker_root_dir.filter(|dir| !dir.is_empty()))
    }

    async fn availability(&self, images: &BTreeSet<ImageRef>) -> BTreeMap<ImageRef, Availability> {
        let credentials = Credentials::read();
        let deadline = Instant::now() + REGISTRIES;
        let asked: Vec<BoxFuture<'static, (ImageRef, Availability)>> = images
            .iter()
            .map(|image| {
                let auth = credentials.of(Reference::parse(image.as_str()).registry());
                ask(Arc::clone(&self.client), image.clone(), auth, deadline).boxed()
            })
            .collect();
        stream::iter(asked).buffer_unordered(AT_ONCE).collect().await
    }
}

/// The user that an image names. Nothing where it has gone meanwhile.
async fn user(client: Arc<Client>, image: ImageRef) -> Option<(ImageRef, String)> {
    let inspect =
        client.call(Lane::Other, "inspect image", async |docker| docker.inspect_image(image.as_str()).await).await;
    let config = inspect.ok()?.config?;
    Some((image, config.user.unwrap_or_default()))
}

/// Asks a registry, through the engine, whether it has an image.
async fn ask(
    client: Arc<Client>,
    image: ImageRef,
    auth: Option<DockerCredentials>,
    deadline: Instant,
) -> (ImageRef, Availability) {
    let asked = client
        .call(Lane::Other, "ask registry", async |docker| docker.inspect_registry_image(image.as_str(), auth).await);
    let availability = match tokio::time::timeout_at(deadline, asked).await {
        Ok(Ok(_)) => Availability::Pullable,
        Ok(Err(failure)) => Availability::Unavailable(shorten(&failure.message)),
        Err(_) => {
            Availability::Unavailable(format!("the registry did not answer within {} seconds", REGISTRIES.as_secs()))
        }
    };
    (image, availability)
}

/// What was found on the host.
struct HostFindings {
    ports: Vec<PortInUse>,
    routes: Vec<routes::Route>,
    missing: BTreeSet<String>,
    texts: BTreeMap<String, BTreeMap<String, String>>,
    owners: BTreeMap<String, PathOwner>,
}

/// Looks at this host, in the network namespace of the engine's process.
fn look_at_host(engine: Option<i32>, wanted: &SurveyRequest) -> HostFindings {
    let process = engine.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
    let net = Path::new("/proc").join(process).join("net");
    let paths = wanted.bind_sources.union(&wanted.owners);
    HostFindings {
        ports: ports::ports(&net, &wanted.ports),
        routes: routes::routes(&net),
        missing: paths.filter(|path| !Path::new(path).exists()).cloned().collect(),
        texts: wanted.texts.iter().map(|path| (path.clone(), texts::texts(Path::new(path)))).collect(),
        owners: owners::owners(&wanted.owners),
    }
}

/// The first line, cut at a character.
fn shorten(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().trim();
    match line.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
