//! The world in the words of [`crate::Look`], for the commands that show it.

use super::container::{Phase, SimContainer};
use super::owner;
use super::world::World;
use crate::look::{Look, Seen, SeenContainer, SeenImage, SeenPort, SeenProcesses, SeenUsage, SeenVolume};
use evenkeel_model::{Owner, Protocol, PublishedPort, StackName};

/// Bytes of every simulated image.
const SIZE: u64 = 1_000_000;

impl World {
    /// A stack's objects.
    pub(super) fn show(&self, stack: &StackName, look: Look) -> Seen {
        let of_stack = || self.containers.values().filter(|container| owner::of(&container.new.labels).is(stack));
        let running = || of_stack().filter(|container| matches!(container.phase, Phase::Running | Phase::Paused(_)));
        match look {
            Look::Containers => Seen::Containers(of_stack().map(container).collect()),
            Look::Composed => {
                let project = Owner::Compose(stack.to_string());
                let of_project = self.containers.values().filter(|one| owner::of(&one.new.labels) == project);
                Seen::Containers(of_project.map(container).collect())
            }
            Look::Images => Seen::Images(of_stack().map(image).collect()),
            Look::Processes => Seen::Processes(running().map(processes).collect()),
            Look::Usage => Seen::Usage(running().map(usage).collect()),
            Look::Volumes => {
                let volumes = self.volumes.iter().filter(|(_, volume)| owner::of(&volume.labels).is(stack));
                Seen::Volumes(
                    volumes
                        .map(|(name, volume)| SeenVolume {
                            name: name.to_string(),
                            driver: "local".to_owned(),
                            scope: "local".to_owned(),
                            labels: volume.labels.clone(),
                            ..SeenVolume::default()
                        })
                        .collect(),
                )
            }
        }
    }
}

fn container(container: &SimContainer) -> SeenContainer {
    let (state, status, exit_code) = match &container.phase {
        Phase::Created => ("created", "Created".to_owned(), 0),
        Phase::Running => ("running", "Up".to_owned(), 0),
        Phase::Paused(_) => ("paused", "Up (Paused)".to_owned(), 0),
        Phase::Restarting(exit) => ("restarting", format!("Restarting ({})", exit.code), exit.code),
        Phase::Exited(exit) => ("exited", format!("Exited ({})", exit.code), exit.code),
    };
    SeenContainer {
        id: container.id.clone(),
        name: container.new.name.to_string(),
        image: reference(container),
        command: container.new.spec.command.clone().unwrap_or_default().join(" "),
        created_at: Some(container.created_at),
        state: state.to_owned(),
        status,
        exit_code,
        labels: container.new.labels.clone(),
        networks: container.attachments.keys().map(ToString::to_string).collect(),
        ports: container.ports.iter().map(port).collect(),
        ..SeenContainer::default()
    }
}

fn port(port: &PublishedPort) -> SeenPort {
    SeenPort {
        target: port.target,
        published: Some(port.published),
        host_ip: Some(port.host_ip),
        protocol: match port.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        }
        .to_owned(),
    }
}

fn image(container: &SimContainer) -> SeenImage {
    let reference = reference(container);
    let (repository, tag) = reference.rsplit_once(':').unwrap_or((&reference, "latest"));
    SeenImage {
        container: container.new.name.to_string(),
        labels: container.new.labels.clone(),
        id: container.image.to_string(),
        repository: repository.to_owned(),
        tag: tag.to_owned(),
        platform: "linux/amd64".to_owned(),
        size_bytes: SIZE,
        ..SeenImage::default()
    }
}

fn processes(container: &SimContainer) -> SeenProcesses {
    SeenProcesses {
        container: container.new.name.to_string(),
        labels: container.new.labels.clone(),
        titles: ["UID", "PID", "CMD"].map(str::to_owned).to_vec(),
        rows: vec![vec!["root".to_owned(), "1".to_owned(), "main".to_owned()]],
    }
}

fn usage(container: &SimContainer) -> SeenUsage {
    SeenUsage {
        id: container.id.clone(),
        container: container.new.name.to_string(),
        labels: container.new.labels.clone(),
        pids: 1,
        ..SeenUsage::default()
    }
}

fn reference(container: &SimContainer) -> String {
    container.new.spec.image.as_ref().map(ToString::to_string).unwrap_or_default()
}
