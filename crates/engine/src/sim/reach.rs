//! Whether one simulated container reaches another: by the names of networks in common, and by who listens.

use super::container::SimContainer;
use super::life::conflict;
use super::world::World;
use crate::{Error, Reached};
use evenkeel_model::{ContainerName, Object};
use evenkeel_probe::{Answer, Failure, FailureKind, Question};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::time::Instant;

impl World {
    pub(super) fn reach(
        &self,
        from: &ContainerName,
        questions: &[Question],
        now: Instant,
    ) -> Result<Vec<Reached>, Error> {
        let object = Object::Container(from.clone());
        let client = self.containers.get(from).ok_or(Error::NotFound { object })?;
        if !client.is_running() {
            return Err(conflict(from, "it does not run"));
        }
        Ok(questions.iter().map(|question| self.reach_one(client, question, now)).collect())
    }

    fn reach_one(&self, client: &SimContainer, question: &Question, now: Instant) -> Reached {
        let Some(server) = self.containers.values().find(|server| server.answers_to(&question.host, client)) else {
            return Err(Failure::no_such_name(&question.host, "the resolver does not know it"));
        };
        let address = server.attachments.values().find_map(|it| it.address).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let address = SocketAddr::new(address, question.port);
        if !server.listens_on(question.port, now) {
            let message = format!("{address} has nobody who listens");
            return Err(Failure { kind: FailureKind::Refused, address: Some(address), message });
        }
        Ok(Answer { address, latency: Duration::from_millis(1), said: None })
    }
}

impl SimContainer {
    /// Whether the embedded resolver leads from a name to this container, for a client that has a network in common with it.
    fn answers_to(&self, name: &str, client: &Self) -> bool {
        let known = |network| {
            let attached = self.attachments.get(network);
            attached.is_some_and(|it| it.attachment.aliases.iter().any(|alias| alias == name))
        };
        let own = self.new.name.as_str() == name;
        self.is_running() && client.attachments.keys().any(|it| self.attachments.contains_key(it) && (own || known(it)))
    }

    /// Whether its process listens on a port: on any that it publishes or exposes, as soon as it listens at all.
    fn listens_on(&self, port: u16, now: Instant) -> bool {
        let spec = &self.new.spec;
        let named = spec.ports.iter().any(|it| it.target == port) || spec.expose.iter().any(|it| it.0 == port);
        named && self.run.as_ref().is_some_and(|run| run.listens(now))
    }
}
