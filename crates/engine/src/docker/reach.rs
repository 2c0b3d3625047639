//! Whether one container reaches another, tried from inside its network namespace, so that nothing is needed in its image.

use super::Docker;
use crate::netns::{NetworkNamespace, within};
use crate::{Error, Reached};
use evenkeel_model::{ContainerName, Object};
use evenkeel_probe::{Failure, FailureKind, Files, Question, ask};
use std::collections::BTreeSet;

impl Docker {
    pub(super) async fn try_connection(&self, from: &ContainerName, question: &Question) -> Result<Reached, Error> {
        self.mirror.ready().await?;
        let object = Object::Container(from.clone());
        let seen = self.mirror.container(from).ok_or_else(|| Error::NotFound { object: object.clone() })?;
        if !self.mirror.capabilities().is_some_and(|capabilities| capabilities.local) {
            let message = format!("{object}: its network can only be entered by a daemon on the engine's own host");
            return Err(Error::Rejected { message });
        }
        let pid = seen.pid.and_then(|pid| u32::try_from(pid).ok()).filter(|_| seen.container.is_running());
        let Some(pid) = pid else {
            return Err(Error::Conflict { object, message: "it does not run".to_owned() });
        };
        let question = question.clone();
        let tried = tokio::task::spawn_blocking(move || within(pid, move || ask(&question, &files(pid)))).await;
        let entered = tried.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        let mut reached = entered.map_err(|error| Error::Rejected {
            message: format!("{object}: its network cannot be entered: {error}"),
        })?;
        if let Err(failure) = &mut reached
            && failure.kind == FailureKind::Refused
            && let Some(instead) = self.listens_instead(failure).await
        {
            failure.message.push_str("; ");
            failure.message.push_str(&instead);
        }
        Ok(reached)
    }

    /// Where the one who was asked listens, if not there.
    async fn listens_instead(&self, failure: &Failure) -> Option<String> {
        let address = failure.address?;
        let is_at = |container: &evenkeel_model::Container| {
            container.networks.values().any(|known| *known == Some(address.ip()))
        };
        let asked = self.mirror.containers().into_iter().find(is_at)?.name;
        let pid = u32::try_from(self.mirror.container(&asked)?.pid?).ok()?;
        let look = move || NetworkNamespace::of_process(pid).ok()?.listening().ok();
        let listening = tokio::task::spawn_blocking(look).await.ok()??;
        Some(if listening.loopback.contains(&address.port()) {
            format!(
                "{asked} listens on port {} of its loopback only, where no other container reaches it",
                address.port()
            )
        } else if listening.outside.is_empty() {
            format!("{asked} listens on no port")
        } else {
            format!("{asked} listens on {}", list(&listening.outside))
        })
    }
}

fn list(ports: &BTreeSet<u16>) -> String {
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The files of a process's own root, which tell a container's processes about names.
fn files(pid: u32) -> Files {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/root/etc/{name}")).unwrap_or_default();
    Files { hosts: read("hosts"), resolv_conf: read("resolv.conf") }
}
