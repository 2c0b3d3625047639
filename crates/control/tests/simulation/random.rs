//! The simulation's only chance: every draw follows from the seed.

use std::ops::RangeInclusive;
use std::time::Duration;

/// A stream of numbers (SplitMix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x5eed_5eed_5eed_5eed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Another stream, so that what is drawn there moves nothing here.
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }

    pub fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        range.start() + self.next() % (range.end() - range.start() + 1)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.within(1..=100) <= percent
    }

    pub fn one_of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.within(0..=all.len() as u64 - 1) as usize]
    }

    /// Those of all that a coin chooses, at least one where there is one.
    pub fn some_of<T: Clone>(&mut self, all: &[T]) -> Vec<T> {
        let mut some: Vec<T> = all.iter().filter(|_| self.percent(40)).cloned().collect();
        if some.is_empty() && !all.is_empty() {
            some.push(self.one_of(all).clone());
        }
        some
    }

    /// A pause: none, some milliseconds, or up to a minute.
    pub fn pause(&mut self) -> Duration {
        Duration::from_millis(match self.within(0..=9) {
            0..=1 => 0,
            2..=4 => self.within(1..=400),
            5..=7 => self.within(400..=5_000),
            8 => self.within(5_000..=20_000),
            _ => self.within(20_000..=60_000),
        })
    }
}
