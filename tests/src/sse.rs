//! Server-Sent Events, as JSON.

use serde_json::Value;

/// A stream of events.
pub struct Events {
    response: reqwest::Response,
    read: String,
}

impl Events {
    /// Reads a response's body as events.
    pub fn of(response: reqwest::Response) -> Self {
        Self { response, read: String::new() }
    }

    /// The next event's data; `None` where the stream has ended. Comments are passed over.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.read.find("\n\n") {
                let event: String = self.read.drain(..end + 2).collect();
                let data: Vec<&str> = event.lines().filter_map(|line| line.strip_prefix("data:")).collect();
                if !data.is_empty() {
                    return serde_json::from_str(data.join("\n").trim()).ok();
                }
                continue;
            }
            let chunk = self.response.chunk().await.ok()??;
            self.read.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
}
