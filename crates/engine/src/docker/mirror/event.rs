//! An event of the engine → what to look at again. Pure; what the event says beyond that is not believed, save who ended a
//! container's run, which nothing else tells, and whether well.

use super::runs::RunEvent;
use crate::docker::convert_container::is_anonymous;
use crate::docker::convert_labels::owner;
use bollard::models::{EventMessage, EventMessageTypeEnum as Kind};
use evenkeel_model::{Owner, VolumeName, labels};
use std::collections::HashMap;

/// The types and actions that the engine is asked to tell of. Not among them: `exec_*`, of which every health probe causes
/// three, and volumes' `mount` and `unmount`. The engine compares by prefix as soon as `health_status` is among them.
pub(super) fn filters() -> HashMap<String, Vec<String>> {
    const TYPES: [&str; 4] = ["container", "network", "volume", "image"];
    const ACTIONS: [&str; 22] = [
        "create",
        "start",
        "die",
        "kill",
        "stop",
        "oom",
        "pause",
        "unpause",
        "rename",
        "update",
        "destroy",
        "health_status",
        "connect",
        "disconnect",
        "remove",
        "tag",
        "untag",
        "delete",
        "pull",
        "load",
        "import",
        "restart",
    ];
    let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    HashMap::from([("type".to_owned(), list(&TYPES)), ("event".to_owned(), list(&ACTIONS))])
}

/// Something that the mirror looks at again on its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::docker) enum Key {
    /// A container, by id.
    Container(String),
    /// A network, by id.
    Network(String),
    /// A volume.
    Volume(VolumeName),
    /// All images: that a reference has gone can only be seen in the list.
    Images,
}

/// What an event gives rise to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    /// What to look at again.
    pub(super) keys: Vec<Key>,
    /// What it says about a container's run.
    pub(super) run: Option<(String, RunEvent)>,
    /// Whom it concerns.
    pub(super) concerns: Concern,
}

/// Whom an event concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Concern {
    /// The owner of the object, as the event itself says.
    Owner(Owner),
    /// The owners of these, as the mirror knows them; `else_everybody` where none has one.
    OwnersOf {
        /// What it is about, looked at again or not.
        keys: Vec<Key>,
        /// A name has come or gone that anybody may be waiting for.
        else_everybody: bool,
    },
    /// Everybody: a name that anybody may be waiting for has come or gone.
    Everybody,
}

/// Reads an event. `None` where there is nothing to look at.
pub(super) fn notice(event: EventMessage) -> Option<Notice> {
    let action = event.action?;
    let actor = event.actor?;
    let id = actor.id?;
    let attributes = actor.attributes.unwrap_or_default();
    match event.typ? {
        Kind::CONTAINER => container(&action, id, &attributes),
        Kind::NETWORK => Some(network(&action, id, &attributes)),
        Kind::VOLUME => volume(&action, id),
        Kind::IMAGE => Some(Notice { keys: vec![Key::Images], run: None, concerns: Concern::Everybody }),
        _ => None,
    }
}

fn container(action: &str, id: String, attributes: &HashMap<String, String>) -> Option<Notice> {
    // A scout of our own is nobody's business; labels are among a container's attributes.
    if action.starts_with("exec_") || attributes.contains_key(labels::PROBE) {
        return None;
    }
    let number = |key: &str| attributes.get(key).and_then(|text| text.parse().ok());
    let run = match action {
        "start" => Some(RunEvent::Start),
        "kill" => number("signal").map(RunEvent::Kill),
        // An engine that does not say with what says it later, when it shows the end.
        "die" => Some(RunEvent::Die(number("exitCode").unwrap_or_default())),
        "stop" => Some(RunEvent::Stop),
        "destroy" => Some(RunEvent::Destroy),
        _ => None,
    };
    let owner = owner(attributes);
    let concerns = match (&owner, action) {
        (Owner::Nobody, "create" | "destroy" | "rename") => Concern::Everybody,
        _ => Concern::Owner(owner),
    };
    Some(Notice { keys: vec![Key::Container(id.clone())], run: run.map(|event| (id, event)), concerns })
}

