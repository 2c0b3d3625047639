//! What a client sent as a definition, made whole and loaded.

use crate::convert::plan::Told;
use crate::extract::Raw;
use crate::problem::{Answer, bad_request, internal};
use crate::state::Settings;
use evenkeel_model::{Definition, DefinitionFile, Stack, StackName};
use evenkeel_wire as wire;
use std::path::Path;

/// The names by which Compose finds a project's file, in its order of preference.
const DISCOVERED: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OVERRIDES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// A definition and what it means.
pub struct Loaded {
    /// What was sent.
    pub definition: Definition,
    /// What it means.
    pub stack: Stack,
    /// Warnings.
    pub diagnostics: Vec<wire::Diagnostic>,
    /// What could be better, and where each service stands.
    pub told: Told,
}

/// A body as a definition: JSON, or one Compose file.
///
/// # Errors
/// 415 for another media type, 400 for a body that is not what its type says.
pub fn read(raw: Raw, working_dir: Option<String>) -> Answer<wire::Definition> {
    match raw.media_type.as_str() {
        "application/json" => crate::extract::parse(&raw.bytes),
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => {
            let content = String::from_utf8(raw.bytes.to_vec()).map_err(|error| {
                let at = error.utf8_error().valid_up_to();
                bad_request(format!("the body is not UTF-8 text: byte {} is not part of a character", at + 1))
            })?;
            Ok(wire::Definition {
                files: vec![wire::DefinitionFile { path: DISCOVERED[0].to_owned(), content }],
                working_dir: working_dir.unwrap_or_default(),
                ..wire::Definition::default()
            })
        }
        other => Err(crate::extract::unsupported(other, "application/yaml` or `application/json")),
    }
}

/// Fills in what was left out and loads it.
///
/// # Errors
/// 400 for a definition that does not say what to load, 422 with every error in its files.
pub async fn load(stack: &StackName, sent: wire::Definition, settings: &Settings) -> Answer<Loaded> {
    let definition = complete(stack, sent, settings)?;
    let (definition, project) = parse(definition).await?;
    let services = project.stack.services.len();
    if services > settings.most_services {
        let most = settings.most_services;
        return Err(bad_request(format!(
            "the definition has {services} services, and this daemon takes at most {most}"
        ))
        .with_help("split the stack, or raise `limits.services` in the daemon's configuration"));
    }
    Ok(Loaded {
        stack: project.stack,
        diagnostics: project.warnings.iter().map(crate::convert::diagnostic::to_wire).collect(),
        told: Told { advice: project.advice, places: project.places },
        definition,
    })
}

/// The resolved document of a definition that was accepted before.
///
/// # Errors
/// 422 where this version's loader refuses what an older one has accepted.
pub async fn canonical(definition: Definition) -> Answer<serde_json::Value> {
    Ok(parse(definition).await?.1.canonical)
}

/// What a definition means that was accepted before, or is a change of one.
///
/// # Errors
/// 422 with every error in its files.
pub async fn resolve(definition: Definition) -> Answer<evenkeel_compose::Loaded> {
    Ok(parse(definition).await?.1)
}

/// Loads on a thread of its own: a large definition takes a while, and other requests must not wait for it.
async fn parse(definition: Definition) -> Answer<(Definition, evenkeel_compose::Loaded)> {
    let loading = tokio::task::spawn_blocking(move || {
        let project = evenkeel_compose::load_definition(&definition, None)?;
        Ok((definition, project))
    });
    loading.await.map_err(|error| {
        tracing::error!(%error, "the loader failed");
        internal("the loader failed on this definition. Nothing was changed.")
    })?
}

fn complete(stack: &StackName, sent: wire::Definition, settings: &Settings) -> Answer<Definition> {
    if sent.files.is_empty() {
        return Err(bad_request("the definition has no files")
            .with_help("send {\"files\": [{\"path\": \"compose.yaml\", \"content\": \"…\"}]}, or the file itself as application/yaml"));
    }
    let working_dir = match sent.working_dir {
        dir if dir.is_empty() => settings.state_dir.join("stacks").join(stack.as_str()).display().to_string(),
        dir if Path::new(&dir).is_absolute() => dir,
        dir => {
            return Err(bad_request(format!(
                "`working_dir` must be an absolute path of the daemon's host, and is `{dir}`"
            )));
        }
    };
    let compose_files = if sent.compose_files.is_empty() {
        discover(sent.files.iter().map(|file| file.path.as_str()), &working_dir)?
    } else {
        sent.compose_files
    };
    Ok(Definition {
        files: sent.files.into_iter().map(|file| DefinitionFile { path: file.path, content: file.content }).collect(),
        compose_files,
        environment: sent.environment,
        profiles: sent.profiles,
        working_dir,
        env_files: sent.env_files,
        // The route names the stack, whatever the files or the client's `-p` say.
        project_name: Some(stack.to_string()),
    })
}

/// Which of the files are the Compose files, where nobody says: the only one, or those that Compose would find.
fn discover<'a>(paths: impl Iterator<Item = &'a str>, working_dir: &str) -> Answer<Vec<String>> {
    let paths: Vec<&str> = paths.collect();
    if let [only] = paths.as_slice() {
        return Ok(vec![(*only).to_owned()]);
    }
    // Joined first, so that `x`, `./x` and the absolute path are one.
    let absolute = |path: &str| Path::new(working_dir).join(path);
    let find = |names: &[&str]| {
        let of = |name: &&str| paths.iter().find(|path| absolute(path) == absolute(name));
        names.iter().find_map(of).map(|path| (*path).to_owned())
    };
    let Some(first) = find(&DISCOVERED) else {
        return Err(bad_request("`compose_files` does not say which of the files are the Compose files, and none has a name that Compose looks for")
            .with_help("set `compose_files` to the paths of the Compose files, in order"));
    };
    Ok(std::iter::once(first).chain(find(&OVERRIDES)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compose_files_are_found_as_compose_finds_them() {
        for (paths, found) in [
            (&["stack.yml"][..], Some(&["stack.yml"][..])),
            (&[".env", "compose.yml", "compose.yaml"], Some(&["compose.yaml"])),
            (&[".env", "/srv/shop/docker-compose.yml"], Some(&["/srv/shop/docker-compose.yml"])),
            (&["compose.yaml", "./compose.override.yml"], Some(&["compose.yaml", "./compose.override.yml"])),
            (&[".env", "stack.yml"], None),
            (&["sub/compose.yaml", ".env"], None),
        ] {
            let expected = found.map(|found| found.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>());
            assert_eq!(discover(paths.iter().copied(), "/srv/shop").ok(), expected, "{paths:?}");
        }
    }
}
