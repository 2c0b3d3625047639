//! A pull's hundreds of messages → a few lines a second for people. Pure.

use bollard::models::CreateImageInfo;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// At most four lines a second.
const PAUSE: Duration = Duration::from_millis(250);

/// The layers of one pull.
#[derive(Debug, Default)]
pub(super) struct PullProgress {
    layers: BTreeMap<String, Layer>,
    told_at: Option<Instant>,
    told: String,
}

#[derive(Debug, Default)]
struct Layer {
    /// Bytes that have come, and that there are; 0 where it is not known yet.
    bytes: (i64, i64),
    done: bool,
}

impl PullProgress {
    /// Takes in a message, and gives a line where one is due.
    pub(super) fn take(&mut self, message: &CreateImageInfo, now: Instant) -> Option<String> {
        self.note(message);
        if self.layers.is_empty() || self.told_at.is_some_and(|told_at| now < told_at + PAUSE) {
            return None;
        }
        let line = self.line();
        if line == self.told {
            return None;
        }
        self.told_at = Some(now);
        self.told.clone_from(&line);
        Some(line)
    }

    fn note(&mut self, message: &CreateImageInfo) {
        let (Some(id), Some(status)) = (&message.id, &message.status) else { return };
        // `latest: Pulling from library/postgres` names a tag, not a layer.
        if status.starts_with("Pulling from") {
            return;
        }
        let layer = self.layers.entry(id.clone()).or_default();
        match status.as_str() {
            "Downloading" => {
                let detail = message.progress_detail.as_ref();
                let number = |field: Option<i64>| field.unwrap_or(0).max(0);
                layer.bytes =
                    (number(detail.and_then(|detail| detail.current)), number(detail.and_then(|detail| detail.total)));
            }
            "Download complete" | "Verifying Checksum" => layer.bytes.0 = layer.bytes.1,
            "Pull complete" | "Already exists" => {
                layer.bytes.0 = layer.bytes.1;
                layer.done = true;
            }
            _ => {}
        }
    }

    fn line(&self) -> String {
        let done = self.layers.values().filter(|layer| layer.done).count();
        let (come, all) =
            self.layers.values().fold((0, 0), |sum, layer| (sum.0 + layer.bytes.0, sum.1 + layer.bytes.1));
        let megabytes = |bytes: i64| (bytes + 500_000) / 1_000_000;
        format!("{done} of {} layers, {} of {} MB", self.layers.len(), megabytes(come), megabytes(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn messages_become_lines() {
        let mut progress = PullProgress::default();
        let began = Instant::now();
        let messages = [
            (0, json!({"status": "Pulling from library/postgres", "id": "15"}), None),
            (1, json!({"status": "Pulling fs layer", "id": "a"}), Some("0 of 1 layers, 0 of 0 MB")),
            (2, json!({"status": "Pulling fs layer", "id": "b"}), None),
            (
                300,
                json!({"status": "Downloading", "id": "a", "progressDetail": {"current": 5_000_000, "total": 40_000_000}}),
                Some("0 of 2 layers, 5 of 40 MB"),
            ),
            (310, json!({"status": "Download complete", "id": "a"}), None),
            (600, json!({"status": "Already exists", "id": "b"}), Some("1 of 2 layers, 40 of 40 MB")),
            (
                900,
                json!({"status": "Extracting", "id": "a", "progressDetail": {"current": 1, "total": 40_000_000}}),
                None,
            ),
            (1200, json!({"status": "Pull complete", "id": "a"}), Some("2 of 2 layers, 40 of 40 MB")),
            (1500, json!({"status": "Status: Downloaded newer image for postgres:15"}), None),
        ];
        for (at_ms, message, expected) in messages {
            let text = message.to_string();
            let message = serde_json::from_value(message).expect("a message");
            let line = progress.take(&message, began + Duration::from_millis(at_ms));
            assert_eq!(line.as_deref(), expected, "{text}");
        }
    }
}
