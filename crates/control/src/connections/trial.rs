//! Connections tried from every container of their consumers that runs: one visit to each container, whatever the number of its connections. Those of
//! a job that is done are tried from a neighbour on the same networks.

use super::Proof;
use evenkeel_engine::{Answer, Credentials, Engine, Error, Failure, FailureKind, Question, Reached};
use evenkeel_model::{ApplicationProtocol, Connection, Container, Desired, NetworkMode, Observed, ServiceName};
use futures::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// For each part of a try: name, connection, word.
const PATIENCE: Duration = Duration::from_secs(2);
/// Containers that are visited at once.
const AT_ONCE: usize = 8;

/// What came of each connection, in their order. For the services that are done, somebody else on their networks answers.
pub(super) async fn of(
    engine: &dyn Engine,
    desired: &Desired,
    observed: &Observed,
    connections: &[Connection],
    done: &BTreeSet<ServiceName>,
) -> Vec<Proof> {
    let mut proofs: Vec<Proof> = Vec::with_capacity(connections.len());
    let mut of_service: BTreeMap<&ServiceName, Vec<(usize, Question)>> = BTreeMap::new();
    for (at, connection) in connections.iter().enumerate() {
        proofs.push(Proof::CannotBeTried(match question(desired, connection) {
            Some(question) => {
                of_service.entry(&connection.from).or_default().push((at, question));
                format!("no container of {} runs", connection.from)
            }
            None => "nothing tells the port; declare it under x-evenkeel".to_owned(),
        }));
    }
    let mut visits = Vec::new();
    for (service, asked) in of_service {
        let (places, questions): (Vec<usize>, Vec<Question>) = asked.into_iter().unzip();
        let mut from: Vec<&Container> = running(desired, observed, service).collect();
        if from.is_empty() && done.contains(service) {
            let answering = places.iter().map(|at| &connections[*at].to).collect();
            from.extend(neighbour(desired, observed, service, &answering));
        }
        for container in from {
            visits.push(visit(engine, container, places.clone(), questions.clone()));
        }
    }
    let mut visits = stream::iter(visits).buffered(AT_ONCE);
    while let Some((visited, places, reached)) = visits.next().await {
        let reached = match reached {
            Ok(reached) => reached,
            // It ended meanwhile.
            Err(Error::NotFound { .. } | Error::Conflict { .. }) => continue,
            Err(error) => {
                places.iter().for_each(|at| add(&mut proofs[*at], Proof::CannotBeTried(error.to_string())));
                continue;
            }
        };
        for (at, reached) in places.into_iter().zip(reached) {
            let from = &connections[at].from;
            let is_consumer = visited.service.as_ref() == Some(from);
            let proof = match reached {
                Ok(answer) if is_consumer => Proof::Proven(answer),
                Ok(answer) => Proof::ProvenBeside(visited.name.clone(), answer),
                // The job did its work when things were different.
                Err(Failure { kind, message, .. }) if !is_consumer => {
                    let beside = &visited.name;
                    Proof::CannotBeTried(format!("{from} is done; from {beside}, on its networks: {kind}: {message}"))
                }
                Err(mut failure) => {
                    if failure.kind == FailureKind::NoSuchName {
                        failure.message.push_str(&why_unknown(desired, observed, visited, &connections[at]));
                    }
                    Proof::Failed(visited.name.clone(), failure)
                }
            };
            add(&mut proofs[at], proof);
        }
    }
    proofs
}

async fn visit<'a>(
    engine: &dyn Engine,
    container: &'a Container,
    places: Vec<usize>,
    questions: Vec<Question>,
) -> (&'a Container, Vec<usize>, Result<Vec<Reached>, Error>) {
    let reached = engine.reach(&container.name, &questions).await;
    (container, places, reached)
}

/// Adds what one container found to what the others did: a failure counts most, then the slowest answer.
fn add(known: &mut Proof, found: Proof) {
    let slower = |one: &Answer, other: &Answer| one.latency > other.latency;
    let counts = match (&*known, &found) {
        (Proof::Failed(..), _) => false,
        (_, Proof::Failed(..)) => true,
        (Proof::Proven(known), Proof::Proven(found)) => slower(found, known),
        (Proof::Proven(_) | Proof::ProvenBeside(..), _) => false,
        (Proof::NotTried | Proof::CannotBeTried(_), _) => true,
    };
    if counts {
        *known = found;
    }
}

/// What to ask; `None` where nothing tells the port.
fn question(desired: &Desired, connection: &Connection) -> Option<Question> {
    let signs_in = match connection.protocol {
        ApplicationProtocol::Redis => evenkeel_plan::sign_in(&desired.stack, connection),
        _ => None,
    };
    Some(Question {
        host: connection.host.clone(),
        port: connection.port?,
        protocol: connection.protocol,
        credentials: signs_in.map(|(user, password)| Credentials { user, password }),
        timeout: PATIENCE,
    })
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

/// A container that is on the very networks of a service, and none of those that answer it: from there names and addresses are what they were for the
/// service. `None` where one of the two has names of its own, by links, entries of its hosts file or name servers.
fn neighbour<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
    service: &ServiceName,
    answering: &BTreeSet<&ServiceName>,
) -> Option<&'a Container> {
    let plain = |service: &ServiceName| {
        let spec = &desired.stack.services.get(service)?.container;
        let named = spec.links.len() + spec.external_links.len() + spec.extra_hosts.len();
        let resolved = spec.dns.len() + spec.dns_opt.len() + spec.dns_search.len();
        (spec.network_mode == NetworkMode::Networks && named + resolved == 0).then_some(spec)
    };
    let networks = &plain(service)?.networks;
    let others = desired.stack.services.keys().filter(|other| !answering.contains(other) && plain(other).is_some());
    others
        .flat_map(|other| running(desired, observed, other))
        .find(|container| container.networks.keys().eq(networks.keys()))
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
