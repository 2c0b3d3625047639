//! The machine and the engine on which was measured.

use evenkeel_tests::DockerApi;
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
            date: printed("date", &["-u", "+%Y-%m-%d %H:%M"]),
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
            load()
        )
    }
}

/// The load average of the last minute.
pub fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(f64::NAN)
}

fn printed(program: &str, arguments: &[&str]) -> String {
    let output = std::process::Command::new(program).args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
