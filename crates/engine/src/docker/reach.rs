//! Whether one container reaches others, tried from inside its network namespace, so that nothing is needed in its image: by a
//! thread that enters it where the engine is on this host, else by a scout, a container that shares it.

use super::Docker;
use super::convert_container::Inspected;
use crate::netns::{NetworkNamespace, within};
use crate::{Error, Reached};
use evenkeel_model::{Container, ContainerName, Object};
use evenkeel_probe::{
    AT_ONCE, FailureKind, Files, Listening, Question, Request, ask_all, read_listening, read_reached,
};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

/// What a question's parts have each: its name, its connection, its word.
const PARTS: u32 = 3;
/// How long a scout may take to read a list of the kernel's.
const TO_LIST: Duration = Duration::from_secs(1);

impl Docker {
    pub(super) async fn try_connections(
        &self,
        from: &ContainerName,
        questions: &[Question],
    ) -> Result<Vec<Reached>, Error> {
        self.mirror.ready().await?;
        let object = Object::Container(from.clone());
        let seen = self.mirror.container(from).ok_or_else(|| Error::NotFound { object: object.clone() })?;
        if !seen.container.is_running() {
            return Err(Error::Conflict { object, message: "it does not run".to_owned() });
        }
        let mut reached = match self.ask_from_here(&seen, questions).await {
            Some(reached) => reached,
            None => self.ask_by_scout(&seen, questions).await?,
        };
        self.explain_refusals(&mut reached).await;
        Ok(reached)
    }

    /// `None` where the container's network cannot be entered from here: the engine is on another host, or this daemon may not.
    async fn ask_from_here(&self, seen: &Inspected, questions: &[Question]) -> Option<Vec<Reached>> {
        let pid = self.pid_here(seen)?;
        let questions = questions.to_vec();
        let ask = move || within(pid, move || ask_all(&questions, &Files::under(&format!("/proc/{pid}/root"))));
        match tokio::task::spawn_blocking(ask).await.ok()? {
            Ok(reached) => Some(reached),
            Err(error) => {
                tracing::debug!(container = %seen.container.name, %error, "its network cannot be entered");
                None
            }
        }
    }

    async fn ask_by_scout(&self, seen: &Inspected, questions: &[Question]) -> Result<Vec<Reached>, Error> {
        let requests: Vec<Request> = questions.iter().cloned().map(Request::Reach).collect();
        let rounds = u32::try_from(questions.len().div_ceil(AT_ONCE)).unwrap_or(u32::MAX);
        let longest = questions.iter().map(|question| question.timeout).max().unwrap_or_default();
        let object = Object::Container(seen.container.name.clone());
        let lines = self.scouts.ask(&seen.container.id, &object, &requests, longest * PARTS * rounds).await?;
        let reached: Option<Vec<Reached>> = lines.iter().map(|line| read_reached(line)).collect();
        reached.filter(|reached| reached.len() == questions.len()).ok_or_else(|| Error::Faltered {
            message: format!("{object}: the scout in its network broke off: {}", lines.join("; ")),
        })
    }

    /// Says of each address that refused where its container listens instead.
    async fn explain_refusals(&self, reached: &mut [Reached]) {
        let mut known: BTreeMap<IpAddr, Option<(Container, Listening)>> = BTreeMap::new();
        for failure in reached.iter_mut().filter_map(|reached| reached.as_mut().err()) {
            let Some(address) = failure.address.filter(|_| failure.kind == FailureKind::Refused) else { continue };
            let looked = match known.entry(address.ip()) {
                Entry::Occupied(looked) => looked.into_mut(),
                Entry::Vacant(place) => place.insert(self.listening_at(address.ip()).await),
            };
            if let Some((container, listening)) = looked {
                failure.message.push_str("; ");
                failure.message.push_str(&instead(container, listening, address.port()));
            }
        }
    }

    /// The container that has an address, and where it listens.
    async fn listening_at(&self, ip: IpAddr) -> Option<(Container, Listening)> {
        let has_it = |container: &Container| container.networks.values().any(|known| known.address == Some(ip));
        let asked = self.mirror.containers().into_iter().find(has_it)?;
        let seen = self.mirror.container(&asked.name)?;
        let looked = match self.pid_here(&seen) {
            Some(pid) => {
                let look = move || NetworkNamespace::of_process(pid).ok()?.listening().ok();
                tokio::task::spawn_blocking(look).await.ok()?
            }
            None => None,
        };
        let listening = match looked {
            Some(listening) => listening,
            None => {
                let object = Object::Container(asked.name.clone());
                let lines = self.scouts.ask(&seen.container.id, &object, &[Request::Listening], TO_LIST).await.ok()?;
                read_listening(lines.first()?)?
            }
        };
        Some((asked, listening))
    }

    /// The container's main process, where it is one of this host's.
    fn pid_here(&self, seen: &Inspected) -> Option<u32> {
        self.mirror.capabilities().filter(|capabilities| capabilities.local)?;
        seen.pid.and_then(|pid| u32::try_from(pid).ok())
    }
}

fn instead(container: &Container, listening: &Listening, port: u16) -> String {
    let name = &container.name;
    if listening.loopback.contains(&port) {
        format!("{name} listens on port {port} of its loopback only, where no other container reaches it")
    } else if listening.outside.is_empty() {
        format!("{name} listens on no port")
    } else {
        format!("{name} listens on {}", list(&listening.outside))
    }
}

fn list(ports: &BTreeSet<u16>) -> String {
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
