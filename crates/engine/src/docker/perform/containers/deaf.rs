//! Whether a container's main process cannot hear a signal. The kernel drops what process 1 of a PID namespace has no handler for, so
//! that a stop would wait for the whole grace and then kill.

use crate::docker::perform::is_process_of;
use nix::sys::signal::Signal;
use std::fs::read_to_string;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// Between the two looks that must agree.
const BETWEEN: Duration = Duration::from_millis(10);
/// What signal numbers of real time begin with, as Docker and glibc count them.
const SIGRTMIN: u32 = 34;

/// Whether the signal is lost on the container's main process. False wherever that cannot be seen for certain.
pub(super) async fn is_deaf(pid: i64, container: &str, signal: Option<&str>) -> bool {
    let Some(signal) = number(signal.unwrap_or("SIGTERM")) else { return false };
    let process = format!("/proc/{pid}");
    let look = || cannot_hear(Path::new(&process), container, signal);
    if !look() {
        return false;
    }
    // A thread that has just begun or ended a wait for signals may have been seen in between.
    tokio::time::sleep(BETWEEN).await;
    look()
}

/// The number of `SIGTERM`, `TERM`, `15` or `SIGRTMIN+3`, if another process can be told it.
fn number(name: &str) -> Option<u32> {
    let name = name.trim().to_uppercase();
    if let Ok(number) = name.parse() {
        return (1..=64).contains(&number).then_some(number);
    }
    let name = if name.starts_with("SIG") { name } else { format!("SIG{name}") };
    if let Some(above) = name.strip_prefix("SIGRTMIN") {
        let above: u32 = if above.is_empty() { 0 } else { above.strip_prefix('+')?.parse().ok()? };
        return Some(SIGRTMIN + above).filter(|number| *number <= 64);
    }
    Signal::from_str(&name).ok().and_then(|signal| u32::try_from(signal as i32).ok())
}

fn cannot_hear(process: &Path, container: &str, signal: u32) -> bool {
    // SIGKILL and SIGSTOP need nobody who listens.
    if matches!(signal, 9 | 19) {
        return false;
    }
    let is_it = is_process_of(process, container);
    let Ok(threads) = std::fs::read_dir(process.join("task")) else { return false };
    let mut seen = false;
    for thread in threads {
        let Ok(thread) = thread.map(|thread| thread.path()) else { return false };
        let (Ok(wait), Ok(status)) = (read_to_string(thread.join("wchan")), read_to_string(thread.join("status")))
        else {
            return false;
        };
        if hears(&status, &wait, signal) {
            return false;
        }
        seen = true;
    }
    is_it && seen
}

/// Whether one thread may hear a signal, from its `status` and `wchan`. A signal that is ignored on purpose counts as heard: whoever
/// does so may have work to finish.
fn hears(status: &str, wait: &str, signal: u32) -> bool {
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let bit = 1_u64 << (signal - 1);
    let holds = |name: &str| {
        let mask = field(name).and_then(|mask| u64::from_str_radix(mask, 16).ok());
        // What is not told may be so.
        mask.is_none_or(|mask| mask & bit != 0)
    };
    let is_first = field("NSpid:").and_then(|numbers| numbers.split_whitespace().next_back()) == Some("1");
    let is_main = field("Pid:") == field("Tgid:");
    let asleep = field("State:").is_some_and(|state| state.starts_with('S'));
    // While a thread waits in sigwait (as dumb-init and tini do all the time) the kernel does not show that it blocks the signal. Where
    // it waits is hidden (`0`) from a reader without the right to see it, and for a thread that runs.
    let may_wait_for_signals = !asleep || wait.contains("sigtimedwait") || matches!(wait.trim(), "" | "0");
    (is_main && !is_first) || holds("SigCgt:") || holds("SigBlk:") || holds("SigIgn:") || may_wait_for_signals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_by_name_and_number() {
        for (name, expected) in [
            ("SIGTERM", Some(15)),
            ("term", Some(15)),
            ("15", Some(15)),
            ("SIGQUIT", Some(3)),
            ("SIGRTMIN+3", Some(37)),
            ("RTMIN", Some(34)),
            ("SIGRTMIN+99", None),
            ("0", None),
            ("65", None),
            ("SIGNOTHING", None),
        ] {
            assert_eq!(number(name), expected, "{name}");
        }
    }

    #[test]
    fn who_hears_sigterm() {
        let status = |state: &str, pids: &str, blocked: &str, ignored: &str, caught: &str| {
            format!(
                "Name:\tx\nState:\t{state}\nTgid:\t70\nPid:\t70\nNSpid:\t{pids}\nSigBlk:\t{blocked}\nSigIgn:\t{ignored}\nSigCgt:\t{caught}\n"
            )
        };
        let (none, term) = ("0000000000000000", "0000000000004000");
        for (what, status, wait, expected) in [
            ("no handler", status("S (sleeping)", "70\t1", none, none, none), "hrtimer_nanosleep", false),
            ("handlers of others", status("S (sleeping)", "70\t1", none, none, "0000000000010002"), "do_wait", false),
            ("a handler", status("S (sleeping)", "70\t1", none, none, term), "do_wait", true),
            ("blocked, for a signalfd", status("S (sleeping)", "70\t1", term, none, none), "do_epoll_wait", true),
            ("ignored on purpose", status("S (sleeping)", "70\t1", none, term, none), "do_wait", true),
            ("in sigwait", status("S (sleeping)", "70\t1", none, none, none), "do_sigtimedwait.isra.0", true),
            ("hidden", status("S (sleeping)", "70\t1", none, none, none), "0", true),
            ("it runs", status("R (running)", "70\t1", none, none, none), "0", true),
            (
                "not process 1, so that the signal ends it",
                status("S (sleeping)", "70", none, none, none),
                "do_wait",
                true,
            ),
            ("unreadable", String::new(), "do_wait", true),
        ] {
            assert_eq!(hears(&status, wait, 15), expected, "{what}");
        }
    }

    #[test]
    fn this_process_is_not_deaf() {
        let own = std::path::PathBuf::from(format!("/proc/{}", std::process::id()));
        assert!(!cannot_hear(&own, "", 15), "it is not process 1 of a container");
        assert!(!cannot_hear(Path::new("/proc/0"), "", 15), "there is none");
    }
}
