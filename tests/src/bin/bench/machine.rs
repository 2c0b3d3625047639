//! The machine and the engine on which was measured.

use evenkeel_tests::{DockerApi, figures};
use std::fmt;

/// What a reader must know to judge the figures.
pub struct Machine {
    /// `20.10`.
    pub engine_series: String,
    engine: String,
    cores: usize,
    compose: String,
    date: String,
}

impl Machine {
    /// Asks the engine, Compose and the kernel.
    pub async fn look(docker: &DockerApi) -> Result<Self, String> {
        let version = docker.get("/version").await;
        let text = |key: &str| version[key].as_str().unwrap_or_default().to_owned();
        let number = text("Version");
        let series: Vec<&str> = number.split('.').take(2).collect();
        Ok(Self {
            engine_series: series.join("."),
            engine: format!("{number} (API {})", text("ApiVersion")),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            compose: crate::side::compose_version()?,
            date: figures::date(),
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} UTC, engine {}, Docker Compose {}, {} cores, load at the beginning {:.1}.",
            self.date,
            self.engine,
            self.compose,
            self.cores,
            figures::load()
        )
    }
}
