//! Native healthchecks with Docker's timing: the first probe comes one whole interval after the start, the next one an
//! interval after the end of the last; failures that began within the start period do not count until one has passed.

use super::agenda::What;
use super::world::World;
use evenkeel_model::{ContainerName, Health as Word, HealthTest, Healthcheck, Timestamp};
use std::time::Duration;
use tokio::time::Instant;

/// A healthcheck's terms, with Docker's defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checks {
    interval: Duration,
    timeout: Duration,
    start_period: Duration,
    /// Between probes in the start period; `None` below API 1.44, which drops it without a word.
    start_interval: Option<Duration>,
    retries: u32,
}

impl Checks {
    /// The file's healthcheck on top of the image's.
    pub(super) fn of(file: Option<&Healthcheck>, image: Option<&Healthcheck>, api: (u32, u32)) -> Option<Self> {
        let pick = |field: fn(&Healthcheck) -> Option<i64>| {
            let nanos = file.and_then(field).or_else(|| image.and_then(field)).filter(|nanos| *nanos > 0);
            nanos.and_then(|nanos| u64::try_from(nanos).ok()).map(Duration::from_nanos)
        };
        let test = |check: Option<&Healthcheck>| check.and_then(|check| check.test.clone());
        match test(file).or_else(|| test(image))? {
            HealthTest::Disabled => return None,
            HealthTest::Command(_) | HealthTest::Shell(_) => {}
        }
        let retries = file.and_then(|check| check.retries).or_else(|| image.and_then(|check| check.retries));
        let start_period = pick(|check| check.start_period_ns).unwrap_or_default();
        let start_interval = pick(|check| check.start_interval_ns).or(Some(Duration::from_secs(5)));
        Some(Self {
            interval: pick(|check| check.interval_ns).unwrap_or(Duration::from_secs(30)),
            timeout: pick(|check| check.timeout_ns).unwrap_or(Duration::from_secs(30)),
            start_period,
            start_interval: start_interval.filter(|_| api >= (1, 44) && !start_period.is_zero()),
            retries: retries.filter(|retries| *retries > 0).unwrap_or(3),
        })
    }

    fn pause(&self, elapsed: Duration, starting: bool) -> Duration {
        self.start_interval.filter(|_| starting && elapsed < self.start_period).unwrap_or(self.interval)
    }
}

/// What the probes of a run have found.
#[derive(Debug, Clone)]
pub(super) struct Health {
    pub(super) word: Word,
    /// A probe has passed.
    pub(super) passed: bool,
    streak: u32,
    /// The end of the first probe of the unbroken row.
    row_since: Option<Timestamp>,
}

impl Health {
    pub(super) fn starting() -> Self {
        Self { word: Word::Starting, passed: false, streak: 0, row_since: None }
    }

    /// Nobody has probed while the container was frozen: what was well is not known to be so now.
    pub(super) fn stand_still(&mut self) {
        if !matches!(self.word, Word::Unhealthy { .. }) {
            self.word = Word::Starting;
        }
    }

    /// Takes a probe's verdict into account. Says whether its word changed from one kind to another.
    fn fold(&mut self, at: Timestamp, passed: bool, early: bool, retries: u32) -> bool {
        self.passed |= passed;
        if passed {
            self.streak = 0;
            let changed = !matches!(self.word, Word::Healthy { .. });
            if changed {
                self.word = Word::Healthy { since: at };
            }
            self.row_since = None;
            return changed;
        }
        if early && matches!(self.word, Word::Starting) {
            return false;
        }
        self.streak += 1;
        let since = *self.row_since.get_or_insert(at);
        if self.streak < retries {
            return false;
        }
        let changed = !matches!(self.word, Word::Unhealthy { .. });
        self.word =
            Word::Unhealthy { since, streak: self.streak, output: "the simulated service is not ready".to_owned() };
        changed
    }
}

