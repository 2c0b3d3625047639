//! JSON over a unix socket.

use serde_json::Value;
use std::path::Path;

/// A client of one socket.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
}

/// A status and a body; a body that is no JSON is a string, an empty one null.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Value,
}

impl Answer {
    /// The body of a success.
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "HTTP {}: {:#}", self.status, self.body);
        self.body
    }
}

impl Http {
    /// A client of a socket; nothing is connected yet.
    pub fn over(socket: &Path) -> Self {
        // The client wants a TLS provider even where it never speaks TLS.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().unix_socket(socket).build().unwrap();
        Self { client }
    }

    /// Sends a request; `None` where nobody answers, or the answer breaks off.
    pub async fn try_send(&self, method: &str, path: &str, body: Option<&Value>) -> Option<Answer> {
        let (status, text) = self.try_text(method, path, body).await?;
        let body = match serde_json::from_str(&text) {
            Ok(body) => body,
            Err(_) if text.is_empty() => Value::Null,
            Err(_) => Value::String(text),
        };
        Some(Answer { status, body })
    }

    /// The same, with the body as the text that it is.
    pub async fn try_text(&self, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, String)> {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("http://localhost{path}"));
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        Some((status, response.text().await.ok()?))
    }

    /// Sends a request that must be answered.
    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.try_send(method, path, body).await.unwrap_or_else(|| panic!("{method} {path}: no answer"))
    }

    /// `GET`, of something that is there.
    pub async fn get(&self, path: &str) -> Value {
        self.send("GET", path, None).await.ok()
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body)).await
    }

    /// A response whose body is read as it comes.
    pub async fn stream(&self, path: &str) -> reqwest::Response {
        let response = self.client.get(format!("http://localhost{path}")).send().await.unwrap();
        assert!(response.status().is_success(), "GET {path}: {}", response.status());
        response
    }
}
