//! What the engine tells of a project, heard as it comes: of what is past, it keeps 256 events.

use evenkeel_tests::DockerApi;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinHandle;

/// Listens from when it is made until it is dropped.
pub struct Events {
    heard: Arc<Mutex<String>>,
    listener: JoinHandle<()>,
}

impl Events {
    pub async fn of(docker: &DockerApi, project: &str) -> Self {
        let label = format!("com.docker.compose.project={project}");
        let mut response = docker.stream("/events", &serde_json::json!({ "label": [label] })).await;
        let heard: Arc<Mutex<String>> = Arc::default();
        let writes = heard.clone();
        let listener = tokio::spawn(async move {
            while let Ok(Some(chunk)) = response.chunk().await {
                let words = String::from_utf8_lossy(&chunk);
                writes.lock().unwrap_or_else(PoisonError::into_inner).push_str(&words);
            }
        });
        Self { heard, listener }
    }

    /// All so far, oldest first. An error where the engine tells no more.
    pub fn so_far(&self) -> Result<Vec<Value>, String> {
        if self.listener.is_finished() {
            return Err("the engine's events broke off".to_owned());
        }
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        // The last line may be on its way.
        let whole = heard.rfind('\n').map_or("", |end| &heard[..end]);
        whole.lines().map(|line| serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))).collect()
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.listener.abort();
    }
}
