//! What kind of engine is simulated: its API level, its pace, its seed.

use chrono::{TimeZone, Utc};
use evenkeel_model::Timestamp;
use std::time::Duration;

/// The terms of a simulation.
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// Decides every random draw: ids and faults. Tests print it.
    pub seed: u64,
    /// The wall time at the start; from there on it follows tokio's clock.
    pub started_at: Timestamp,
    /// The API's version. Below 1.44 a container is created with one endpoint and the others are connected one by one.
    pub api: (u32, u32),
    /// The engine is on this host: what listens inside its containers can be seen.
    pub local: bool,
    /// How long requests take.
    pub pace: Pace,
    /// So many containers are created or started at a time, and others wait for their turn. `None` is as many as are asked for.
    pub starts_at_once: Option<usize>,
    /// The engine leaves containers alone when it goes down and comes back. Docker's default is no.
    pub live_restore: bool,
    /// How often a client looks at everything again in case events were lost.
    pub resync: Duration,
}

impl Default for SimOptions {
    /// An engine like Docker 20.10, seed 0.
    fn default() -> Self {
        Self {
            seed: 0,
            started_at: Utc.timestamp_opt(1_767_225_600, 0).single().unwrap_or_default(),
            api: (1, 41),
            local: true,
            pace: Pace::default(),
            starts_at_once: None,
            live_restore: false,
            resync: Duration::from_secs(60),
        }
    }
}

/// How long the engine takes for requests of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// To make a network.
    pub create_network: Duration,
    /// To remove one.
    pub remove_network: Duration,
    /// To make a container.
    pub create_container: Duration,
    /// To start one.
    pub start: Duration,
    /// To remove one.
    pub remove_container: Duration,
    /// To pull an image.
    pub pull: Duration,
    /// To build one.
    pub build: Duration,
    /// Between a process's end and the engine's word of it.
    pub reap: Duration,
}

impl Default for Pace {
    /// As measured with Docker 20.10 on two quiet cores.
    fn default() -> Self {
        Self {
            create_network: Duration::from_millis(70),
            remove_network: Duration::from_millis(180),
            create_container: Duration::from_millis(10),
            start: Duration::from_millis(200),
            remove_container: Duration::from_millis(30),
            pull: Duration::from_millis(1500),
            build: Duration::from_millis(3000),
            reap: Duration::from_millis(60),
        }
    }
}

impl Pace {
    /// Every request is answered at once.
    pub fn instant() -> Self {
        Self {
            create_network: Duration::ZERO,
            remove_network: Duration::ZERO,
            create_container: Duration::ZERO,
            start: Duration::ZERO,
            remove_container: Duration::ZERO,
            pull: Duration::ZERO,
            build: Duration::ZERO,
            reap: Duration::ZERO,
        }
    }
}
