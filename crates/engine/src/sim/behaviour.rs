//! What the main process of a simulated container does: set by a test for an image or a service, or written in the stack
//! as `SIM_*` variables of a service's environment.

use evenkeel_model::{ImageRef, ServiceName};
use std::collections::BTreeMap;
use std::time::Duration;

/// A main process. The default becomes ready quickly, runs for ever and obeys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// The engine cannot start it, for this reason (`exec: "x": executable file not found`).
    pub start_error: Option<String>,
    /// From when on after the start its healthcheck passes; `None` is never. `SIM_READY_MS`.
    pub ready_after: Option<Duration>,
    /// From when on after the start it listens on its ports; `None` is as soon as it is ready. Databases answer their own check
    /// while they initialise, before they listen. `SIM_LISTEN_MS`.
    pub listens_after: Option<Duration>,
    /// From when on after the start its healthcheck fails again. `SIM_SICK_AFTER_MS`.
    pub sick_after: Option<Duration>,
    /// How it ends by itself. `SIM_EXIT_AFTER_MS`, `SIM_EXIT_CODE`, `SIM_OOM`.
    pub ends: Ends,
    /// So many first runs of each container end at once, with exit code 1. `SIM_CRASHES`.
    pub crashes: u32,
    /// It ignores every signal but SIGKILL. `SIM_DEAF`.
    pub deaf: bool,
    /// How long it takes to end when asked. `SIM_STOP_MS`.
    pub stop_takes: Duration,
    /// Its exit code then. `SIM_STOP_CODE`.
    pub stop_code: i64,
    /// How long its healthcheck takes. `SIM_PROBE_MS`.
    pub probe_takes: Duration,
}

/// How a process ends by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Ends {
    /// With exit code 0 once it is ready, where a container of the stack waits for its service to complete; else never.
    #[default]
    IfAwaited,
    /// Never.
    Never,
    /// After so long.
    After {
        /// Since the start.
        after: Duration,
        /// The exit code.
        code: i64,
        /// The kernel kills it for want of memory; the exit code is 137.
        oom: bool,
    },
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            start_error: None,
            ready_after: Some(Duration::from_millis(300)),
            listens_after: None,
            sick_after: None,
            ends: Ends::IfAwaited,
            crashes: 0,
            deaf: false,
            stop_takes: Duration::from_millis(50),
            stop_code: 0,
            probe_takes: Duration::from_millis(40),
        }
    }
}

impl Behaviour {
    /// A job: it ends with this code after so long.
    pub fn exits(after: Duration, code: i64) -> Self {
        Self { ends: Ends::After { after, code, oom: false }, ..Self::default() }
    }

    /// A service whose healthcheck passes from then on.
    pub fn ready(after: Duration) -> Self {
        Self { ready_after: Some(after), ..Self::default() }
    }

    /// A service whose healthcheck never passes.
    pub fn never_ready() -> Self {
        Self { ready_after: None, ..Self::default() }
    }

    /// A process that only SIGKILL ends.
    pub fn deaf() -> Self {
        Self { deaf: true, ..Self::default() }
    }

    /// As the `SIM_*` variables of an environment say, where they do. Text that is no number is ignored, as a program would.
    pub(super) fn with_environment(mut self, environment: &BTreeMap<String, Option<String>>) -> Self {
        let text = |name: &str| environment.get(name).and_then(Option::as_deref);
        let number = |name: &str| text(name).and_then(|text| text.trim().parse::<i64>().ok());
        let time = |name: &str| number(name).and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
        let flag = |name: &str| text(name).is_some_and(|text| !matches!(text.trim(), "" | "0" | "false"));

        self.ready_after = match text("SIM_READY_MS") {
            Some("never") => None,
            _ => time("SIM_READY_MS").or(self.ready_after),
        };
        self.listens_after = time("SIM_LISTEN_MS").or(self.listens_after);
        self.sick_after = time("SIM_SICK_AFTER_MS").or(self.sick_after);
        self.stop_takes = time("SIM_STOP_MS").unwrap_or(self.stop_takes);
        self.stop_code = number("SIM_STOP_CODE").unwrap_or(self.stop_code);
        self.probe_takes = time("SIM_PROBE_MS").unwrap_or(self.probe_takes);
        self.crashes = number("SIM_CRASHES").and_then(|times| u32::try_from(times).ok()).unwrap_or(self.crashes);
        self.deaf |= flag("SIM_DEAF");
        let (after, code, oom) = (time("SIM_EXIT_AFTER_MS"), number("SIM_EXIT_CODE"), flag("SIM_OOM"));
        if after.is_some() || code.is_some() || oom {
            let after = after.unwrap_or(Duration::from_secs(1));
            self.ends = Ends::After { after, code: if oom { 137 } else { code.unwrap_or(0) }, oom };
        }
        self
    }
}

/// Which containers behave how. A service's behaviour goes before its image's.
#[derive(Debug, Clone, Default)]
pub(super) struct Behaviours {
    pub(super) images: BTreeMap<ImageRef, Behaviour>,
    pub(super) services: BTreeMap<ServiceName, Behaviour>,
}

impl Behaviours {
    pub(super) fn of(
        &self,
        image: Option<&ImageRef>,
        service: Option<&ServiceName>,
        environment: &BTreeMap<String, Option<String>>,
    ) -> Behaviour {
        let of_service = service.and_then(|name| self.services.get(name));
        let set = of_service.or_else(|| image.and_then(|image| self.images.get(image)));
        set.cloned().unwrap_or_default().with_environment(environment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_goes_before_the_service_before_the_image() {
        let ms = Duration::from_millis;
        let behaviours = Behaviours {
            images: BTreeMap::from([("job:1".into(), Behaviour::exits(ms(5), 3)), ("web:1".into(), Behaviour::deaf())]),
            services: BTreeMap::from([("web".into(), Behaviour::ready(ms(7)))]),
        };
        let ends = |after, code, oom| Ends::After { after: ms(after), code, oom };
        for (image, service, environment, expected) in [
            ("x", "y", &[][..], Behaviour::default()),
            ("job:1", "y", &[], Behaviour::exits(ms(5), 3)),
            ("web:1", "web", &[], Behaviour::ready(ms(7))),
            ("web:1", "web", &[("SIM_READY_MS", "9")], Behaviour::ready(ms(9))),
            ("x", "web", &[("SIM_READY_MS", "never")], Behaviour::never_ready()),
            ("x", "web", &[("SIM_READY_MS", "soon")], Behaviour::ready(ms(7))),
            ("x", "y", &[("SIM_DEAF", "1")], Behaviour::deaf()),
            ("x", "y", &[("SIM_DEAF", "0")], Behaviour::default()),
            ("x", "y", &[("SIM_EXIT_CODE", "4")], Behaviour { ends: ends(1000, 4, false), ..Behaviour::default() }),
            ("x", "y", &[("SIM_EXIT_AFTER_MS", "4")], Behaviour { ends: ends(4, 0, false), ..Behaviour::default() }),
            ("x", "y", &[("SIM_OOM", "yes")], Behaviour { ends: ends(1000, 137, true), ..Behaviour::default() }),
            ("x", "y", &[("SIM_CRASHES", "2")], Behaviour { crashes: 2, ..Behaviour::default() }),
        ] {
            let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned()))).collect();
            let got = behaviours.of(Some(&image.into()), Some(&service.into()), &environment);
            assert_eq!(got, expected, "{image} {service} {environment:?}");
        }
    }
}
