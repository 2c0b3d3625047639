//! Whether a container has gone quiet: its control group uses little CPU time, and none of its threads waits for a CPU or for a
//! disk. A probe at a busy moment can break a service that is still starting, and slows what it waits for. On a machine that is
//! short of CPUs the time alone tells nothing: who gets little looks idle. The pause that tells that a container has nothing left to
//! do is as long as it has worked so far: what has hardly begun has hardly anything to break.
//!
//! What has started may go on in beats: it looks once a second for something to do. A probe that takes its time to begin, after a long pause, meets the
//! next beat. One right after a beat has all the rest to itself: Airflow's scheduler forks a server for its health together with its connection to
//! the database, and the first request breaks both where it comes while that is in use.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

/// How long a container must be quiet: as much as it has had of the CPU, but no less and no more. With an upper
/// bound of 0.4 s every other check of Celery's worker met it while it stood still to look for others, and failed; with 0.6 s none did.
const QUIET: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(600));
/// Looks in that time.
const LOOKS: u32 = 4;
/// Share of one core that counts as quiet.
const SHARE: f64 = 0.1;
/// What is quiet for so long has no beat.
const NO_BEAT: Duration = Duration::from_millis(1_200);
/// What works for longer than that has more to do than a beat.
const BEAT: Duration = Duration::from_millis(600);
/// Between looks for a beat.
const LISTEN: Duration = Duration::from_millis(40);
/// Looks without work after which a beat is over: it waits for answers in between.
const BEAT_OVER: u32 = 3;
/// A container that is busy for so long is busy by nature.
const AT_MOST: Duration = Duration::from_secs(15);

/// Waits until the container of this process is quiet, and, with `beats`, one that has worked for some time until it has just had a beat, or has none.
/// `false`, at once, where that cannot be seen.
pub(super) async fn wait_until_quiet(pid: i32, beats: bool) -> bool {
    let Some(counter) = counter(pid) else { return false };
    settle(|| counter.read().map(|used| Look { used, is_short: counter.is_short() }), beats).await
}

/// What is seen of a container in one moment.
#[derive(Debug, Clone, Copy)]
struct Look {
    /// The CPU time that it has used so far.
    used: Duration,
    /// A thread of it waits for a CPU or a disk.
    is_short: bool,
}

/// Looks until it is quiet in this sense, or for long enough, or until there is nothing to be seen any more. `false` where there never was.
async fn settle(look: impl Fn() -> Option<Look>, beats: bool) -> bool {
    let until = Instant::now() + AT_MOST;
    let mut was_seen = false;
    while let Some((since, last)) = quiet(&look, until).await {
        was_seen = true;
        if !beats || last.used < QUIET.1 || beat(&look, since, last, until).await {
            break;
        }
    }
    was_seen
}

/// Looks until a whole pause was quiet, or until then. Since when it was, and the last look; `None` where there is nothing to be seen.
async fn quiet(look: &impl Fn() -> Option<Look>, until: Instant) -> Option<(Instant, Look)> {
    // The newest looks since it was short of something, a pause of them at the most.
    let mut window: VecDeque<(Instant, Duration)> = VecDeque::new();
    loop {
        let seen = look()?;
        let now = Instant::now();
        let pause = seen.used.clamp(QUIET.0, QUIET.1);
        if seen.is_short {
            window.clear();
        }
        window.push_back((now, seen.used));
        while window.get(1).is_some_and(|(at, _)| now - *at >= pause) {
            window.pop_front();
        }
        let (since, before) = window.front().copied().unwrap_or((now, seen.used));
        let worked = seen.used.saturating_sub(before);
        if (now - since >= pause && worked < (now - since).mul_f64(SHARE)) || now >= until {
            return Some((since, seen));
        }
        tokio::time::sleep(pause / LOOKS).await;
    }
}

/// Looks at a container that has been quiet since then until a beat of it is over, or it turns out to have none, or until then. `false` where it works
/// on: it has not started yet.
async fn beat(look: &impl Fn() -> Option<Look>, since: Instant, mut last: Look, until: Instant) -> bool {
    let (mut at, mut began, mut idle) = (Instant::now(), None, 0);
    while at < until {
        tokio::time::sleep(LISTEN).await;
        let (Some(seen), now) = (look(), Instant::now()) else { break };
        let works = seen.is_short || seen.used.saturating_sub(last.used) >= (now - at).mul_f64(SHARE);
        idle = if works { 0 } else { idle + 1 };
        match began {
            None if works => began = Some((at, last.used)),
            None if now - since >= NO_BEAT => break,
            // What never rests for long and does little all the same has no beat.
            Some((began, before)) if now - began >= BEAT => {
                return !seen.is_short && seen.used.saturating_sub(before) < (now - began).mul_f64(SHARE);
            }
            Some(_) if idle >= BEAT_OVER => break,
            _ => {}
        }
        (last, at) = (seen, now);
    }
    true
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

    /// How much CPU time a container has used that long after its first look, both in milliseconds, and whether it is short of it then.
    type Life = fn(u64) -> (u64, bool);

    /// The work of so many milliseconds at the beginning of each second.
    fn beats(ms: u64, beat: u64) -> u64 {
        ms / 1_000 * beat + (ms % 1_000).min(beat)
    }

    #[tokio::test(start_paused = true)]
    async fn the_pause_is_as_long_as_the_work_was() {
        // (what it does, whether it may have beats, its life, the wait in milliseconds: from, to)
        let lives: [(&str, bool, Life, u64, u64); 13] = [
            ("has hardly begun", false, |_| (5, false), 50, 60),
            ("has worked a little", false, |_| (200, false), 200, 250),
            ("has worked for long", false, |_| (9_000, false), 600, 750),
            ("works for a second more", false, |ms| (9_000 + ms.min(1_000), false), 1_500, 1_700),
            ("a little now and then is no work", false, |ms| (5 + ms / 40, false), 50, 80),
            ("waits for a disk for a second", false, |ms| (5, ms < 1_000), 1_030, 1_080),
            ("has hardly begun, and may have beats", true, |_| (5, false), 50, 60),
            ("has no beat", true, |_| (9_000, false), 1_200, 1_300),
            ("ticks ten times a second", true, |ms| (9_000 + ms / 100 * 8, false), 1_200, 1_350),
            ("has one each second", true, |ms| (9_000 + beats(ms, 30), false), 1_100, 1_250),
            ("has a long one each second", true, |ms| (9_000 + beats(ms, 200), false), 1_300, 1_450),
            ("waits for a CPU in each", true, |ms| (9_000 + beats(ms, 20), ms % 1_000 < 300), 1_350, 1_500),
            (
                "stands still for a second and works on",
                true,
                |ms| (9_000 + ms.saturating_sub(1_000).min(2_000), false),
                4_100,
                4_300,
            ),
        ];
        for (case, beats, life, from, to) in lives {
            let began = Instant::now();
            let look = || {
                let (used, is_short) = life(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
                Some(Look { used: Duration::from_millis(used), is_short })
            };
            assert!(settle(look, beats).await);
            let took = began.elapsed().as_millis();
            assert!((u128::from(from)..=u128::from(to)).contains(&took), "{case}: {took} ms");
        }
        let began = Instant::now();
        assert!(settle(|| Some(Look { used: began.elapsed(), is_short: false }), true).await, "busy by nature");
        assert_eq!(began.elapsed().as_secs(), AT_MOST.as_secs());
        assert!(!settle(|| None, true).await);
    }

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
