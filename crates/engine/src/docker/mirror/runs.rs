//! Who ended a container's run, folded from the engine's events; and the early probes of a run. Pure.
//!
//! What the events mean (Engine 20.10 to 28): `kill` comes before `die` when somebody stops or kills, `stop` on either side of it; a restart by policy is
//! `die`, `start`; a `stop` during the policy's back-off comes alone; memory may run out without a `die`.

use evenkeel_model::{Container, ContainerState, EarlyProbe, EndedBy, Exit, Timestamp};
use std::collections::HashMap;

/// What an event says about a container's run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::docker) enum RunEvent {
    /// A new run began.
    Start,
    /// Somebody sent this signal.
    Kill(i32),
    /// The run ended, with this exit code.
    Die(i32),
    /// Somebody stopped it; comes after `Die`, or alone while the policy waits.
    Stop,
    /// The container is gone.
    Destroy,
}

/// What is known of the newest run of each container, beside what the engine tells.
#[derive(Debug, Default)]
pub(super) struct Runs(HashMap<String, Run>);

#[derive(Debug, Clone, Default)]
struct Run {
    /// When it began, once an inspection has told.
    started_at: Option<Timestamp>,
    /// Its events have been watched since it ran: an end without a kill is its own.
    watched: bool,
    /// A signal that ends processes was sent, by whomever.
    signalled: bool,
    /// Who ended it.
    ended: Option<EndedBy>,
    /// It ended with another code than 0.
    failed: bool,
    probe: Option<(Timestamp, EarlyProbe)>,
    /// Its healthcheck has passed.
    was_healthy: bool,
    /// We have put into it all that it needs before its first start.
    whole: bool,
}

impl Runs {
    /// Takes an event into account.
    pub(super) fn fold(&mut self, id: &str, event: RunEvent) {
        if event == RunEvent::Destroy {
            self.0.remove(id);
            return;
        }
        let run = self.0.entry(id.to_owned()).or_default();
        match event {
            RunEvent::Start => {
                *run = Run { watched: true, probe: run.probe.take(), whole: run.whole, ..Run::default() };
            }
            RunEvent::Kill(signal) => run.signalled |= ends_processes(signal),
            RunEvent::Die(code) => {
                run.ended = Some(if run.signalled { EndedBy::Outside } else { EndedBy::Itself });
                run.failed = code != 0;
            }
            RunEvent::Stop => run.ended = Some(EndedBy::Outside),
            RunEvent::Destroy => {}
        }
    }

    /// We have completed it.
    pub(super) fn made_whole(&mut self, id: &str) {
        self.0.entry(id.to_owned()).or_default().whole = true;
    }

    /// We are about to end it ourselves.
    pub(super) fn signal_sent(&mut self, id: &str) {
        self.0.entry(id.to_owned()).or_default().signalled = true;
    }

    /// Whether the cause of this end is still on its way: the run was watched, has ended, and no event has said how; or it is
    /// a newer run than events have told of.
    pub(super) fn cause_is_due(&self, container: &Container) -> bool {
        container.exit().is_some()
            && self
                .0
                .get(&container.id)
                .is_some_and(|run| !run.is_of(container) || (run.watched && run.ended.is_none() && !run.signalled))
    }

    /// Adds to an inspected container what it does not tell by itself, and takes note of its run.
    pub(super) fn complete(&mut self, container: &mut Container) {
        let run = self.0.entry(container.id.clone()).or_default();
        // Where the inspection is of a newer run than the events have told of, its `start` is on its way: what is known of
        // the older run says nothing about it.
        if run.is_of(container) {
            run.started_at = container.started_at;
            run.watched |= container.is_running();
            run.was_healthy |= container.was_healthy;
            container.was_healthy = run.was_healthy;
            let (ended, signalled, watched) = (run.ended, run.signalled, run.watched);
            if let Some(exit) = exit_mut(&mut container.state) {
                exit.by = match ended {
                    Some(by) => by,
                    None if signalled => EndedBy::Outside,
                    // An end for want of memory may come without a `die`.
                    None if exit.oom && watched => EndedBy::Itself,
                    None => EndedBy::Unknown,
                };
            }
        }
        container.whole |= run.whole;
        self.mark(container);
    }

    /// Adds what events and probes tell of the very run that is shown, which may be older than the newest that they tell of.
    pub(super) fn mark(&self, container: &mut Container) {
        let run = self.0.get(&container.id);
        let probe = run.and_then(|run| run.probe.as_ref());
        let of_it = probe.filter(|(started_at, _)| Some(*started_at) == container.started_at);
        container.early_probe = of_it.map(|(_, probe)| probe.clone());
        let shown = run.filter(|run| container.is_running() && run.started_at.is_some() && run.is_of(container));
        container.died = shown.and_then(|run| run.ended.filter(|by| *by == EndedBy::Outside || run.failed));
    }

