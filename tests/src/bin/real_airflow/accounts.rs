//! The processor time of processes that have ended, by Linux's process accounting (acct(5), records of version 3).

use nix::unistd::acct;
use std::collections::BTreeMap;
use std::time::Duration;
use tempfile::NamedTempFile;

/// Bytes of a record.
const RECORD: usize = 64;
/// The version that has the parent's number.
const VERSION: u8 = 3;
/// Units of a time in a second.
const TICKS: f64 = 100.0;

/// Written to by the kernel for every process of the machine that ends, until this is dropped.
pub struct Accounts {
    file: NamedTempFile,
}

impl Accounts {
    /// Begins. An error where this process is not root's, or the kernel keeps no accounts.
    pub fn open() -> Result<Self, String> {
        let file = NamedTempFile::new().map_err(|error| error.to_string())?;
        acct::enable(file.path()).map_err(|error| format!("no process accounting ({error}): it needs root"))?;
        Ok(Self { file })
    }

    /// What these processes, which have ended, and their descendants that have, used, seconds. An error where the kernel has not told of each.
    pub fn used_s(&self, processes: &[u32]) -> Result<f64, String> {
        let bytes = std::fs::read(self.file.path()).map_err(|error| error.to_string())?;
        let ended: BTreeMap<u32, Ended> = bytes.chunks_exact(RECORD).filter_map(Ended::read).collect();
        if let Some(untold) = processes.iter().find(|pid| !ended.contains_key(pid)) {
            return Err(format!(
                "process {untold} is not in the kernel's accounts (version {VERSION} of their records?)"
            ));
        }
        let descendants = ended.iter().filter(|(pid, _)| descends(**pid, processes, &ended));
        Ok(descendants.map(|(_, one)| one.used.as_secs_f64()).sum())
    }
}

impl Drop for Accounts {
    fn drop(&mut self) {
        // Without it the kernel would go on writing to a file that nobody can read.
        let _ = acct::disable();
    }
}

/// A process that has ended.
struct Ended {
    parent: u32,
    used: Duration,
}

impl Ended {
    /// With its number; `None` of a record that is of another version.
    fn read(record: &[u8]) -> Option<(u32, Self)> {
        let long = |at: usize| Some(u32::from_ne_bytes(record.get(at..at + 4)?.try_into().ok()?));
        let time = |at: usize| Some(ticks(u16::from_ne_bytes(record.get(at..at + 2)?.try_into().ok()?)));
        if *record.get(1)? != VERSION {
            return None;
        }
        let used = Duration::from_secs_f64((time(32)? + time(34)?) / TICKS);
        Some((long(16)?, Self { parent: long(20)?, used }))
    }
}

/// Whether a process is one of these, or was begun by one.
fn descends(pid: u32, of: &[u32], ended: &BTreeMap<u32, Ended>) -> bool {
    // Numbers are given out again, so that a chain could be a ring.
    let parents = std::iter::successors(Some(pid), |pid| ended.get(pid).map(|one| one.parent));
    parents.take(ended.len()).any(|pid| of.contains(&pid))
}

/// A `comp_t`: thirteen bits, and above them how often they are to be taken eightfold.
fn ticks(packed: u16) -> f64 {
    f64::from(packed & 0x1fff) * 8_f64.powi(i32::from(packed >> 13))
}
