//! Random numbers from a printed seed.

/// xorshift64*: small, and the same everywhere.
pub struct Random(u64);

impl Random {
    /// From `EVENKEEL_SEED`, or else from the given seed, which is printed so that a failure can be repeated.
    pub fn seeded(default: u64) -> Self {
        let seed = std::env::var("EVENKEEL_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(default);
        println!("seed {seed} (set EVENKEEL_SEED to repeat or change it)");
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % bound.max(1)
    }
}
