//! What a process has used, look by look.

use std::fmt;

/// Memory may be so much higher at the end than it was before: what an allocator keeps moves up and down by as much. Over the three
/// eighths of an hour between the middles of the compared quarters a leak of 25 MiB an hour is beyond it.
const MEMORY_KIB: i64 = 8 * 1024;
/// As memory, in hundredths of what it was before.
const MEMORY_PERCENT: i64 = 15;
/// Descriptors: connections of clients come and go.
const DESCRIPTORS: i64 = 8;

#[derive(Clone, Copy)]
struct Look {
    memory_kib: i64,
    descriptors: i64,
    newest_entry: i64,
}

/// All looks, in order.
#[derive(Default)]
pub struct Curve(Vec<Look>);

impl Curve {
    /// Looks at a process that runs.
    pub fn add(&mut self, pid: u32, newest_entry: i64) {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let memory_kib = line.split_whitespace().next().unwrap().parse().unwrap();
        let descriptors = i64::try_from(std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()).unwrap();
        self.0.push(Look { memory_kib, descriptors, newest_entry });
    }

    pub fn newest_entry(&self) -> i64 {
        self.0.last().map_or(0, |look| look.newest_entry)
    }

    /// What is higher in the last quarter than it was in the second, beyond its bound. The first is for warming up.
    pub fn growth(&self) -> Vec<String> {
        let mut growth = Vec::new();
        let (before, after) = self.compared(|look| look.memory_kib);
        if after - before > MEMORY_KIB + before * MEMORY_PERCENT / 100 {
            growth.push(format!("memory has grown from {before} to {after} KiB"));
        }
        let (before, after) = self.compared(|look| look.descriptors);
        if after - before > DESCRIPTORS {
            growth.push(format!("descriptors have grown from {before} to {after}"));
        }
        growth
    }

    /// The medians of the second and of the last quarter.
    fn compared(&self, of: impl Fn(&Look) -> i64) -> (i64, i64) {
        let quarter = self.0.len() / 4;
        let median = |looks: &[Look]| {
            let mut values: Vec<i64> = looks.iter().map(&of).collect();
            values.sort_unstable();
            values.get(values.len() / 2).copied().unwrap_or(0)
        };
        (median(&self.0[quarter..2 * quarter]), median(&self.0[3 * quarter..]))
    }
}

impl fmt::Display for Curve {
    /// Memory as bars, from nothing to the highest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let highest = self.0.iter().map(|look| look.memory_kib).max().unwrap_or(1).max(1);
        let bar = |look: &Look| BARS[usize::try_from(look.memory_kib * 7 / highest).unwrap_or(0).min(7)];
        let bars: String = self.0.iter().map(bar).collect();
        let (before, after) = self.compared(|look| look.memory_kib);
        let (files_before, files_after) = self.compared(|look| look.descriptors);
        writeln!(f, "  memory, highest {highest} KiB: {bars}")?;
        write!(
            f,
            "  second quarter {before} KiB and {files_before} descriptors, last quarter {after} KiB and {files_after}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_told_from_warming_up_and_noise() {
        let curve = |memory: fn(i64) -> i64, files: fn(i64) -> i64| {
            let look = |i| Look { memory_kib: memory(i), descriptors: files(i), newest_entry: i };
            Curve((0..60).map(look).collect())
        };
        for (what, curve, found) in [
            ("flat", curve(|_| 40_000, |_| 30), 0),
            ("warming up", curve(|i| 40_000 + 5_000 * i.min(12), |i| 20 + i.min(15)), 0),
            ("noise", curve(|i| 40_000 + 5_000 * (i % 2), |i| 30 + i % 7), 0),
            ("a leak", curve(|i| 40_000 + 1_000 * i, |_| 30), 1),
            ("descriptors", curve(|_| 40_000, |i| 30 + i), 1),
        ] {
            assert_eq!(curve.growth().len(), found, "{what}: {:?}", curve.growth());
        }
    }
}
