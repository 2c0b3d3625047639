//! The task that keeps the mirror up to date: connects, lists, follows the events, and starts again when they break off.

use super::event::{Concern, Key, Notice, filters, notice};
use super::{Mirror, Phase};
use crate::Change;
use crate::docker::client::Lane;
use crate::docker::convert_error::Failure;
use crate::docker::locality::{Peer, is_local, peer};
use bollard::models::SystemInfo;
use bollard::query_parameters::EventsOptions;
use chrono::Utc;
use evenkeel_model::{Capabilities, Owner, StackName, Timestamp};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, Stream, StreamExt};
use std::collections::{BTreeSet, HashMap};
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// Everything is listed again this often, against events that were lost without a trace.
const RELIST: Duration = Duration::from_secs(600);
/// Pause after the first failed connection; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Its upper bound.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Objects waiting to be looked at again, beyond which everything is listed instead.
const WAITING: usize = 4096;

/// What one connection leaves to the next.
#[derive(Debug, Default)]
struct Past {
    /// There was a connection before.
    connected: bool,
    /// Who listened on the engine's socket.
    peer: Option<Peer>,
    /// A connection was refused since.
    refused: bool,
}

impl Mirror {
    /// Watches the engine for ever.
    pub(in crate::docker) async fn watch(self: Arc<Self>) {
        let mut past = Past::default();
        let mut pause = FIRST_PAUSE;
        loop {
            let failure = self.session(&mut past, &mut pause).await;
            past.refused = true;
            let message = failure.message;
            let newly = self.phase.send_if_modified(|phase| {
                let newly = !matches!(phase, Phase::Lost(_));
                *phase = Phase::Lost(message.clone());
                newly
            });
            if newly {
                tracing::warn!(reason = %message, "the container engine does not answer; trying again until it does");
                let _ = self.hints.send(Change::Lost(message));
            }
            let _ = tokio::time::timeout(pause, self.answered.notified()).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// One connection, from its beginning to its end.
    async fn session(&self, past: &mut Past, pause: &mut Duration) -> Failure {
        let connected = match self.connect(past).await {
            Ok(connected) => connected,
            Err(failure) => return failure,
        };
        let docker = match self.client.docker() {
            Ok(docker) => docker,
            Err(failure) => return failure,
        };
        let options = EventsOptions { since: Some(connected.since), until: None, filters: Some(filters()) };
        let events = docker.events(Some(options)).map(|event| event.map_err(|error| Failure::of(&error)));
        self.follow(pin!(events), connected.after_gap, pause).await
    }

    /// Learns what engine this is.
    async fn connect(&self, past: &mut Past) -> Result<Connected, Failure> {
        let listener = peer(self.client.host()).await;
        // Without this the log would hide that the engine is older than bollard's models.
        self.client.call(Lane::Other, "negotiate version", bollard::Docker::negotiate_version).await?;
        let version = self.client.call(Lane::Other, "version", async |docker| docker.version().await).await?;
        let (info, then, now) = self.ask().await?;
        let local = is_local(listener, info.name.as_deref(), info.kernel_version.as_deref());
        let capabilities = capabilities(&version, local);
        tracing::info!(engine = %capabilities.engine, api = ?capabilities.api, local, "connected to the container engine");
        *self.capabilities.lock().unwrap_or_else(PoisonError::into_inner) = Some(capabilities);

        let restarted = match (past.peer, listener) {
            (Some(before), Some(now)) => before != now,
            _ => past.refused,
        };
        // With live-restore containers outlive their engine: what ended meanwhile has not been ended by it.
        let engine_restarted = restarted && info.live_restore_enabled != Some(true);
        let after_gap = past.connected.then_some(engine_restarted);
        *past = Past { connected: true, peer: listener, refused: false };
        self.set_clock(local, then, now);
        // The stream may begin only after the listing has: from this moment on the engine replays what happened.
        let since = format!("{}.{:09}", now.timestamp(), now.timestamp_subsec_nanos());
        Ok(Connected { since, after_gap })
    }

    /// What the engine says of itself, and the time by its clock.
    async fn ask(&self) -> Result<(SystemInfo, Instant, Timestamp), Failure> {
        let sent = Instant::now();
        let info = self.client.call(Lane::Other, "info", async |docker| docker.info().await).await?;
        let theirs = info.system_time.as_deref().and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok());
        let theirs = theirs.map_or_else(Utc::now, |theirs| theirs.with_timezone(&Utc));
        // It was read on the way, at some moment in between.
        Ok((info, sent + sent.elapsed() / 2, theirs))
    }

    /// Goes by the engine's clock, where it is not our own.
    fn set_clock(&self, local: bool, then: Instant, theirs: Timestamp) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = (!local).then_some((then, theirs));
    }

