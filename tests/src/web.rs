//! HTTP to a system's published ports, and waiting for a condition with a deadline.

use serde_json::Value;
use std::future::Future;
use std::time::{Duration, Instant};

/// How often a condition is looked at that nothing tells of.
const LOOK: Duration = Duration::from_secs(1);

/// A client with an account or a key, or without.
#[derive(Clone)]
pub struct Web {
    client: reqwest::Client,
    base: String,
    account: Option<(String, String)>,
    key: Option<String>,
}

impl Web {
    /// What is published on a port of this machine.
    pub fn at(port: u16) -> Self {
        // The client wants a TLS provider even where it never speaks TLS.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
        Self { client, base: format!("http://127.0.0.1:{port}"), account: None, key: None }
    }

    /// With HTTP's basic account.
    pub fn account(mut self, name: &str, password: &str) -> Self {
        self.account = Some((name.to_owned(), password.to_owned()));
        self
    }

    /// With the header `X-API-Key`.
    pub fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// The status and the body; a body that is no JSON is a string.
    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Result<(u16, Value), String> {
        let failed = |error: reqwest::Error| format!("{method} {}{path}: {error}", self.base);
        let mut request = self.client.request(method.parse().unwrap(), format!("{}{path}", self.base));
        if let Some((name, password)) = &self.account {
            request = request.basic_auth(name, Some(password));
        }
        if let Some(key) = &self.key {
            request = request.header("X-API-Key", key);
        }
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(failed)?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// The body of a success.
    pub async fn get(&self, path: &str) -> Result<Value, String> {
        self.success("GET", path, None).await
    }

    /// The body of a success.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        self.success("POST", path, Some(body)).await
    }

    /// A request that must succeed; the answer's body.
    pub async fn success(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, String> {
        match self.send(method, path, body).await? {
            (200..=299, body) => Ok(body),
            (status, body) => Err(format!("{method} {}{path}: {status} {body}", self.base)),
        }
    }
}

/// Looks until there is an answer: `Ok(None)` is not yet. What it last said is part of the failure.
pub async fn until<T, F: Future<Output = Result<Option<T>, String>>>(
    patience: Duration,
    what: &str,
    look: impl Fn() -> F,
) -> Result<T, String> {
    let deadline = Instant::now() + patience;
    let mut pause = tokio::time::interval(LOOK);
    let mut last = String::new();
    while Instant::now() < deadline {
        pause.tick().await;
        match look().await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            Err(reason) => last = format!(": {reason}"),
        }
    }
    Err(format!("{what}: not within {patience:?}{last}"))
}

/// A failure with these words, unless the condition holds.
pub fn ensure(holds: bool, words: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(words()) }
}
