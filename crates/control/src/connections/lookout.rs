//! Connections that are tried again and again, where a stack's file asks for it. A pass begins a look when one is due; the look's end is a nudge, so
//! that the next pass shows what it found. In memory alone: a daemon that starts again looks again.

use super::{KnownConnection, Proof, mounted, tried};
use crate::entry::Entry;
use crate::shared::Shared;
use evenkeel_model::{Connection, Desired, Goal, HistoryEntry, HistoryKind, Secrets, ServiceName, Target, Timestamp};
use evenkeel_plan::StackStatus;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The pause between looks is at least so many times what the last one took: slow ones, as by scouts on an engine elsewhere, take at most a
/// sixth of the time.
const PAUSE: u32 = 5;

/// What is known of a stack's connections from looks.
#[derive(Default)]
pub(crate) struct Lookout {
    /// A look is under way.
    running: bool,
    /// When the next one is due; `None` is now.
    next_at: Option<Timestamp>,
    /// The stack's connections, as the definition of this generation has them.
    connections: Option<(u64, Arc<Vec<Connection>>)>,
    /// What was found.
    known: Arc<Vec<KnownConnection>>,
}

impl Lookout {
    /// What the newest looks found.
    pub(crate) fn known(&self) -> Arc<Vec<KnownConnection>> {
        self.known.clone()
    }
}

/// Begins a look where one is due. Answers with how long it is until the next; `None` where there is none to wait for.
pub(crate) fn begin_if_due(
    shared: &Arc<Shared>,
    entry: &Arc<Entry>,
    desired: &Arc<Desired>,
    status: &StackStatus,
) -> Option<Duration> {
    let mut lookout = entry.lookout();
    let wished = desired.stack.check_connections_ms.filter(|_| desired.intent.goal == Goal::Up);
    let Some(every) = wished.map(Duration::from_millis) else {
        *lookout = Lookout { running: lookout.running, ..Lookout::default() };
        return None;
    };
    if lookout.running {
        return None;
    }
    let left = lookout.next_at.map(|at| shared.clock.until(at)).unwrap_or_default();
    if !left.is_zero() {
        return Some(left);
    }
    // Who is not ready has a state that says so; its connections would only say it again.
    let ready = status.services.values().filter(|service| service.is_ready() && service.wanted == Some(Target::Up));
    let ready: BTreeSet<ServiceName> = ready.map(|service| service.service.clone()).collect();
    lookout.running = true;
    drop(lookout);
    let (of, at, desired) = (shared.clone(), entry.clone(), desired.clone());
    shared.spawn(async move {
        look(&of, &at, &desired, &ready, every).await;
        at.nudge.notify_one();
    });
    None
}

/// One look: tries what may be tried, tells what changed, and notes when the next is due.
async fn look(shared: &Shared, entry: &Entry, desired: &Desired, ready: &BTreeSet<ServiceName>, every: Duration) {
    let begun = shared.clock.now();
    let found = find(shared, entry, desired, ready).await;
    let now = shared.clock.now();
    let took = (now - begun).to_std().unwrap_or_default();
    let before = entry.looked();
    let known = found.unwrap_or_else(|| before.clone());
    // Whoever hears of it and asks is to find it.
    entry.lookout().known = known.clone();
    tell(shared, entry, desired, changes(&before, &known)).await;
    let mut lookout = entry.lookout();
    lookout.next_at = Some(now + every.max(took * PAUSE));
    lookout.running = false;
}

/// What is known after a look; `None` where the engine does not answer, which proves nothing.
async fn find(
    shared: &Shared,
    entry: &Entry,
    desired: &Desired,
    ready: &BTreeSet<ServiceName>,
) -> Option<Arc<Vec<KnownConnection>>> {
    let connections = connections(shared, entry, desired).await?;
    let may = |connection: &&Connection| ready.contains(&connection.from) && ready.contains(&connection.to);
    // Nobody stands in for a job: it would be called broken, or mended, long after its work.
    let fresh =
        tried(shared, desired, connections.iter().filter(may).cloned().collect(), &BTreeSet::new()).await.ok()?;
    let before = entry.looked();
    let known = connections.iter().filter_map(|connection| {
        let of = |all: &[KnownConnection]| all.iter().find(|known| known.connection.is_same(connection)).cloned();
        let told = |known: &KnownConnection| !matches!(known.proof, Proof::CannotBeTried(_));
        // What could not be tried now is as it was.
        of(&fresh).filter(told).or_else(|| of(&before))
    });
    Some(Arc::new(known.collect()))
}

