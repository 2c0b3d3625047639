//! Limits: memory, CPUs, processes, devices.

use super::read::{self, Read};
use crate::tree::{Map, Node, Value};
use evenkeel_model::{BlkioDevices, BlkioRate, BlkioWeight, ContainerSpec, DeviceRequest, Ulimit};
use std::collections::BTreeMap;

/// Fills in the limits, from `deploy.resources` where it has them, else from the service's own keys.
pub(super) fn fill(spec: &mut ContainerSpec, service: &Read<'_>) {
    let resources = service.map.map("deploy").and_then(|deploy| deploy.map("resources"));
    let empty = Map::default();
    let part = |key: &str| resources.and_then(|resources| resources.map(key)).unwrap_or(&empty);
    let limits = Read { map: part("limits"), ..*service };
    let reservations = Read { map: part("reservations"), ..*service };

    spec.memory_bytes = limits.bytes("memory").or_else(|| service.bytes("mem_limit"));
    spec.memory_reservation_bytes = reservations.bytes("memory").or_else(|| service.bytes("mem_reservation"));
    spec.memory_swap_bytes = service.bytes("memswap_limit");
    spec.memory_swappiness = service.bytes("mem_swappiness");
    spec.shm_size_bytes = service.bytes("shm_size");
    spec.nano_cpus = limits.float("cpus").or_else(|| service.float("cpus")).map(|cpus| (cpus * 1e9).round() as i64);
    spec.pids_limit = limits.int("pids").filter(|pids| *pids > 0).or_else(|| service.int("pids_limit"));
    spec.cpu_shares = service.int("cpu_shares");
    spec.cpu_period_us = service.int("cpu_period");
    spec.cpu_quota_us = service.int("cpu_quota");
    spec.cpu_rt_period_us = service.int("cpu_rt_period");
    spec.cpu_rt_runtime_us = service.int("cpu_rt_runtime");
    spec.cpu_count = service.int("cpu_count");
    spec.cpu_percent = service.int("cpu_percent");
    spec.cpuset = service.text("cpuset");
    spec.oom_kill_disable = service.bool("oom_kill_disable");
    spec.oom_score_adj = service.int("oom_score_adj");
    let blkio = Read { map: service.map.map("blkio_config").unwrap_or(&empty), ..*service };
    spec.blkio_weight = blkio.int("weight").and_then(|weight| u16::try_from(weight).ok());
    spec.blkio_devices = BlkioDevices {
        weights: blkio_devices(&blkio, "weight_device", |device| {
            let weight = device.set_int("weight").and_then(|weight| u16::try_from(weight).ok()).unwrap_or(0);
            BlkioWeight { path: device.text("path").unwrap_or_default(), weight }
        }),
        read_bps: blkio_devices(&blkio, "device_read_bps", blkio_rate),
        read_iops: blkio_devices(&blkio, "device_read_iops", blkio_rate),
        write_bps: blkio_devices(&blkio, "device_write_bps", blkio_rate),
        write_iops: blkio_devices(&blkio, "device_write_iops", blkio_rate),
    };
    spec.ulimits = ulimits(service.map);
    spec.device_requests.extend(requests(&reservations, "devices"));
    spec.device_requests.extend(requests(service, "gpus").into_iter().map(with_gpu));
}

fn blkio_devices<T>(blkio: &Read<'_>, key: &str, one: impl Fn(&Read<'_>) -> T) -> Vec<T> {
    let items = blkio.map.list(key).unwrap_or_default().iter().filter_map(Node::as_map);
    items.map(|map| one(&Read { map, ..*blkio })).collect()
}

fn blkio_rate(device: &Read<'_>) -> BlkioRate {
    BlkioRate { path: device.text("path").unwrap_or_default(), rate: device.bytes("rate").unwrap_or(0) }
}

pub(super) fn ulimits(service: &Map) -> BTreeMap<String, Ulimit> {
    let entries = service.map("ulimits").into_iter().flat_map(Map::iter);
    entries
        .filter_map(|(name, entry)| {
            let ulimit = match entry.node.as_map() {
                Some(pair) => Ulimit {
                    soft: pair.get("soft").and_then(read::int).unwrap_or(0),
                    hard: pair.get("hard").and_then(read::int).unwrap_or(0),
                },
                None => read::int(&entry.node).map(|both| Ulimit { soft: both, hard: both })?,
            };
            Some((name.clone(), ulimit))
        })
        .collect()
}

fn requests(parent: &Read<'_>, key: &str) -> Vec<DeviceRequest> {
    let items = parent.map.list(key).unwrap_or_default().iter().filter_map(Node::as_map);
    items
        .map(|map| {
            let request = Read { map, ..*parent };
            let count = match map.get("count").map(|node| &node.value) {
                Some(Value::Text(text)) if text.eq_ignore_ascii_case("all") => Some(-1),
                _ => request.set_int("count"),
            };
            DeviceRequest {
                driver: request.text("driver"),
                count,
                device_ids: request.texts("device_ids"),
                capabilities: request.texts("capabilities"),
                options: request.texts_by_name("options"),
            }
        })
        .collect()
}

/// `gpus` means devices with the capability `gpu`, whatever else is asked of them.
fn with_gpu(mut request: DeviceRequest) -> DeviceRequest {
    if !request.capabilities.iter().any(|capability| capability == "gpu") {
        request.capabilities.push("gpu".to_owned());
    }
    request
}
