//! Many seeds on all cores, each in a thread of its own that is given up when it takes too long: one that hangs fails with its number, as
//! any other.

#![allow(clippy::disallowed_methods)] // The clock on the wall is what a hang is told by.

use crate::run::{Kept, run};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Seconds that a seed may take by the clock on the wall; most take a fraction of one. Seconds in which the whole process stood still are
/// not counted.
const LIMIT_S: u32 = 120;
/// Failures after which no other seed is begun.
const ENOUGH: usize = 20;
/// After how many seeds it is said how far it has got.
const TELL_EVERY: u64 = 1_000;

/// A seed that failed.
pub struct Failed {
    pub seed: u64,
    pub why: String,
    /// What happened; for a seed that hangs, until then.
    pub story: String,
}

/// A seed that is being played.
struct Playing {
    kept: Arc<Kept>,
    seconds: u32,
}

/// Plays seeds, and gives back those that failed, in their order.
pub fn play(seeds: Range<u64>) -> Vec<Failed> {
    let (cores, began) = (std::thread::available_parallelism().map_or(2, usize::from), Instant::now());
    let (tell, told) = channel();
    let mut waiting = seeds.clone();
    let mut playing: BTreeMap<u64, Playing> = BTreeMap::new();
    let mut failed: Vec<Failed> = Vec::new();
    let mut counted = Instant::now();
    let mut passes: Vec<u64> = Vec::new();
    let mut idle_passes = 0;
    loop {
        while playing.len() < cores && failed.len() < ENOUGH {
            let Some(seed) = waiting.next() else { break };
            let kept = Arc::<Kept>::default();
            playing.insert(seed, Playing { kept: kept.clone(), seconds: 0 });
            let tell = tell.clone();
            std::thread::spawn(move || {
                let ended = std::panic::catch_unwind(|| run(seed, &kept));
                // Nobody listens any more to one that was given up.
                let _ = tell.send((seed, ended.map_err(|_| "the run itself panicked".to_owned())));
            });
        }
        if playing.is_empty() {
            failed.sort_by_key(|failed| failed.seed);
            let (played, took) = (waiting.start - seeds.start, began.elapsed().as_secs_f64());
            passes.sort_unstable();
            let (usual, most) = (passes.get(passes.len() / 2), passes.last());
            println!("{played} seeds in {took:.0} s, {} failed", failed.len());
            println!("passes from the last fault to rest: {} in the middle, {} at the most", or_0(usual), or_0(most));
            println!("passes while nothing happened: {idle_passes} at the most");
            return failed;
        }
        match told.recv_timeout(Duration::from_secs(1)) {
            Ok((seed, ended)) if playing.remove(&seed).is_some() => {
                if seed % TELL_EVERY == 0 {
                    println!("seed {seed} after {:.0} s, {} failed", began.elapsed().as_secs_f64(), failed.len());
                }
                match ended {
                    Ok(run) => {
                        passes.push(run.passes);
                        idle_passes = idle_passes.max(run.idle_passes);
                        failed.extend(run.failure.clone().map(|why| Failed { seed, why, story: run.story() }));
                    }
                    Err(why) => failed.push(Failed { seed, why, story: String::new() }),
                }
            }
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => unreachable!("there is a sender here"),
        }
        if counted.elapsed() < Duration::from_secs(1) {
            continue;
        }
        counted = Instant::now();
        for (seed, story) in give_up(&mut playing) {
            failed.push(Failed { seed, why: format!("it has not ended after {LIMIT_S} seconds"), story });
        }
    }
}

fn or_0(number: Option<&u64>) -> u64 {
    number.copied().unwrap_or_default()
}

/// One more second has passed: takes out what has had too many, with its story.
fn give_up(playing: &mut BTreeMap<u64, Playing>) -> Vec<(u64, String)> {
    let mut hanging = Vec::new();
    playing.retain(|seed, it| {
        it.seconds += 1;
        if it.seconds >= LIMIT_S {
            hanging.push((*seed, it.kept.story_so_far()));
        }
        it.seconds < LIMIT_S
    });
    hanging
}