    /// Records an early probe of the run that began then. It counts where its command was run.
    pub(super) fn probed(&mut self, id: &str, started_at: Timestamp, mut probe: EarlyProbe) {
        let run = self.0.entry(id.to_owned()).or_default();
        let earlier = run.probe.as_ref().filter(|(of, _)| *of == started_at).map_or(0, |(_, probe)| probe.count);
        probe.count = if probe.listening == Some(false) { earlier } else { earlier.saturating_add(1) };
        run.probe = Some((started_at, probe));
    }

    /// Events were missed: what is known holds only for runs that an inspection shows to be the same. `engine_restarted` says
    /// that the engine itself went down and took its containers with it.
    pub(super) fn after_gap<'a>(&mut self, containers: impl Iterator<Item = &'a Container>, engine_restarted: bool) {
        let mut known = std::mem::take(&mut self.0);
        for container in containers {
            let Some(mut run) = known.remove(&container.id).filter(|run| run.started_at == container.started_at) else {
                continue;
            };
            if container.exit().is_some() && run.ended.is_none() {
                // It ended unseen.
                run.watched = false;
                run.ended = (engine_restarted || run.signalled).then_some(EndedBy::Outside);
            }
            self.0.insert(container.id.clone(), run);
        }
    }
}

impl Run {
    /// Whether this is about the run that the inspection shows.
    fn is_of(&self, container: &Container) -> bool {
        self.started_at.is_none() || self.started_at == container.started_at
    }
}

fn exit_mut(state: &mut ContainerState) -> Option<&mut Exit> {
    match state {
        ContainerState::Exited(exit) | ContainerState::Restarting(exit) | ContainerState::Dead(exit) => Some(exit),
        ContainerState::Created
        | ContainerState::Running { .. }
        | ContainerState::Paused
        | ContainerState::Removing => None,
    }
}

