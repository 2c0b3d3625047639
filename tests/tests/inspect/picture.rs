//! What the engine says of a project's objects, without what is another each time, by attribute: a service's is what its container
//! has and the `bare` one has not.

use evenkeel_tests::{DockerApi, scenario};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Values by their JSON pointer, by object: `service build`, `network full`.
pub type Picture = BTreeMap<String, BTreeMap<String, Value>>;

/// The service that has no attribute.
const BARE: &str = "service bare";

/// Labels that are each tool's own, or another one each time: Compose's version, and hashes and ids over paths of a temporary directory.
const LABELS: &[&str] = &[
    "com.docker.compose.version",
    "com.docker.compose.config-hash",
    "com.docker.compose.image",
    "com.docker.compose.replace",
    "com.docker.compose.image.builder",
    "dev.evenkeel.",
];

/// Lists without an order: one of the two, or the engine, makes them from a map.
const SETS: &[&str] = &["Env", "ExtraHosts", "Ulimits", "Binds", "Mounts", "Aliases", "Links", "RepoTags", "CapAdd"];

/// How the subnets begin that the files ask for; others are the engine's choice.
const SUBNETS: &[&str] = &["10.209.", "fd09:209:"];

/// What is configured of a container's endpoint; the rest is the engine's.
const ENDPOINT: &[&str] = &["IPAMConfig", "Links", "Aliases", "MacAddress", "DriverOpts", "GwPriority"];

/// What is configured of a network, a volume and an image.
const NETWORK: &[&str] =
    &["Driver", "EnableIPv4", "EnableIPv6", "IPAM", "Internal", "Attachable", "Options", "Labels", "Scope"];
const VOLUME: &[&str] = &["Driver", "Options", "Labels", "Scope"];
const IMAGE: &[&str] = &["Config", "RepoTags", "Architecture", "Os"];

/// Looks at everything of a project whose files are in a directory.
pub async fn take(docker: &DockerApi, project: &str, directory: &Path) -> Picture {
    let mut texts = vec![(directory.display().to_string(), "{dir}".to_owned())];
    let containers = docker.project(project).await.unwrap();
    for (service, container) in &containers {
        let id = container["Id"].as_str().unwrap();
        texts.push((id.to_owned(), format!("{{id of {service}}}")));
        texts.push((id[..12].to_owned(), "{own id}".to_owned()));
        for volume in container["Mounts"].as_array().unwrap().iter().filter_map(|mount| mount["Name"].as_str()) {
            if volume.len() == 64 {
                texts.push((volume.to_owned(), "{anonymous}".to_owned()));
            }
        }
    }
    let plain = |value: &Value| {
        let text = texts.iter().fold(value.to_string(), |text, (from, to)| text.replace(from, to));
        let mut flat = BTreeMap::new();
        flatten(String::new(), &serde_json::from_str(&text).unwrap(), &mut flat);
        flat
    };
    let mut picture = Picture::new();
    for (service, container) in &containers {
        let mut seen = plain(&of_container(container));
        if container["Config"]["Image"].as_str().is_some_and(|image| image.starts_with(project)) {
            let facts = scenario::file(docker, container, "/facts").await.unwrap();
            seen.insert("/facts".to_owned(), facts.content.into());
            let mut image = docker.get(&format!("/images/{}/json", container["Image"].as_str().unwrap())).await;
            // The id of the step before.
            image["Config"]["Image"].take();
            seen.extend(plain(&part(&image, IMAGE)).into_iter().map(|(at, value)| (format!("/Image{at}"), value)));
        }
        picture.insert(format!("service {service}"), seen);
    }
    for (kind, keys) in [("networks", NETWORK), ("volumes", VOLUME)] {
        for name in docker.names(kind, project).await.iter().filter(|name| name.len() != 64) {
            let mut found = docker.get(&format!("/{kind}/{name}")).await;
            if let Some(pools) = found["IPAM"]["Config"].as_array_mut() {
                pools.retain(|pool| SUBNETS.iter().any(|ours| pool["Subnet"].as_str().unwrap().starts_with(ours)));
            }
            picture.insert(format!("{} {name}", kind.trim_end_matches('s')), plain(&part(&found, keys)));
        }
    }
    without_what_is_bare(picture)
}

