//! Who talks to whom in a stack, and, when asked, whether it works. Looks and tries; changes nothing.

pub(crate) mod lookout;
mod trial;

use crate::refused::Refused;
use crate::shared::Shared;
use evenkeel_engine::{Answer, Error, Failure};
use evenkeel_model::{
    Connection, ContainerName, Desired, MountSource, ServiceName, Stack, StackName, SurveyRequest, Timestamp,
};
use evenkeel_plan::{MountedTexts, ServiceState};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A connection, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownConnection {
    /// Who talks to whom.
    pub connection: Connection,
    /// The consumer's variables that hold its credentials.
    pub credentials: Vec<String>,
    /// Whether it works.
    pub proof: Proof,
    /// When that was found out; `None` where it was not tried.
    pub tried_at: Option<Timestamp>,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It was not asked for.
    NotTried,
    /// It cannot be tried, and why: nobody runs who would open it, or nothing tells the port.
    CannotBeTried(String),
    /// It works from every container of the consumer; the slowest answer.
    Proven(Answer),
    /// It works from this container, which is on the same networks; the consumer is a job that is done.
    ProvenBeside(ContainerName, Answer),
    /// It does not work from this container.
    Failed(ContainerName, Failure),
}

/// All connections of a stack; with `check`, each is tried from every container of its consumer that runs, or if that is a job that is done from
/// a neighbour. Without, a stack whose connections are
/// tried again and again has what the newest look found.
pub(crate) async fn list(shared: &Arc<Shared>, name: &StackName, check: bool) -> Result<Vec<KnownConnection>, Refused> {
    let entry = shared.entry(name).ok_or_else(|| Refused::NoSuchStack(name.clone()))?;
    let desired = entry.state().desired;
    let unavailable = |error: Error| Refused::EngineUnavailable(error.to_string());
    // Without an engine the definition alone still tells most of it.
    let mounted = match mounted(shared, &desired.stack).await {
        Err(error) if check => return Err(unavailable(error)),
        mounted => mounted.unwrap_or_default(),
    };
    let connections = evenkeel_plan::connections(&desired.stack, &mounted);
    if check {
        let view = entry.view();
        let services = view.iter().flat_map(|view| view.status.services.values());
        let done = services.filter(|it| it.state == ServiceState::Completed).map(|it| it.service.clone()).collect();
        return tried(shared, &desired, connections, &done).await.map_err(unavailable);
    }
    let looked = entry.looked();
    let known = connections.into_iter().map(|connection| {
        let found = looked.iter().find(|known| known.connection.is_same(&connection));
        found.cloned().unwrap_or_else(|| KnownConnection::new(&desired, connection, Proof::NotTried, None))
    });
    Ok(known.collect())
}

/// Tries connections now; those of the services that are done, from their neighbours.
async fn tried(
    shared: &Shared,
    desired: &Desired,
    connections: Vec<Connection>,
    done: &BTreeSet<ServiceName>,
) -> Result<Vec<KnownConnection>, Error> {
    let observed = shared.engine.observe(&evenkeel_plan::interest(desired)).await?;
    let proofs = trial::of(&*shared.engine, desired, &observed, &connections, done).await;
    let now = Some(shared.clock.now());
    let known = connections.into_iter().zip(proofs);
    Ok(known.map(|(connection, proof)| KnownConnection::new(desired, connection, proof, now)).collect())
}

impl KnownConnection {
    /// Without the moment, so that one that goes on failing in the same way is no change.
    pub(crate) fn undated(self) -> Self {
        Self { tried_at: None, ..self }
    }

    fn new(desired: &Desired, connection: Connection, proof: Proof, tried_at: Option<Timestamp>) -> Self {
        let credentials = evenkeel_plan::credentials(&desired.stack, &connection);
        let tried_at = tried_at.filter(|_| !matches!(proof, Proof::NotTried | Proof::CannotBeTried(_)));
        Self { connection, credentials, proof, tried_at }
    }
}

/// The texts of configuration that are bound into services, where the engine's host can be read.
async fn mounted(shared: &Shared, stack: &Stack) -> Result<MountedTexts, Error> {
    let mut binds: Vec<(&ServiceName, &str, &str)> = Vec::new();
    for (service, definition) in &stack.services {
        for mount in &definition.container.mounts {
            if let MountSource::Bind { path, .. } = &mount.source {
                binds.push((service, path, &mount.target));
            }
        }
    }
    let texts: BTreeSet<String> = binds.iter().map(|(_, path, _)| (*path).to_owned()).collect();
    if texts.is_empty() {
        return Ok(MountedTexts::new());
    }
    let survey = shared.engine.survey(&SurveyRequest { texts, ..SurveyRequest::default() }).await?;
    let mut mounted = MountedTexts::new();
    for (service, path, target) in binds {
        for (below, text) in survey.texts.get(path).into_iter().flatten() {
            let inside = if below.is_empty() { target.to_owned() } else { format!("{target}/{below}") };
            let of_service: &mut BTreeMap<String, String> = mounted.entry(service.clone()).or_default();
            of_service.insert(inside, text.clone());
        }
    }
    Ok(mounted)
}