/// Signals that processes take as news, not as an end: HUP, USR1, USR2, CHLD, CONT, STOP, TSTP, URG, WINCH.
fn ends_processes(signal: i32) -> bool {
    !matches!(signal, 1 | 10 | 12 | 17 | 18 | 19 | 20 | 23 | 28)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use evenkeel_model::{Health, ImageId, Owner};
    use std::collections::{BTreeMap, BTreeSet};

    fn at(seconds: i64) -> Timestamp {
        chrono::Utc.timestamp_opt(seconds, 0).single().expect("a time")
    }

    fn container(started: i64, ended: bool) -> Container {
        let exit = Exit { code: 1, at: at(started + 5), oom: false, by: EndedBy::Unknown, error: String::new() };
        Container {
            id: "c".to_owned(),
            name: "c".into(),
            owner: Owner::Nobody,
            service: None,
            number: 0,
            one_off: false,
            spec_hash: None,
            config_hash: None,
            epoch: 0,
            generation: 0,
            image: ImageId::from("sha256:1"),
            state: if ended { ContainerState::Exited(exit) } else { ContainerState::Running { health: Health::None } },
            created_at: at(0),
            started_at: Some(at(started)),
            restart_count: 0,
            has_healthcheck: false,
            networks: BTreeMap::new(),
            volumes: BTreeSet::new(),
            anonymous_volumes: 0,
            ports: Vec::new(),
            whole: true,
            died: None,
            shares: None,
            early_probe: None,
            was_healthy: false,
        }
    }

    fn ended_by(runs: &mut Runs, mut container: Container) -> Option<EndedBy> {
        runs.complete(&mut container);
        container.exit().map(|exit| exit.by)
    }

    #[test]
    fn events_tell_who_ended_a_run() {
        use RunEvent::{Die, Kill, Start, Stop};
        for (name, events, expected) in [
            ("never watched", &[][..], EndedBy::Unknown),
            ("crash", &[Start, Die(1)], EndedBy::Itself),
            ("docker stop", &[Start, Kill(15), Die(1), Stop], EndedBy::Outside),
            ("docker stop, API 1.44 and later", &[Start, Kill(15), Stop, Die(1)], EndedBy::Outside),
            ("docker stop, obstinate", &[Start, Kill(15), Kill(9), Die(1), Stop], EndedBy::Outside),
            ("docker kill", &[Start, Kill(9), Die(1)], EndedBy::Outside),
            ("a reload, then a crash", &[Start, Kill(1), Die(1)], EndedBy::Itself),
            ("restart by policy, then a crash", &[Start, Kill(15), Die(1), Start, Die(1)], EndedBy::Itself),
            ("stop during back-off", &[Start, Die(1), Stop], EndedBy::Outside),
            ("die seen by one who came late", &[Die(1)], EndedBy::Itself),
            ("killed, die not yet seen", &[Start, Kill(9)], EndedBy::Outside),
        ] {
            let mut runs = Runs::default();
            for event in events {
                runs.fold("c", *event);
            }
            assert_eq!(ended_by(&mut runs, container(10, true)), Some(expected), "{name}");
        }
    }

    #[test]
    fn a_run_has_died_before_it_is_shown_to_have_ended() {
        let mut runs = Runs::default();
        let mut died = |event: Option<RunEvent>, started, ended| {
            event.into_iter().for_each(|event| runs.fold("c", event));
            let mut container = container(started, ended);
            runs.complete(&mut container);
            container.died
        };
        for (name, event, started, ended, expected) in [
            ("it runs", None, 10, false, None),
            ("it is told to end", Some(RunEvent::Kill(15)), 10, false, None),
            ("its engine is still cleaning up", Some(RunEvent::Die(0)), 10, false, Some(EndedBy::Outside)),
            ("and says so again", None, 10, false, Some(EndedBy::Outside)),
            ("its state says so", None, 10, true, None),
            ("another run, whose start no event has told yet", None, 20, false, None),
            ("that is told", Some(RunEvent::Start), 20, false, None),
            ("a crash", Some(RunEvent::Die(1)), 20, false, Some(EndedBy::Itself)),
            ("its policy began another", Some(RunEvent::Start), 20, false, None),
            ("which has done its work", Some(RunEvent::Die(0)), 20, false, None),
        ] {
            assert_eq!(died(event, started, ended), expected, "{name}");
        }
    }

    #[test]
    fn a_run_that_ends_at_once_is_not_mistaken_for_the_one_before() {
        let mut runs = Runs::default();
        let mut shown = container(10, true);
        runs.complete(&mut shown);
        // The engine answers no inspection between the two.
        for event in [RunEvent::Start, RunEvent::Die(1)] {
            runs.fold("c", event);
            runs.mark(&mut shown);
        }
        assert!(!runs.cause_is_due(&container(20, true)));
        assert_eq!(ended_by(&mut runs, container(20, true)), Some(EndedBy::Itself));
    }

    #[test]
    fn memory_may_run_out_without_a_die() {
        let mut runs = Runs::default();
        runs.fold("c", RunEvent::Start);
        let mut ended = container(10, true);
        if let ContainerState::Exited(exit) = &mut ended.state {
            exit.oom = true;
        }
        assert_eq!(ended_by(&mut runs, ended), Some(EndedBy::Itself));
    }

    #[test]
    fn a_cause_is_due_until_an_event_tells_it() {
        let mut runs = Runs::default();
        assert!(!runs.cause_is_due(&container(10, true)), "an end from before we looked");
        runs.complete(&mut container(10, false));
        assert!(!runs.cause_is_due(&container(10, false)), "it runs");
        assert!(runs.cause_is_due(&container(10, true)));
        runs.fold("c", RunEvent::Die(1));
        assert!(!runs.cause_is_due(&container(10, true)));
    }

    #[test]
    fn what_is_known_of_an_older_run_says_nothing_about_a_newer_one() {
        let mut runs = Runs::default();
        runs.complete(&mut container(10, false));
        runs.fold("c", RunEvent::Kill(9));
        runs.fold("c", RunEvent::Die(1));
        assert!(runs.cause_is_due(&container(20, true)));
        assert_eq!(ended_by(&mut runs, container(20, true)), Some(EndedBy::Unknown));
        runs.fold("c", RunEvent::Start);
        runs.fold("c", RunEvent::Die(1));
        assert_eq!(ended_by(&mut runs, container(20, true)), Some(EndedBy::Itself));
    }

    #[test]
    fn after_a_gap_only_what_is_proven_counts() {
        for (name, seen_end, engine_restarted, now, expected) in [
            ("ended unseen", false, false, container(10, true), Some(EndedBy::Unknown)),
            ("the engine went down", false, true, container(10, true), Some(EndedBy::Outside)),
            ("its end was seen before", true, true, container(10, true), Some(EndedBy::Itself)),
            ("another run", true, false, container(20, true), Some(EndedBy::Unknown)),
            ("it runs on", false, true, container(10, false), None),
        ] {
            let mut runs = Runs::default();
            runs.complete(&mut container(10, false));
            if seen_end {
                runs.fold("c", RunEvent::Die(1));
            }
            runs.after_gap([&now].into_iter(), engine_restarted);
            assert_eq!(ended_by(&mut runs, now), expected, "{name}");
        }
    }

    #[test]
    fn early_probes_belong_to_a_run() {
        let mut runs = Runs::default();
        let probe =
            |seconds: i64, passed: bool| EarlyProbe { at: at(seconds), took_ms: 40, passed, listening: None, count: 0 };
        runs.probed("c", at(10), probe(11, false));
        runs.probed("c", at(10), probe(12, true));
        let mut same = container(10, false);
        runs.complete(&mut same);
        assert_eq!(same.early_probe, Some(EarlyProbe { count: 2, ..probe(12, true) }));
        let mut next = container(20, false);
        runs.complete(&mut next);
        assert_eq!(next.early_probe, None);
        runs.fold("c", RunEvent::Destroy);
        let mut gone = container(10, false);
        runs.complete(&mut gone);
        assert_eq!(gone.early_probe, None);
    }
}
