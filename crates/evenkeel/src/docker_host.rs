//! Which Docker engine is meant, found as the docker command finds it.

use anyhow::Context as _;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The engine's address: the configured one, else `DOCKER_HOST`, else the Docker context's; `None` is the local socket.
///
/// # Errors
/// For a context that is named and is not there: another engine than the one meant must not be touched.
pub fn find(configured: Option<&str>) -> anyhow::Result<Option<String>> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(host) = configured.map(str::to_owned).or_else(|| set("DOCKER_HOST")) {
        return Ok(Some(host));
    }
    let home = || set("HOME").map(|home| Path::new(&home).join(".docker"));
    let Some(directory) = set("DOCKER_CONFIG").map(PathBuf::from).or_else(home) else { return Ok(None) };
    of_context(&directory, set("DOCKER_CONTEXT"))
}

/// The address of a context, or of the one that is in use, by the files of the docker command.
fn of_context(directory: &Path, named: Option<String>) -> anyhow::Result<Option<String>> {
    let Some(name) = named.or_else(|| in_use(directory)).filter(|name| name != "default") else { return Ok(None) };
    let digest = Sha256::digest(name.as_bytes()).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let file = directory.join("contexts/meta").join(digest).join("meta.json");
    let missing = || {
        format!(
            "the Docker context `{name}` has no readable {}; `docker context ls` shows the contexts, and DOCKER_HOST goes \
             before them",
            file.display()
        )
    };
    let text = std::fs::read_to_string(&file).with_context(missing)?;
    let context: ContextFile = serde_json::from_str(&text).with_context(missing)?;
    Ok(context.endpoints.docker.host.filter(|host| !host.is_empty()))
}

/// A configuration that cannot be read names no context, as the docker command takes it.
fn in_use(directory: &Path) -> Option<String> {
    let text = std::fs::read_to_string(directory.join("config.json")).ok()?;
    let config: ConfigFile = serde_json::from_str(&text).ok()?;
    config.current_context.filter(|name| !name.is_empty())
}

#[derive(Deserialize)]
struct ConfigFile {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
}

#[derive(Deserialize)]
struct ContextFile {
    #[serde(rename = "Endpoints")]
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Endpoint,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(rename = "Host")]
    host: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_are_found_as_docker_finds_them() {
        let directory = tempfile::tempdir().unwrap();
        let digest: String = Sha256::digest(b"ci").iter().map(|byte| format!("{byte:02x}")).collect();
        let meta = directory.path().join("contexts/meta").join(digest);
        std::fs::create_dir_all(&meta).unwrap();
        let context = r#"{"Name":"ci","Endpoints":{"docker":{"Host":"tcp://10.0.0.7:2375","SkipTLSVerify":false}}}"#;
        std::fs::write(meta.join("meta.json"), context).unwrap();

        let ci = Some("tcp://10.0.0.7:2375".to_owned());
        for (config, named, found) in [
            (None, None, Some(None)),
            (Some("{}"), None, Some(None)),
            (Some(r#"{"currentContext":"ci"}"#), None, Some(ci.clone())),
            (Some(r#"{"currentContext":"ci"}"#), Some("default"), Some(None)),
            (Some(r#"{"currentContext":"gone"}"#), Some("ci"), Some(ci)),
            (Some(r#"{"currentContext":"gone"}"#), None, None),
        ] {
            let file = directory.path().join("config.json");
            match config {
                Some(text) => std::fs::write(&file, text).unwrap(),
                None => drop(std::fs::remove_file(&file)),
            }
            let got = of_context(directory.path(), named.map(str::to_owned)).ok();
            assert_eq!(got, found, "{config:?} {named:?}");
        }
    }
}
