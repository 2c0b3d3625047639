//! Whether a container has gone quiet: its control group uses little CPU time, and none of its threads waits for a CPU or for a
//! disk. A probe at a busy moment can break a service that is still starting, and slows what it waits for. On a machine that is
//! short of CPUs the time alone tells nothing: who gets little looks idle. The pause that tells that a container has nothing left to
//! do is as long as it has worked so far: what has hardly begun has hardly anything to break.

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long a container must be quiet: as much as it has had of the CPU, but no less and no more.
const QUIET: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(400));
/// Looks in that time.
const LOOKS: u32 = 4;
/// Share of one core that counts as quiet.
const SHARE: f64 = 0.1;
/// A container that is busy for so long is busy by nature.
const AT_MOST: Duration = Duration::from_secs(15);

/// Waits until the container of this process is quiet. Returns at once where that cannot be seen.
pub(super) async fn wait_until_quiet(pid: i32) {
    let Some(counter) = counter(pid) else { return };
    let began = Instant::now();
    let mut quiet_since = began;
    let Some(mut before) = counter.read() else { return };
    let mut looked = began;
    loop {
        let enough = before.clamp(QUIET.0, QUIET.1);
        if looked - quiet_since >= enough || looked - began >= AT_MOST {
            return;
        }
        tokio::time::sleep(enough / LOOKS).await;
        let Some(used) = counter.read() else { return };
        let now = Instant::now();
        let share = used.saturating_sub(before).as_secs_f64() / (now - looked).as_secs_f64().max(f64::EPSILON);
        if share >= SHARE || counter.is_short() {
            quiet_since = now;
        }
        (before, looked) = (used, now);
    }
}

/// Where a control group counts its CPU time.
#[derive(Debug, PartialEq)]
enum Counter {
    /// `cpu.stat` of version 2.
    Unified(PathBuf),
    /// `cpuacct.usage` of version 1.
    Legacy(PathBuf),
}

impl Counter {
    fn read(&self) -> Option<Duration> {
        match self {
            Self::Unified(path) => {
                let text = std::fs::read_to_string(path).ok()?;
                let usage = text.lines().find_map(|line| line.strip_prefix("usage_usec "))?;
                Some(Duration::from_micros(usage.trim().parse().ok()?))
            }
            Self::Legacy(path) => Some(Duration::from_nanos(std::fs::read_to_string(path).ok()?.trim().parse().ok()?)),
        }
    }
}

impl Counter {
    /// Whether a thread of the group waits for a CPU or for a disk at this moment. False where that cannot be seen.
    fn is_short(&self) -> bool {
        let (Self::Unified(path) | Self::Legacy(path)) = self;
        let list = path.parent().map(|group| group.join("cgroup.procs"));
        let list = list.and_then(|list| std::fs::read_to_string(list).ok()).unwrap_or_default();
        list.lines().any(|pid| {
            let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
            let mut stats = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
            stats.any(|stat| waits(&stat))
        })
    }
}

/// Whether a thread's `stat` tells of one that would go on if it were let: `R` runs or could run, `D` waits for a disk.
fn waits(stat: &str) -> bool {
    // The name before it may hold anything, parentheses too.
    stat.rsplit_once(')').is_some_and(|(_, rest)| matches!(rest.trim_start().bytes().next(), Some(b'R' | b'D')))
}

fn counter(pid: i32) -> Option<Counter> {
    let groups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    candidates(&groups).into_iter().find(|candidate| candidate.read().is_some())
}

/// The places where the counter may be, from `/proc/PID/cgroup`.
fn candidates(groups: &str) -> Vec<Counter> {
    let mut candidates = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let path = path.trim_start_matches('/');
        // The root group counts the whole host.
        if path.is_empty() {
            continue;
        }
        if controllers.is_empty() {
            for mount in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
                candidates.push(Counter::Unified(PathBuf::from(mount).join(path).join("cpu.stat")));
            }
        } else if controllers.split(',').any(|controller| controller == "cpuacct") {
            for mount in ["/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup/cpu,cpuacct"] {
                candidates.push(Counter::Legacy(PathBuf::from(mount).join(path).join("cpuacct.usage")));
            }
        }
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_would_go_on() {
        for (stat, expected) in [
            ("12 (python) R 1 12", true),
            ("12 (python) D 1 12", true),
            ("12 (python) S 1 12", false),
            ("12 (a) R (b) S 1 12", false),
            ("", false),
        ] {
            assert_eq!(waits(stat), expected, "{stat}");
        }
    }

    #[test]
    fn where_the_cpu_time_is_counted() {
        for (groups, expected) in [
            ("0::/system.slice/docker-1.scope\n", "/sys/fs/cgroup/system.slice/docker-1.scope/cpu.stat"),
            ("3:cpu,cpuacct:/docker/1\n0::/\n", "/sys/fs/cgroup/cpuacct/docker/1/cpuacct.usage"),
        ] {
            let path = match candidates(groups).into_iter().next() {
                Some(Counter::Unified(path) | Counter::Legacy(path)) => path,
                None => PathBuf::new(),
            };
            assert_eq!(path, PathBuf::from(expected));
        }
        assert_eq!(candidates("0::/\n"), []);
    }
}
