//! The normalised tree becomes the typed stack. What the stack cannot say is an error; what the specification says and a
//! single engine does not do is a warning.

mod build;
mod container;
mod files;
mod health;
mod mounts;
mod networking;
mod read;
mod resources;
mod security;
mod service;
mod wishes;

use crate::diagnostic::Report;
use crate::loader::Loader;
use crate::tree::{Map, Node};
use evenkeel_model::{ImageRef, Ipam, Network, NetworkName, ServiceName, Stack, StackName, Volume, VolumeName};
use read::Read;

/// What lowering needs to know of the whole project.
pub(crate) struct Project<'a> {
    pub(crate) tree: &'a Map,
    pub(crate) name: &'a str,
    pub(crate) working_dir: &'a str,
    pub(crate) config_files: Vec<String>,
    pub(crate) env_files: &'a [String],
    pub(crate) disabled: Vec<String>,
    pub(crate) underscores: bool,
    pub(crate) report: &'a Report,
    /// Reads files that a value names.
    pub(crate) loader: &'a Loader<'a>,
}

/// The stack of a tree whose values have been checked.
pub(crate) fn lower(project: &Project<'_>) -> Stack {
    let mut stack = Stack {
        name: StackName::new(project.name),
        working_dir: project.working_dir.to_owned(),
        config_files: project.config_files.clone(),
        disabled: project.disabled.iter().map(ServiceName::new).collect(),
        underscores: project.underscores,
        check_connections_ms: None,
        // A `.env` that was found is none that was named.
        env_files: project.env_files.iter().filter(|path| !path.ends_with("/.env")).cloned().collect(),
        services: Default::default(),
        networks: Default::default(),
        volumes: Default::default(),
    };
    for (key, map) in project.tree.map("networks").into_iter().flat_map(Map::maps) {
        let network = project.network(key, map);
        stack.networks.insert(network.name.clone(), network);
    }
    for (key, map) in project.tree.map("volumes").into_iter().flat_map(Map::maps) {
        let volume = project.volume(key, map);
        stack.volumes.insert(volume.name.clone(), volume);
    }
    for (name, entry) in project.tree.map("services").into_iter().flat_map(Map::iter) {
        if let Some(map) = entry.node.as_map() {
            let mut service = project.service(name, map, entry.key_place);
            service.container.image.get_or_insert_with(|| ImageRef::new(stack.joined(&[name])));
            stack.services.insert(ServiceName::new(name), service);
        }
    }
    wishes::of_project(project.tree, &mut stack, project.report);
    stack
}

impl Project<'_> {
    fn network(&self, key: &str, map: &Map) -> Network {
        let path = format!("networks.{key}");
        let read = Read { map, path: &path, report: self.report };
        Network {
            key: key.to_owned(),
            name: NetworkName::new(map.text("name").unwrap_or(key)),
            external: read.bool("external"),
            create: wishes::creates(&read),
            driver: read.text("driver"),
            driver_opts: read.texts_by_name("driver_opts"),
            internal: read.bool("internal"),
            attachable: read.bool("attachable"),
            enable_ipv4: read.set_bool("enable_ipv4"),
            enable_ipv6: read.set_bool("enable_ipv6"),
            ipam: map.get("ipam").and_then(Node::as_map).and_then(|ipam| self.ipam(&path, ipam)),
            labels: read.texts_by_name("labels"),
        }
    }

    fn ipam(&self, network: &str, map: &Map) -> Option<Ipam> {
        let path = format!("{network}.ipam");
        let read = Read { map, path: &path, report: self.report };
        let pools = map.list("config").unwrap_or_default().iter().filter_map(Node::as_map);
        let ipam = Ipam {
            driver: read.text("driver"),
            options: read.texts_by_name("options"),
            pools: pools.map(|pool| networking::pool(&path, pool, self.report)).collect(),
        };
        (ipam != Ipam::default()).then_some(ipam)
    }

    fn volume(&self, key: &str, map: &Map) -> Volume {
        let path = format!("volumes.{key}");
        let read = Read { map, path: &path, report: self.report };
        Volume {
            key: key.to_owned(),
            name: VolumeName::new(map.text("name").unwrap_or(key)),
            external: read.bool("external"),
            driver: read.text("driver"),
            driver_opts: read.texts_by_name("driver_opts"),
            labels: read.texts_by_name("labels"),
        }
    }

    /// The name on the engine of a network or volume, by its key in the file.
    fn engine_name(&self, kind: &str, key: &str) -> String {
        let resource = self.tree.map(kind).and_then(|resources| resources.map(key));
        resource.and_then(|resource| resource.text("name")).unwrap_or(key).to_owned()
    }
}