impl World {
    /// Plans the next native probe of a run.
    pub(super) fn plan_probe(&mut self, name: &ContainerName, now: Instant) {
        let Some(container) = self.containers.get(name) else { return };
        let (Some(checks), Some(run)) = (&container.checks, &container.run) else { return };
        let starting = run.health.as_ref().is_some_and(|health| matches!(health.word, Word::Starting));
        let pause = checks.pause(now.saturating_duration_since(run.began), starting);
        self.plan(name, now + pause, What::Probe);
    }

    /// A native probe begins.
    pub(super) fn probe_begins(&mut self, name: &ContainerName, now: Instant) {
        let Some(container) = self.containers.get(name) else { return };
        let (Some(checks), Some(run)) = (&container.checks, &container.run) else { return };
        let takes = run.behaviour.probe_takes;
        let passed = run.passes(now) && takes <= checks.timeout;
        let early = now.saturating_duration_since(run.began) < checks.start_period;
        let ends = now + takes.min(checks.timeout);
        self.plan(name, ends, What::ProbeEnds { passed, early });
    }

    /// A native probe ends.
    pub(super) fn probe_ends(&mut self, name: &ContainerName, passed: bool, early: bool, now: Instant) {
        let at = self.clock.engine(now);
        let Some(container) = self.containers.get_mut(name) else { return };
        let (Some(checks), Some(run)) = (&container.checks, &mut container.run) else { return };
        let Some(health) = &mut run.health else { return };
        if health.fold(at, passed, early, checks.retries) {
            let word = if passed { "healthy" } else { "unhealthy" };
            self.container_changed(name, now, word);
        }
        self.plan_probe(name, now);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use chrono::{TimeZone, Utc};

    /// Probes, one a second: `.` passes, `x` fails, `e` fails within the start period. The words after each.
    fn words(probes: &str, retries: u32) -> String {
        let mut health = Health::starting();
        let mut second = 0;
        let word = |health: &Health| match &health.word {
            Word::None => 'n',
            Word::Starting => 's',
            Word::Healthy { .. } => 'h',
            Word::Unhealthy { streak, .. } => char::from_digit(*streak, 10).unwrap(),
        };
        let fold = |probe: char| {
            second += 1;
            health.fold(Utc.timestamp_opt(second, 0).unwrap(), probe == '.', probe == 'e', retries);
            word(&health)
        };
        probes.chars().map(fold).collect()
    }

    #[test]
    fn words_follow_from_rows_of_verdicts() {
        for (probes, retries, expected) in [
            (".", 3, "h"),
            ("xx.", 3, "ssh"),
            ("xxx", 3, "ss3"),
            ("xxxx.", 3, "ss34h"),
            (".xx.", 3, "hhhh"),
            (".xxx.", 3, "hhh3h"),
            ("eeeexxx", 3, "ssssss3"),
            ("e.exx", 3, "shhh3"),
            ("x", 1, "1"),
        ] {
            assert_eq!(words(probes, retries), expected, "{probes} with {retries} retries");
        }
    }

    #[test]
    fn the_file_goes_before_the_image_before_the_defaults() {
        let shell = Some(HealthTest::Shell("true".into()));
        let file =
            Healthcheck { interval_ns: Some(5_000_000_000), start_interval_ns: Some(7), ..Healthcheck::default() };
        let image =
            Healthcheck { test: shell.clone(), retries: Some(9), interval_ns: Some(1), ..Healthcheck::default() };
        let off = Healthcheck { test: Some(HealthTest::Disabled), ..Healthcheck::default() };
        assert_eq!(Checks::of(Some(&file), None, (1, 41)), None, "no test anywhere");
        assert_eq!(Checks::of(Some(&off), Some(&image), (1, 41)), None);
        let checks = Checks::of(Some(&file), Some(&image), (1, 41)).unwrap();
        assert_eq!((checks.interval.as_secs(), checks.timeout.as_secs(), checks.retries), (5, 30, 9));
        let period = Healthcheck { test: shell, start_period_ns: Some(9_000_000_000), ..file };
        assert_eq!(Checks::of(Some(&period), None, (1, 41)).unwrap().start_interval, None, "dropped by older engines");
        assert_eq!(Checks::of(Some(&period), None, (1, 44)).unwrap().start_interval, Some(Duration::from_nanos(7)));
    }
}