    /// Lists everything once more. A clock elsewhere may have been set meanwhile.
    async fn list_again(&self) -> Result<(), Failure> {
        if self.capabilities().is_some_and(|capabilities| !capabilities.local) {
            let (_, then, now) = self.ask().await?;
            self.set_clock(false, then, now);
        }
        self.list(None).await
    }

    /// Lists everything and follows the events, until they break off.
    async fn follow(
        &self,
        mut events: impl Stream<Item = Result<bollard::models::EventMessage, Failure>> + Unpin,
        after_gap: Option<bool>,
        pause: &mut Duration,
    ) -> Failure {
        let mut listing: Option<BoxFuture<'_, Result<(), Failure>>> = Some(Box::pin(self.list(after_gap)));
        let mut refreshes = Refreshes::default();
        let mut relist = tokio::time::interval_at(tokio::time::Instant::now() + RELIST, RELIST);
        relist.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(Ok(event)) => {
                        if let Some(notice) = notice(event) {
                            self.take_note(notice, &mut refreshes);
                        }
                    }
                    Some(Err(failure)) => return failure,
                    None => return Failure::silent("it closed the stream of events"),
                },
                result = async { match &mut listing { Some(list) => list.await, None => std::future::pending().await } } => {
                    listing = None;
                    if let Err(failure) = result {
                        return failure;
                    }
                    *pause = FIRST_PAUSE;
                    self.phase.send_replace(Phase::Ready);
                    let _ = self.hints.send(Change::Everything);
                }
                Some((key, result)) = refreshes.running.next() => {
                    match result {
                        Err(failure) if failure.status.is_none() => return failure,
                        Err(failure) => tracing::warn!(?key, %failure, "an object could not be looked at again"),
                        Ok(()) => {}
                    }
                    self.refreshed(&key, &mut refreshes);
                }
                _ = relist.tick(), if listing.is_none() => listing = Some(Box::pin(self.list_again())),
            }
            if refreshes.waiting.len() > WAITING && listing.is_none() {
                return Failure::silent("its events come faster than they can be followed");
            }
        }
    }

    fn take_note<'a>(&'a self, notice: Notice, refreshes: &mut Refreshes<'a>) {
        let mut hints = BTreeSet::new();
        let shown = {
            let mut world = self.world();
            let shown = notice.run.as_ref().is_some_and(|(id, event)| world.fold(id, *event));
            match &notice.concerns {
                Concern::Owner(owner) => hints.extend(hint(owner)),
                Concern::Everybody => _ = hints.insert(Hint::Everything),
                Concern::OwnersOf { keys, .. } => {
                    // Asked before it is looked at again, or the owner of what has gone would be unknown.
                    hints.extend(keys.iter().filter_map(|key| world.owner(key)).filter_map(|owner| hint(&owner)));
                }
            }
            shown
        };
        if shown {
            self.tell(hints.clone());
        }
        self.folded.send_modify(|count| *count = count.wrapping_add(1));
        let ask_after = matches!(notice.concerns, Concern::OwnersOf { .. });
        let else_everybody = matches!(notice.concerns, Concern::OwnersOf { else_everybody: true, .. });
        for key in notice.keys {
            let waiting = refreshes.waiting.entry(key.clone()).or_default();
            waiting.hints.extend(hints.iter().cloned());
            waiting.ask_owner |= ask_after;
            waiting.else_everybody |= else_everybody;
            let asked = self.stamp();
            if waiting.running {
                waiting.again = Some(asked);
            } else {
                waiting.running = true;
                refreshes.running.push(self.refresh_keyed(key, asked));
            }
        }
    }

    /// A look at an object has ended: looks once more where another event came meanwhile, and tells whom it concerns.
    fn refreshed<'a>(&'a self, key: &Key, refreshes: &mut Refreshes<'a>) {
        let Some(mut waiting) = refreshes.waiting.remove(key) else { return };
        if let Some(asked) = waiting.again.take() {
            refreshes.waiting.insert(key.clone(), waiting);
            refreshes.running.push(self.refresh_keyed(key.clone(), asked));
            return;
        }
        if waiting.ask_owner {
            waiting.hints.extend(self.world().owner(key).and_then(|owner| hint(&owner)));
            if waiting.hints.is_empty() && waiting.else_everybody {
                waiting.hints.insert(Hint::Everything);
            }
        }
        self.tell(waiting.hints);
    }

    fn tell(&self, hints: BTreeSet<Hint>) {
        if hints.contains(&Hint::Everything) {
            let _ = self.hints.send(Change::Everything);
            return;
        }
        for hint in hints {
            if let Hint::Stack(stack) = hint {
                let _ = self.hints.send(Change::Stack(stack));
            }
        }
    }

    fn refresh_keyed(&self, key: Key, asked: u64) -> BoxFuture<'_, (Key, Result<(), Failure>)> {
        Box::pin(async move {
            let result = self.refresh_since(&key, asked).await;
            (key, result)
        })
    }
}