/// A definition's connections, which are read once: files that are mounted may be many.
async fn connections(shared: &Shared, entry: &Entry, desired: &Desired) -> Option<Arc<Vec<Connection>>> {
    if let Some((generation, connections)) = &entry.lookout().connections
        && *generation == desired.generation
    {
        return Some(connections.clone());
    }
    let mounted = mounted(shared, &desired.stack).await.ok()?;
    let connections = Arc::new(evenkeel_plan::connections(&desired.stack, &mounted));
    entry.lookout().connections = Some((desired.generation, connections.clone()));
    Some(connections)
}

/// The connections that fail and did not, and those that work and did not.
fn changes<'a>(before: &[KnownConnection], after: &'a [KnownConnection]) -> Vec<&'a KnownConnection> {
    let fails = |known: &KnownConnection| matches!(known.proof, Proof::Failed(..));
    let failed_before =
        |it: &KnownConnection| before.iter().any(|known| known.connection.is_same(&it.connection) && fails(known));
    after.iter().filter(|it| fails(it) != failed_before(it)).collect()
}

async fn tell(shared: &Shared, entry: &Entry, desired: &Desired, changed: Vec<&KnownConnection>) {
    if changed.is_empty() {
        return;
    }
    let secrets = Secrets::of(&desired.stack);
    for KnownConnection { connection, proof, .. } in changed {
        let (kind, words, cause) = match proof {
            Proof::Failed(container, failure) => {
                let cause = secrets.redact(&format!("{failure} (from {container})"));
                (HistoryKind::ConnectionFailed, "does not reach", Some(cause))
            }
            _ => (HistoryKind::ConnectionRestored, "reaches", None),
        };
        let message = format!("{} {words} {}", connection.from, connection.address());
        let told = shared.journal.entry(kind, Some(&entry.name), message);
        shared.journal.tell(HistoryEntry { service: Some(connection.from.clone()), cause, ..told }).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_engine::{Answer, Failure};
    use evenkeel_model::{ApplicationProtocol, ContainerName};

    fn known(to: &str, works: bool) -> KnownConnection {
        let connection = Connection {
            from: "web".into(),
            to: to.into(),
            host: to.to_owned(),
            port: Some(80),
            protocol: ApplicationProtocol::Http,
            sources: BTreeSet::new(),
        };
        let proof = if works {
            let address = std::net::SocketAddr::from(([10, 0, 0, 5], 80));
            Proof::Proven(Answer { address, latency: Duration::from_millis(1), said: None })
        } else {
            Proof::Failed(ContainerName::new("shop-web-1"), Failure::no_such_name(to, "nobody knows it"))
        };
        KnownConnection { connection, credentials: Vec::new(), proof, tried_at: None }
    }

    #[test]
    fn a_change_is_told_once() {
        let check = |before: &[(&str, bool)], after: &[(&str, bool)], expected: &[&str]| {
            let all = |list: &[(&str, bool)]| list.iter().map(|(to, works)| known(to, *works)).collect::<Vec<_>>();
            let after = all(after);
            let told: Vec<&str> = changes(&all(before), &after).iter().map(|it| it.connection.to.as_str()).collect();
            assert_eq!(told, expected, "{before:?}");
        };
        check(&[], &[("db", true), ("api", false)], &["api"]);
        check(&[("db", true), ("api", false)], &[("db", false), ("api", true)], &["db", "api"]);
        check(&[("db", false), ("api", true)], &[("db", false), ("api", true)], &[]);
        check(&[("db", false)], &[], &[]);
    }
}
