//! What a one-off container is made from: the service, as its definition says, with what the request says differently. Ports and
//! volumes are read by the loader, as a further Compose file would be.

use crate::definition;
use crate::problem::{Answer, bad_request, internal, not_found};
use crate::state::ApiState;
use evenkeel_model::{ContainerSpec, Definition, DefinitionFile, ServiceName, Stack, StackName};
use evenkeel_wire::RunRequest;
use serde_json::{Value, json};

/// How messages name the file that holds the request's ports and volumes.
const OPTIONS: &str = "the options of run";

/// What a request for a one-off container means.
pub struct Meant {
    /// A definition that is to come into force, where one was sent or the service's profile must be switched on.
    pub proposal: Option<(Definition, Stack)>,
    /// The service.
    pub service: ServiceName,
    /// What the container is made from.
    pub spec: ContainerSpec,
}

/// Works out what a request means.
///
/// # Errors
/// 404 where there is no such service, 400 and 422 for options that make no sense.
pub async fn meant(state: &ApiState, stack: &StackName, request: &mut RunRequest) -> Answer<Meant> {
    if request.service_ports && !request.ports.is_empty() {
        return Err(bad_request("`service_ports` and `ports` exclude each other. Nothing was changed."));
    }
    let sent = request.definition.take();
    let is_new = sent.is_some();
    let (mut definition, mut resolved) = match sent {
        Some(sent) => {
            let loaded = definition::load(stack, *sent, state.settings()).await?;
            (loaded.definition, loaded.stack)
        }
        None => kept(state, stack).await?,
    };
    let mut changed = is_new;
    if !resolved.services.contains_key(request.service.as_str()) {
        definition = with_profile_of(&request.service, stack, definition).await?;
        resolved = definition::resolve(definition.clone()).await?.stack;
        changed = true;
    }
    let service = resolved.services.get(request.service.as_str());
    let mut spec = service.map(|service| service.container.clone()).unwrap_or_default();
    if let Some(further) = further(request, &definition).await? {
        let loaded = definition::resolve(further).await?;
        let before = std::mem::take(&mut spec);
        let service = loaded.stack.services.get(request.service.as_str());
        spec = service.map(|service| service.container.clone()).unwrap_or_default();
        forget_unset(&mut spec, &before, request);
    }
    apply(&mut spec, request);
    let proposal = changed.then_some((definition, resolved));
    Ok(Meant { proposal, service: ServiceName::from(request.service.as_str()), spec })
}

/// The definition in force.
async fn kept(state: &ApiState, stack: &StackName) -> Answer<(Definition, Stack)> {
    let view = state.view(stack)?;
    let revision = state.control().store().revision(stack, view.desired.generation).await?;
    let revision = revision.ok_or_else(|| internal("the definition in force is not in the store"))?;
    Ok((revision.definition, view.desired.stack.clone()))
}

/// The definition with the service's profiles switched on.
async fn with_profile_of(service: &str, stack: &StackName, mut definition: Definition) -> Answer<Definition> {
    let all = Definition { profiles: vec!["*".to_owned()], ..definition.clone() };
    let loaded = definition::resolve(all).await?;
    let Some(found) = loaded.canonical["services"].get(service) else {
        let known = loaded.stack.services.keys().map(ServiceName::as_str);
        return Err(not_found(&format!("service of stack `{stack}` by the name"), service, known));
    };
    let profiles = found["profiles"].as_array().into_iter().flatten().filter_map(Value::as_str);
    definition.profiles.extend(profiles.map(str::to_owned));
    Ok(definition)
}

/// The definition with one more file, where the request says something that the loader has to read.
async fn further(request: &RunRequest, definition: &Definition) -> Answer<Option<Definition>> {
    let bare: serde_json::Map<String, Value> =
        request.environment.iter().filter(|one| !one.contains('=')).map(|name| (escaped(name), Value::Null)).collect();
    if request.ports.is_empty() && request.volumes.is_empty() && bare.is_empty() {
        return Ok(None);
    }
    let base = definition::resolve(definition.clone()).await?;
    let known = |name: &str| base.canonical["volumes"].get(name).is_some();
    // A volume that the files do not know is one of the engine's own, as it is called there.
    let named = request.volumes.iter().filter_map(|volume| volume.split_once(':')).map(|(source, _)| source);
    let foreign = named.filter(|source| !source.starts_with(['/', '.', '~', '$']) && !known(source));
    let foreign: serde_json::Map<String, Value> =
        foreign.map(|name| (escaped(name), json!({"external": true, "name": escaped(name)}))).collect();
    let list = |texts: &[String]| json!(texts.iter().map(|text| escaped(text)).collect::<Vec<_>>());
    let ports =
        if request.ports.is_empty() { String::new() } else { format!(", ports: !override {}", list(&request.ports)) };
    let content = format!(
        "services: {{{}: {{environment: {}, volumes: {}{ports}}}}}\nvolumes: {}\n",
        json!(escaped(&request.service)),
        Value::Object(bare),
        list(&request.volumes),
        Value::Object(foreign),
    );
    let mut further = definition.clone();
    let path = format!("{}/{OPTIONS}", definition.working_dir.trim_end_matches('/'));
    further.files.push(DefinitionFile { path: path.clone(), content });
    further.compose_files.push(path);
    Ok(Some(further))
}

/// Nothing in it is a variable.
fn escaped(text: &str) -> String {
    text.replace('$', "$$")
}

/// A name without a value that has none in the project either changes nothing.
fn forget_unset(spec: &mut ContainerSpec, before: &ContainerSpec, request: &RunRequest) {
    for name in request.environment.iter().filter(|one| !one.contains('=')) {
        if spec.environment.get(name) == Some(&None) {
            match before.environment.get(name) {
                Some(value) => drop(spec.environment.insert(name.clone(), value.clone())),
                None => drop(spec.environment.remove(name)),
            }
        }
    }
}

/// What needs no loader.
fn apply(spec: &mut ContainerSpec, request: &RunRequest) {
    if !request.service_ports && request.ports.is_empty() {
        spec.ports.clear();
    }
    if let Some(entrypoint) = &request.entrypoint {
        spec.entrypoint = Some(entrypoint.clone());
        spec.command = Some(Vec::new());
    }
    if let Some(command) = request.command.as_ref().filter(|command| !command.is_empty()) {
        spec.command = Some(command.clone());
    }
    for (name, value) in request.environment.iter().filter_map(|one| one.split_once('=')) {
        spec.environment.insert(name.to_owned(), Some(value.to_owned()));
    }
    spec.labels.extend(request.labels.clone());
    spec.user = request.user.clone().or_else(|| spec.user.take());
    spec.working_dir = request.working_dir.clone().or_else(|| spec.working_dir.take());
    spec.cap_drop.retain(|capability| !request.cap_add.contains(capability));
    spec.cap_add.extend(request.cap_add.iter().cloned());
    spec.cap_add.retain(|capability| !request.cap_drop.contains(capability));
    spec.cap_drop.extend(request.cap_drop.iter().cloned());
    spec.restart = None;
    spec.tty = request.tty;
    spec.stdin_open = request.interactive;
    spec.stdin_once = request.interactive;
    spec.auto_remove = request.remove;
}