/// The tags of images that a project's builds have made.
pub async fn tags(docker: &DockerApi, project: &str) -> Vec<String> {
    let images = docker.get("/images/json").await;
    let tags = images.as_array().unwrap().iter().flat_map(|image| image["RepoTags"].as_array().into_iter().flatten());
    tags.filter_map(|tag| tag.as_str().filter(|tag| tag.starts_with(project)).map(str::to_owned)).collect()
}

/// Each value that is not the same in both, and not so on purpose, in a line that names the attribute.
pub fn differences(expected: &Picture, made: &Picture, on_purpose: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let none = BTreeMap::new();
    let objects: BTreeSet<&String> = expected.keys().chain(made.keys()).collect();
    let mut lines = Vec::new();
    for object in objects {
        let (theirs, ours) = (expected.get(object).unwrap_or(&none), made.get(object).unwrap_or(&none));
        let pointers: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
        let differs = |pointer: &&String| theirs.get(*pointer) != ours.get(*pointer) && !on_purpose(object, pointer);
        for pointer in pointers.into_iter().filter(differs) {
            let text = |values: &BTreeMap<String, Value>| {
                values.get(pointer).map_or_else(|| "nothing".to_owned(), Value::to_string)
            };
            lines.push(format!("{object}: {pointer}: Compose {}, Evenkeel {}", text(theirs), text(ours)));
        }
    }
    lines
}

fn of_container(container: &Value) -> Value {
    let mut seen = part(container, &["Config", "HostConfig", "Mounts"]);
    if let Some(mounts) = seen["Mounts"].as_array_mut() {
        mounts.sort_by_key(|mount| mount["Destination"].to_string());
    }
    let endpoints = container["NetworkSettings"]["Networks"].as_object().unwrap();
    let endpoints = endpoints.iter().map(|(network, endpoint)| (network.clone(), part(endpoint, ENDPOINT)));
    seen["Networks"] = Value::Object(endpoints.collect());
    seen
}

fn part(value: &Value, keys: &[&str]) -> Value {
    Value::Object(keys.iter().map(|key| ((*key).to_owned(), value[*key].clone())).collect::<Map<_, _>>())
}

/// Every value that is no object, by its pointer. Empty ones are left out: the engine says an empty list now as null, now as `[]`.
fn flatten(at: String, value: &Value, flat: &mut BTreeMap<String, Value>) {
    let name = at.rsplit('/').next().unwrap_or_default();
    match value {
        Value::Null => {}
        Value::Array(list) if list.is_empty() => {}
        Value::Object(map) => {
            // An empty map of a field is as good as none; one of a port or a path says that it is there.
            if map.is_empty() && !name.starts_with(|first: char| first.is_ascii_uppercase()) {
                flat.insert(at.clone(), Value::Object(Map::new()));
            }
            for (key, value) in map.iter().filter(|(key, _)| !LABELS.iter().any(|label| key.starts_with(label))) {
                flatten(format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), value, flat);
            }
        }
        Value::Array(list) if SETS.contains(&name) => {
            let mut list = list.clone();
            for value in list.iter_mut().filter_map(Value::as_object_mut) {
                value.retain(|_, inner| inner.as_object().is_none_or(|inner| !inner.is_empty()));
            }
            list.sort_by_key(Value::to_string);
            list.dedup();
            flat.insert(at, list.into());
        }
        Value::String(text) if name == "com.docker.compose.depends_on" => {
            let mut services: Vec<&str> = text.split(',').collect();
            services.sort_unstable();
            flat.insert(at, services.join(",").into());
        }
        value => {
            flat.insert(at, value.clone());
        }
    }
}

/// Keeps of each service what `bare` has not, and `null` for what only `bare` has. The service's own name is no attribute.
fn without_what_is_bare(mut picture: Picture) -> Picture {
    let bare = picture.get(BARE).cloned().expect("a service `bare`");
    for (object, values) in &mut picture {
        if object == BARE || !object.starts_with("service ") {
            continue;
        }
        for (pointer, value) in &bare {
            if values.get(pointer) == Some(value) {
                values.remove(pointer);
            } else if !values.contains_key(pointer) {
                values.insert(pointer.clone(), Value::Null);
            }
        }
    }
    picture
}
