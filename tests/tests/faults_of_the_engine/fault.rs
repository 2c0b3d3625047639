//! The faults, by name.

use std::time::Duration;

/// What is broken, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// `docker kill` of a service's container.
    Kill(&'static str),
    /// `docker stop`.
    Stop(&'static str),
    /// `docker rm -f`.
    Remove(&'static str),
    /// `docker pause`.
    Pause(&'static str),
    /// `docker network disconnect -f`.
    Disconnect(&'static str),
    /// The same, and then `docker network connect` without a word on aliases.
    Reconnect(&'static str),
    /// Everybody is disconnected, and the network is removed.
    NetworkRemoved,
    /// Who uses the volume is removed, and the volume.
    VolumeRemoved,
    /// The image's tag goes during `up`, and comes back three seconds later.
    ImageRemovedDuringUp,
    /// A memory-limited container runs out of memory.
    OutOfMemory,
    /// A healthcheck fails from now on, until the container is started again.
    Unhealthy,
    /// A dependency is unhealthy at two seconds and healthy at five.
    LateDependency,
    /// A service that ends whenever it is started: it is told that the stack is not up.
    CrashLoop,
    /// A service that never becomes healthy: it is told that the stack is not up.
    NeverHealthy,
    /// dockerd is killed and started again.
    EngineKilled {
        /// With live-restore.
        live_restore: bool,
    },
    /// dockerd stands still while a container ends, and goes on.
    EngineFrozen,
    /// All is killed at once, and started again.
    Reboot {
        /// The daemon comes before the engine, or after it.
        daemon_first: bool,
    },
    /// The daemon is killed while it brings the stack up, resets it, or takes it down, and started again.
    DaemonKilled,
    /// The disk under the state directory is full while a container is killed.
    DiskFull,
}

/// All of them.
pub const ALL: [Fault; 24] = [
    Fault::Kill("web"),
    Fault::Kill("db"),
    Fault::Stop("web"),
    Fault::Remove("web"),
    Fault::Remove("db"),
    Fault::Pause("web"),
    Fault::Disconnect("db"),
    Fault::Reconnect("db"),
    Fault::NetworkRemoved,
    Fault::VolumeRemoved,
    Fault::ImageRemovedDuringUp,
    Fault::OutOfMemory,
    Fault::Unhealthy,
    Fault::LateDependency,
    Fault::CrashLoop,
    Fault::NeverHealthy,
    Fault::EngineKilled { live_restore: false },
    Fault::EngineKilled { live_restore: true },
    Fault::EngineFrozen,
    Fault::Reboot { daemon_first: true },
    Fault::Reboot { daemon_first: false },
    Fault::DiskFull,
    Fault::DaemonKilled,
    Fault::Kill("sick"),
];

impl Fault {
    /// For the table.
    pub fn name(self) -> String {
        match self {
            Self::Kill(service) => format!("docker kill {service}"),
            Self::Stop(service) => format!("docker stop {service}"),
            Self::Remove(service) => format!("docker rm -f {service}"),
            Self::Pause(service) => format!("docker pause {service}"),
            Self::Disconnect(service) => format!("network disconnect {service}"),
            Self::Reconnect(service) => format!("network connect {service} without its aliases"),
            Self::NetworkRemoved => "network removed".to_owned(),
            Self::VolumeRemoved => "volume and its users removed".to_owned(),
            Self::ImageRemovedDuringUp => "image gone for 3 s during up".to_owned(),
            Self::OutOfMemory => "out of memory".to_owned(),
            Self::Unhealthy => "unhealthy until restarted".to_owned(),
            Self::LateDependency => "dependency unhealthy at 2 s, healthy at 5".to_owned(),
            Self::CrashLoop => "crash loop is told".to_owned(),
            Self::NeverHealthy => "never healthy is told".to_owned(),
            Self::EngineKilled { live_restore: false } => "dockerd killed".to_owned(),
            Self::EngineKilled { live_restore: true } => "dockerd killed, live-restore".to_owned(),
            Self::EngineFrozen => format!("dockerd frozen {} s", freeze().as_secs()),
            Self::Reboot { daemon_first: true } => "reboot, daemon before engine".to_owned(),
            Self::Reboot { daemon_first: false } => "reboot, engine before daemon".to_owned(),
            Self::DaemonKilled => "daemon killed in up, reset, down".to_owned(),
            Self::DiskFull => "state disk full, docker kill web".to_owned(),
        }
    }

    /// Part of every run of the tests: what no other test does, and what takes seconds.
    pub fn is_quick(self) -> bool {
        matches!(self, Self::OutOfMemory | Self::EngineKilled { live_restore: false } | Self::DiskFull)
    }

    /// The others are about the daemon, which Compose does not have.
    pub fn concerns_compose(self) -> bool {
        !matches!(self, Self::DaemonKilled | Self::DiskFull)
    }

    /// How often it is injected. What Compose does not mend takes the whole bound, so that once is enough.
    pub fn rounds(self, ours: bool) -> usize {
        match self {
            _ if !ours => 1,
            Self::DaemonKilled => number("EVENKEEL_KILLS").or_else(all_rounds).unwrap_or(1),
            _ => all_rounds().unwrap_or(1),
        }
    }

    /// Within this time after the fault all must be whole.
    pub fn bound(self) -> Duration {
        Duration::from_secs(if matches!(self, Self::EngineKilled { .. } | Self::Reboot { .. }) { 60 } else { 30 })
    }
}

/// How often each fault is injected, where all are: `EVENKEEL_FAULTS`.
pub fn all_rounds() -> Option<usize> {
    number("EVENKEEL_FAULTS")
}

/// How long dockerd is frozen: `EVENKEEL_FREEZE` seconds.
pub fn freeze() -> Duration {
    Duration::from_secs(number("EVENKEEL_FREEZE").unwrap_or(10) as u64)
}

fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}