/// What was learned at the beginning of a connection.
struct Connected {
    /// The engine's time, as `since` of the events.
    since: String,
    /// Events were missed; and whether the engine itself went down.
    after_gap: Option<bool>,
}

/// Looks that are under way, at most one for each object.
#[derive(Default)]
struct Refreshes<'a> {
    running: FuturesUnordered<BoxFuture<'a, (Key, Result<(), Failure>)>>,
    waiting: HashMap<Key, Waiting>,
}

#[derive(Debug, Clone, Default)]
struct Waiting {
    running: bool,
    /// When the newest event came since the look began, in the order of looks.
    again: Option<u64>,
    hints: BTreeSet<Hint>,
    ask_owner: bool,
    else_everybody: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Hint {
    Everything,
    Stack(StackName),
}

/// Whom an owner's object concerns. A Compose project of a stack's name is what the stack would replace.
fn hint(owner: &Owner) -> Option<Hint> {
    match owner {
        Owner::Evenkeel(stack) => Some(Hint::Stack(stack.clone())),
        Owner::Compose(project) => Some(Hint::Stack(StackName::new(project.as_str()))),
        Owner::Nobody => None,
    }
}

/// What the engine says of itself.
pub(in crate::docker) fn capabilities(version: &bollard::models::SystemVersion, local: bool) -> Capabilities {
    let podman =
        version.components.iter().flatten().any(|component| component.name.as_str().to_lowercase().contains("podman"));
    let product = if podman { "Podman" } else { "Docker" };
    let number = version.version.as_deref().unwrap_or("unknown").split('+').next().unwrap_or_default();
    let api = version.api_version.as_deref().and_then(|text| text.split_once('.'));
    let api = api.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?))).unwrap_or((1, 24));
    Capabilities { engine: format!("{product} {number}"), api, local }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn engines_name_themselves() {
        for (version, expected) in [
            (json!({"Version": "20.10.24+dfsg1", "ApiVersion": "1.41"}), ("Docker 20.10.24", (1, 41))),
            (json!({"Version": "28.5.2", "ApiVersion": "1.51"}), ("Docker 28.5.2", (1, 51))),
            (
                json!({"Version": "5.4.0", "ApiVersion": "1.41", "Components": [{"Name": "Podman Engine", "Version": "5.4.0"}]}),
                ("Podman 5.4.0", (1, 41)),
            ),
            (json!({}), ("Docker unknown", (1, 24))),
        ] {
            let version = serde_json::from_value(version).expect("a version");
            let capabilities = capabilities(&version, false);
            assert_eq!((capabilities.engine.as_str(), capabilities.api), expected);
        }
    }
}