fn network(action: &str, id: String, attributes: &HashMap<String, String>) -> Notice {
    let network = Key::Network(id);
    let container = attributes.get("container").filter(|id| !id.is_empty()).map(|id| Key::Container(id.clone()));
    let guest: Vec<Key> = container.into_iter().collect();
    let comes_or_goes = !matches!(action, "connect" | "disconnect");
    // Who is attached to it is seen by the containers; of the network nothing else changes.
    let looked_at = if comes_or_goes || guest.is_empty() { vec![network.clone()] } else { guest.clone() };
    let keys = [network].into_iter().chain(guest).collect();
    Notice { keys: looked_at, run: None, concerns: Concern::OwnersOf { keys, else_everybody: comes_or_goes } }
}

fn volume(action: &str, name: String) -> Option<Notice> {
    // An anonymous volume comes and goes with its container, and nobody addresses it.
    if !matches!(action, "create" | "destroy") || is_anonymous(&name) {
        return None;
    }
    let keys = vec![Key::Volume(VolumeName::new(name))];
    Some(Notice { keys: keys.clone(), run: None, concerns: Concern::OwnersOf { keys, else_everybody: true } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(kind: &str, action: &str, id: &str, attributes: serde_json::Value) -> Option<Notice> {
        let event = json!({"Type": kind, "Action": action, "Actor": {"ID": id, "Attributes": attributes}});
        notice(serde_json::from_value(event).expect("an event"))
    }

    #[test]
    fn events_name_what_to_look_at() {
        let shop = || Concern::Owner(Owner::Evenkeel("shop".into()));
        let ours = json!({"dev.evenkeel.stack": "shop", "com.docker.compose.project": "shop", "signal": "15", "exitCode": "143"});
        let container = |run: Option<RunEvent>, concerns: Concern| {
            let run = run.map(|event| ("c1".to_owned(), event));
            Some(Notice { keys: vec![Key::Container("c1".into())], run, concerns })
        };
        for (kind, action, attributes, expected) in [
            ("container", "start", ours.clone(), container(Some(RunEvent::Start), shop())),
            ("container", "kill", ours.clone(), container(Some(RunEvent::Kill(15)), shop())),
            ("container", "die", ours.clone(), container(Some(RunEvent::Die(143)), shop())),
            ("container", "oom", ours.clone(), container(None, shop())),
            ("container", "health_status: healthy", ours.clone(), container(None, shop())),
            ("container", "exec_create: true", ours, None),
            ("container", "destroy", json!({"dev.evenkeel.probe": "c2"}), None),
            (
                "container",
                "start",
                json!({"com.docker.compose.project": "other"}),
                container(Some(RunEvent::Start), Concern::Owner(Owner::Compose("other".into()))),
            ),
            ("container", "create", json!({}), container(None, Concern::Everybody)),
            ("container", "start", json!({}), container(Some(RunEvent::Start), Concern::Owner(Owner::Nobody))),
        ] {
            assert_eq!(read(kind, action, "c1", attributes), expected, "{kind} {action}");
        }
        let connect = read("network", "connect", "n1", json!({"container": "c1", "name": "x"})).expect("a notice");
        assert_eq!(connect.keys, [Key::Container("c1".into())]);
        let both = vec![Key::Network("n1".into()), Key::Container("c1".into())];
        assert_eq!(connect.concerns, Concern::OwnersOf { keys: both, else_everybody: false });
        let unknown = read("network", "disconnect", "n1", json!({"name": "x"})).expect("a notice");
        assert_eq!(unknown.keys, [Key::Network("n1".into())], "somebody must look, or nobody is told");
        let destroy = read("network", "destroy", "n1", json!({"name": "x"})).expect("a notice");
        let network = vec![Key::Network("n1".into())];
        assert_eq!(destroy.keys, network);
        assert_eq!(destroy.concerns, Concern::OwnersOf { keys: network, else_everybody: true });
        assert_eq!(read("volume", "create", "data", json!({})).map(|n| n.keys), Some(vec![Key::Volume("data".into())]));
        assert_eq!(read("volume", "create", &"a".repeat(64), json!({})), None);
        assert_eq!(read("volume", "mount", "data", json!({})), None);
        assert_eq!(read("image", "tag", "sha256:1", json!({"name": "a:1"})).map(|n| n.keys), Some(vec![Key::Images]));
        assert_eq!(read("daemon", "reload", "x", json!({})), None);
    }
}
