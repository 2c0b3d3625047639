//! Connections.

use crate::mask::Masker;
use evenkeel_control::{KnownConnection, Proof};
use evenkeel_engine::Failure;
use evenkeel_model::{Connection, ConnectionSource, ContainerName, Stack};
use evenkeel_wire as wire;

/// A connection of a stack, with what came of a try.
pub fn to_wire(known: &KnownConnection, stack: &Stack, masker: &Masker) -> wire::Connection {
    let connection = &known.connection;
    let untried = match connection.sources.contains(&ConnectionSource::Declared) {
        true => wire::ConnectionState::Declared,
        false => wire::ConnectionState::Inferred,
    };
    let sources: Vec<String> = connection.sources.iter().map(ToString::to_string).collect();
    let mut shown = wire::Connection {
        from: connection.from.to_string(),
        to: connection.to.to_string(),
        host: connection.host.clone(),
        port: connection.port,
        protocol: connection.protocol.to_string(),
        source: sources.join(", "),
        state: untried,
        latency_ms: None,
        kind: None,
        error: None,
        tried_at: known.tried_at,
        said: None,
        beside: None,
        published: published(connection, stack),
        credentials: known.credentials.clone(),
    };
    match &known.proof {
        Proof::NotTried => {}
        Proof::CannotBeTried(why) => shown.error = Some(masker.mask(why)),
        Proof::Proven(answer) | Proof::ProvenBeside(_, answer) => {
            shown.state = wire::ConnectionState::Proven;
            // A hundredth of a millisecond is as exact as it is.
            shown.latency_ms = Some((answer.latency.as_secs_f64() * 100_000.0).round() / 100.0);
            shown.said = answer.said.as_deref().map(|said| masker.mask(said));
            if let Proof::ProvenBeside(container, _) = &known.proof {
                shown.beside = Some(container.to_string());
            }
        }
        Proof::Failed(container, failure) => {
            shown.state = wire::ConnectionState::Failed;
            shown.kind = Some(failure.kind.to_string());
            shown.error = Some(why(container, failure, masker));
        }
    }
    shown
}

/// A connection that does not work, in short.
pub fn failed(known: &KnownConnection, masker: &Masker) -> Option<wire::FailedConnection> {
    let Proof::Failed(container, failure) = &known.proof else { return None };
    Some(wire::FailedConnection {
        to: known.connection.to.to_string(),
        address: known.connection.address(),
        kind: failure.kind.to_string(),
        error: why(container, failure, masker),
    })
}

fn why(container: &ContainerName, failure: &Failure, masker: &Masker) -> String {
    masker.mask(&format!("{failure} (from {container})"))
}

fn published(connection: &Connection, stack: &Stack) -> Vec<String> {
    let ports = stack.services.get(&connection.to).map(|service| &service.container.ports[..]).unwrap_or_default();
    let same = ports.iter().filter(|port| Some(port.target) == connection.port);
    same.filter_map(|port| {
        let host = match port.host_ip {
            Some(ip) if !ip.is_unspecified() => ip.to_string(),
            _ => "localhost".to_owned(),
        };
        Some(format!("{host}:{}", port.published.as_ref()?))
    })
    .collect()
}
