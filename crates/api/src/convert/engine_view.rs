//! What an engine shows of a stack, as bodies.

use crate::mask::Masker;
use evenkeel_engine::{SeenContainer, SeenImage, SeenPort, SeenProcesses, SeenUsage, SeenVolume};
use evenkeel_model::labels;
use evenkeel_wire as wire;
use std::collections::BTreeMap;

type Labels = BTreeMap<String, String>;

/// A container. Secrets in its command and labels are masked.
pub fn container(seen: SeenContainer, masker: &Masker) -> wire::EngineContainer {
    let mask = |labels: Labels| labels.into_iter().map(|(key, value)| (key, masker.mask(&value))).collect();
    wire::EngineContainer {
        service: service(&seen.labels),
        number: number(&seen.labels),
        one_off: seen.labels.get(labels::ONE_OFF).is_some_and(|one_off| one_off == "True"),
        id: seen.id,
        name: seen.name,
        image: seen.image,
        command: masker.mask(&seen.command),
        created_at: seen.created_at,
        state: seen.state,
        status: seen.status,
        health: seen.health,
        exit_code: seen.exit_code,
        labels: mask(seen.labels),
        mounts: seen.mounts,
        local_volumes: seen.local_volumes,
        networks: seen.networks,
        ports: seen.ports.into_iter().map(port).collect(),
    }
}

/// The processes of a container. Secrets in their arguments are masked.
pub fn processes(seen: SeenProcesses, masker: &Masker) -> wire::EngineProcesses {
    let rows = seen.rows.into_iter().map(|row| row.iter().map(|cell| masker.mask(cell)).collect());
    wire::EngineProcesses {
        service: service(&seen.labels),
        number: number(&seen.labels),
        container: seen.container,
        titles: seen.titles,
        rows: rows.collect(),
    }
}

/// What a container uses.
pub fn usage(seen: SeenUsage) -> wire::EngineUsage {
    wire::EngineUsage {
        service: service(&seen.labels),
        id: seen.id,
        container: seen.container,
        cpu_percent: seen.cpu_percent,
        memory_bytes: seen.memory_bytes,
        memory_limit_bytes: seen.memory_limit_bytes,
        received_bytes: seen.received_bytes,
        sent_bytes: seen.sent_bytes,
        read_bytes: seen.read_bytes,
        written_bytes: seen.written_bytes,
        pids: seen.pids,
    }
}

/// The image of a container.
pub fn image(seen: SeenImage) -> wire::EngineImage {
    wire::EngineImage {
        service: service(&seen.labels),
        container: seen.container,
        id: seen.id,
        repository: seen.repository,
        tag: seen.tag,
        platform: seen.platform,
        size_bytes: seen.size_bytes,
        created_at: seen.created_at,
        tagged_at: seen.tagged_at,
    }
}

/// A volume.
pub fn volume(seen: SeenVolume) -> wire::EngineVolume {
    wire::EngineVolume {
        key: seen.labels.get(labels::VOLUME).cloned().unwrap_or_default(),
        name: seen.name,
        driver: seen.driver,
        mountpoint: seen.mountpoint,
        scope: seen.scope,
        labels: seen.labels,
    }
}

fn port(port: SeenPort) -> wire::EnginePort {
    wire::EnginePort {
        target: port.target,
        published: port.published,
        host_ip: port.host_ip,
        protocol: match port.protocol.as_str() {
            "udp" => wire::Protocol::Udp,
            "sctp" => wire::Protocol::Sctp,
            _ => wire::Protocol::Tcp,
        },
    }
}

fn service(labels: &Labels) -> String {
    labels.get(labels::SERVICE).cloned().unwrap_or_default()
}

fn number(labels: &Labels) -> u32 {
    labels.get(labels::NUMBER).and_then(|number| number.parse().ok()).unwrap_or_default()
}
