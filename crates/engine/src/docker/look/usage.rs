//! What a container uses, from two readings of the engine's counters.

use crate::docker::Docker;
use crate::docker::client::Lane;
use crate::docker::convert_error::Failure;
use crate::look::SeenUsage;
use bollard::models::{ContainerCpuStats, ContainerMemoryStats, ContainerStatsResponse};
use bollard::query_parameters::StatsOptions;
use futures::StreamExt;

impl Docker {
    /// One reading. The engine itself waits for a second one before it answers, so that a rate can be told.
    pub(super) async fn usage(&self, id: &str) -> Result<Option<SeenUsage>, Failure> {
        let options = StatsOptions { stream: false, one_shot: false };
        let read = self
            .client
            .call(Lane::Stream, "read usage", async |docker| {
                let mut readings = std::pin::pin!(docker.stats(id, Some(options)));
                readings.next().await.transpose()
            })
            .await?;
        Ok(read.map(|read| usage(&read)))
    }
}

fn usage(read: &ContainerStatsResponse) -> SeenUsage {
    let networks = || read.networks.iter().flat_map(|networks| networks.values());
    let moved = |wanted: &str| {
        let entries = read.blkio_stats.as_ref().and_then(|stats| stats.io_service_bytes_recursive.as_ref());
        let of_kind = entries
            .into_iter()
            .flatten()
            .filter(|entry| entry.op.as_deref().is_some_and(|op| op.eq_ignore_ascii_case(wanted)));
        of_kind.filter_map(|entry| entry.value).sum()
    };
    let memory = read.memory_stats.as_ref();
    SeenUsage {
        cpu_percent: cpu_percent(read.precpu_stats.as_ref(), read.cpu_stats.as_ref()),
        memory_bytes: memory.map(without_cache).unwrap_or_default(),
        memory_limit_bytes: memory.and_then(|memory| memory.limit).unwrap_or_default(),
        received_bytes: networks().filter_map(|network| network.rx_bytes).sum(),
        sent_bytes: networks().filter_map(|network| network.tx_bytes).sum(),
        read_bytes: moved("read"),
        written_bytes: moved("write"),
        pids: read.pids_stats.as_ref().and_then(|pids| pids.current).unwrap_or_default(),
        ..SeenUsage::default()
    }
}

/// The container's share of all the time that went by, times the cores: 200 are two whole cores.
#[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
fn cpu_percent(before: Option<&ContainerCpuStats>, after: Option<&ContainerCpuStats>) -> f64 {
    let used = |stats: Option<&ContainerCpuStats>| {
        stats.and_then(|stats| stats.cpu_usage.as_ref()).and_then(|usage| usage.total_usage).unwrap_or_default()
    };
    let system = |stats: Option<&ContainerCpuStats>| stats.and_then(|stats| stats.system_cpu_usage).unwrap_or_default();
    let (spent, passed) = (used(after).saturating_sub(used(before)), system(after).saturating_sub(system(before)));
    let cores = after.and_then(|stats| stats.online_cpus).unwrap_or(1).max(1);
    if passed == 0 { 0.0 } else { spent as f64 / passed as f64 * f64::from(cores) * 100.0 }
}

/// As `docker stats` counts: pages that were read from files and are not in use belong to nobody.
fn without_cache(memory: &ContainerMemoryStats) -> u64 {
    let usage = memory.usage.unwrap_or_default();
    let cache = memory.stats.as_ref().and_then(|stats| {
        // Version 1 of control groups, then version 2.
        stats.get("total_inactive_file").or_else(|| stats.get("inactive_file"))
    });
    usage.saturating_sub(cache.copied().filter(|cache| *cache < usage).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rates_and_sums() {
        let read: ContainerStatsResponse = serde_json::from_value(json!({
            "precpu_stats": {"cpu_usage": {"total_usage": 100}, "system_cpu_usage": 1000},
            "cpu_stats": {"cpu_usage": {"total_usage": 200}, "system_cpu_usage": 2000, "online_cpus": 4},
            "memory_stats": {"usage": 1000, "limit": 5000, "stats": {"inactive_file": 300}},
            "networks": {"a": {"rx_bytes": 1, "tx_bytes": 2}, "b": {"rx_bytes": 3, "tx_bytes": 4}},
            "blkio_stats": {"io_service_bytes_recursive": [{"op": "Read", "value": 7}, {"op": "write", "value": 8}]},
            "pids_stats": {"current": 3},
        }))
        .expect("a reading");
        let expected = SeenUsage {
            cpu_percent: 40.0,
            memory_bytes: 700,
            memory_limit_bytes: 5000,
            received_bytes: 4,
            sent_bytes: 6,
            read_bytes: 7,
            written_bytes: 8,
            pids: 3,
            ..SeenUsage::default()
        };
        assert_eq!(usage(&read), expected);
        assert_eq!(usage(&ContainerStatsResponse::default()), SeenUsage::default());
    }
}
