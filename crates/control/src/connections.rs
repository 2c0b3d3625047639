//! Who talks to whom in a stack, and, when asked, whether it works. Looks and tries; changes nothing.

use crate::refused::Refused;
use crate::shared::Shared;
use evenkeel_engine::{Answer, Credentials, Error, Failure, FailureKind, Question};
use evenkeel_model::{
    ApplicationProtocol, Connection, Container, ContainerName, Desired, MountSource, Observed, ServiceName, Stack,
    StackName, SurveyRequest,
};
use evenkeel_plan::MountedTexts;
use futures::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// For each part of a try: name, connection, word.
const PATIENCE: Duration = Duration::from_secs(2);
/// Tries at once.
const AT_ONCE: usize = 16;

/// A connection, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownConnection {
    /// Who talks to whom.
    pub connection: Connection,
    /// The consumer's variables that hold its credentials.
    pub credentials: Vec<String>,
    /// Whether it works.
    pub proof: Proof,
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
    /// It does not work from this container.
    Failed(ContainerName, Failure),
}

/// All connections of a stack; with `check`, each is tried from every container of its consumer that runs.
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
    let observed = match check {
        true => Some(shared.engine.observe(&evenkeel_plan::interest(&desired)).await.map_err(unavailable)?),
        false => None,
    };
    let tried = connections.into_iter().map(|connection| {
        let (desired, observed) = (&desired, observed.as_ref());
        async move {
            let proof = match observed {
                Some(observed) => try_it(shared, desired, observed, &connection).await,
                None => Proof::NotTried,
            };
            let credentials = evenkeel_plan::credentials(&desired.stack, &connection);
            KnownConnection { connection, credentials, proof }
        }
    });
    Ok(stream::iter(tried).buffered(AT_ONCE).collect().await)
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

async fn try_it(shared: &Shared, desired: &Desired, observed: &Observed, connection: &Connection) -> Proof {
    let Some(port) = connection.port else {
        return Proof::CannotBeTried("nothing tells the port; declare it under x-evenkeel".to_owned());
    };
    let consumers: Vec<&Container> = running(desired, observed, &connection.from).collect();
    if consumers.is_empty() {
        return Proof::CannotBeTried(format!("no container of {} runs", connection.from));
    }
    let signs_in = match connection.protocol {
        ApplicationProtocol::Redis => evenkeel_plan::sign_in(&desired.stack, connection),
        _ => None,
    };
    let question = Question {
        host: connection.host.clone(),
        port,
        protocol: connection.protocol,
        credentials: signs_in.map(|(user, password)| Credentials { user, password }),
        timeout: PATIENCE,
    };
    let mut slowest: Option<Answer> = None;
    for consumer in consumers {
        match shared.engine.reach(&consumer.name, &question).await {
            Ok(Ok(answer)) => {
                if slowest.as_ref().is_none_or(|slowest| slowest.latency < answer.latency) {
                    slowest = Some(answer);
                }
            }
            Ok(Err(mut failure)) => {
                if failure.kind == FailureKind::NoSuchName {
                    failure.message.push_str(&why_unknown(desired, observed, consumer, connection));
                }
                return Proof::Failed(consumer.name.clone(), failure);
            }
            // It ended meanwhile.
            Err(Error::NotFound { .. } | Error::Conflict { .. }) => {}
            Err(error) => return Proof::CannotBeTried(error.to_string()),
        }
    }
    slowest.map_or_else(|| Proof::CannotBeTried(format!("no container of {} runs", connection.from)), Proof::Proven)
}

fn running<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
    service: &'a ServiceName,
) -> impl Iterator<Item = &'a Container> {
    observed.containers.values().filter(move |container| {
        container.service.as_ref() == Some(service)
            && container.owner.is(&desired.stack.name)
            && !container.one_off
            && container.is_running()
    })
}

/// Docker's resolver only tells that it does not know; what it would take is to be seen from the networks.
fn why_unknown(desired: &Desired, observed: &Observed, consumer: &Container, connection: &Connection) -> String {
    let to = &connection.to;
    let mut answering = running(desired, observed, to).peekable();
    if answering.peek().is_none() {
        return format!("; no container of {to} runs");
    }
    let shared = |other: &Container| other.networks.keys().any(|network| consumer.networks.contains_key(network));
    if answering.any(shared) {
        return format!("; {to} runs and has lost the alias `{}`", connection.host);
    }
    format!("; {} and {to} are on no network in common", consumer.name)
}
