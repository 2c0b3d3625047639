//! What a process has used, from the kernel's own accounts.

use std::time::Duration;

/// Ticks in which the kernel tells processor time on every Linux.
const TICKS_A_SECOND: f64 = 100.0;
/// A process that has used no tick in so many looks, so far apart, has nothing to do just now.
const QUIET_LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Processor time so far, of all threads.
pub fn processor_time(pid: u32) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name in brackets may hold anything; what follows it does not.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
    Duration::from_secs_f64(ticks / TICKS_A_SECOND)
}

/// Waits until a process has nothing to do, and returns its processor time.
pub async fn quiet(pid: u32) -> Duration {
    let (mut used, mut looks) = (processor_time(pid), 0);
    let mut pause = tokio::time::interval(BETWEEN_LOOKS);
    while looks < QUIET_LOOKS {
        pause.tick().await;
        let now = processor_time(pid);
        looks = if now == used { looks + 1 } else { 0 };
        used = now;
    }
    used
}

/// Resident memory now and at its highest, MB.
pub fn memory_mb(pid: u32) -> (f64, f64) {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
    };
    (field("VmRSS:"), field("VmHWM:"))
}
