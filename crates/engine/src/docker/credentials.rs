//! Credentials for registries, from the `auths` of Docker's `config.json`. Credential helpers are programs, and are not run.

use base64::Engine as _;
use bollard::auth::DockerCredentials;
use serde::Deserialize;
use std::collections::HashMap;
use std::path::PathBuf;

/// The default registry's key in the file.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// Credentials by registry.
#[derive(Default)]
pub(super) struct Credentials(HashMap<String, DockerCredentials>);

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    auths: HashMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    auth: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default, rename = "identitytoken")]
    identity_token: Option<String>,
}

impl Credentials {
    /// Reads `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`, anew each time: somebody may have logged in. Without such a
    /// file there are none.
    pub(super) fn read() -> Self {
        let directory = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
        let directory = directory.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker")));
        let Some(path) = directory.map(|directory| directory.join("config.json")) else { return Self::default() };
        let Ok(text) = std::fs::read_to_string(&path) else { return Self::default() };
        Self::parse(&text).unwrap_or_else(|| {
            tracing::warn!(path = %path.display(), "Docker's configuration could not be read; registries are asked without credentials");
            Self::default()
        })
    }

    /// Those for one registry.
    pub(super) fn of(&self, registry: &str) -> Option<DockerCredentials> {
        let keys = match registry {
            "docker.io" => vec![DOCKER_HUB.to_owned(), "index.docker.io".to_owned(), "docker.io".to_owned()],
            host => vec![
                host.to_owned(),
                format!("https://{host}"),
                format!("https://{host}/v1/"),
                format!("http://{host}"),
            ],
        };
        keys.iter().find_map(|key| self.0.get(key)).cloned()
    }

    /// All, as a build takes them.
    pub(super) fn all(self) -> HashMap<String, DockerCredentials> {
        self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let file: File = serde_json::from_str(text).ok()?;
        let entries = file.auths.into_iter().filter_map(|(registry, entry)| {
            let credentials = entry.credentials(&registry)?;
            Some((registry, credentials))
        });
        Some(Self(entries.collect()))
    }
}

impl Entry {
    /// `None` where the entry only says that a helper knows.
    fn credentials(self, registry: &str) -> Option<DockerCredentials> {
        let decoded = self.auth.and_then(|auth| base64::engine::general_purpose::STANDARD.decode(auth.trim()).ok());
        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = decoded.as_deref().and_then(|text| text.trim_end_matches('\0').split_once(':'));
        let username = self.username.or_else(|| pair.map(|(user, _)| user.to_owned()));
        let password = self.password.or_else(|| pair.map(|(_, password)| password.to_owned()));
        let identitytoken = self.identity_token.filter(|token| !token.is_empty());
        (username.is_some() || identitytoken.is_some()).then(|| DockerCredentials {
            username,
            password,
            identitytoken,
            serveraddress: Some(registry.to_owned()),
            ..DockerCredentials::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_by_registry() {
        // me:secret and you:pass:word.
        let file = r#"{"auths": {"https://index.docker.io/v1/": {"auth": "bWU6c2VjcmV0"}, "host:5000": {"auth":
            "eW91OnBhc3M6d29yZA=="}, "helper.example": {}, "token.example": {"identitytoken": "t"}}, "credsStore": "pass"}"#;
        let credentials = Credentials::parse(file).expect("a file");
        for (registry, expected) in [
            ("docker.io", Some((Some("me"), Some("secret")))),
            ("host:5000", Some((Some("you"), Some("pass:word")))),
            ("helper.example", None),
            ("token.example", Some((None, None))),
            ("elsewhere.example", None),
        ] {
            let found = credentials.of(registry);
            let found = found.as_ref().map(|found| (found.username.as_deref(), found.password.as_deref()));
            assert_eq!(found, expected, "{registry}");
        }
        assert!(Credentials::parse("{}").is_some_and(|none| none.all().is_empty()));
        assert!(Credentials::parse("nonsense").is_none());
    }
}
