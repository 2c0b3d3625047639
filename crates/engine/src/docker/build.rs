//! A build with the classic builder: its request, its context, and what it says.

mod context;
mod ignore;

pub(super) use self::context::Context;

use bollard::models::BuildInfo;
use bollard::query_parameters::BuildImageOptions;
use evenkeel_model::{Build, ImageRef};
use std::collections::VecDeque;

/// Compose's label for who built an image.
const BUILDER: (&str, &str) = ("com.docker.compose.image.builder", "classic");
/// Lines that are kept for the error.
const KEPT: usize = 15;

/// The request, for a Dockerfile of this name in the context. Further tags are given afterwards, as the API takes one here.
pub(super) fn options(image: &ImageRef, build: &Build, dockerfile: &str) -> BuildImageOptions {
    let labels = build.labels.iter().map(|(label, value)| (label.clone(), value.clone()));
    let args = build.args.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    BuildImageOptions {
        dockerfile: dockerfile.to_owned(),
        t: Some(image.to_string()),
        extrahosts: build.extra_hosts.first().cloned(),
        nocache: build.no_cache,
        cachefrom: Some(build.cache_from.clone()).filter(|images| !images.is_empty()),
        pull: build.pull.then(|| "1".to_owned()),
        rm: true,
        forcerm: true,
        buildargs: Some(args.collect()),
        shmsize: build.shm_size_bytes.and_then(|size| i32::try_from(size).ok()),
        memory: build.memory_bytes.and_then(|size| i32::try_from(size).ok()),
        labels: Some(labels.chain([(BUILDER.0.to_owned(), BUILDER.1.to_owned())]).collect()),
        networkmode: build.network.clone(),
        platform: build.platform.clone().unwrap_or_default(),
        target: build.target.clone().unwrap_or_default(),
        ..BuildImageOptions::default()
    }
}

/// What the request holds beyond what bollard's options can: parameters that repeat, or are larger or other than they take.
pub(super) fn parameters(build: &Build) -> Vec<(&'static str, String)> {
    // The API takes several hosts by naming the parameter again; bollard takes one.
    let hosts = build.extra_hosts.iter().skip(1).map(|host| ("extrahosts", host.clone()));
    let ulimits: Vec<_> = build
        .ulimits
        .iter()
        .map(|(name, limit)| serde_json::json!({"Name": name, "Soft": limit.soft, "Hard": limit.hard}))
        .collect();
    let ulimits = (!ulimits.is_empty()).then(|| ("ulimits", serde_json::Value::Array(ulimits).to_string()));
    let isolation = build.isolation.clone().map(|isolation| ("isolation", isolation));
    hosts.chain(ulimits).chain(isolation).collect()
}

/// Why the classic builder cannot build this; `None` where it can.
pub(super) fn refusal(build: &Build) -> Option<String> {
    let keys: Vec<String> = build.beyond_classic.iter().map(|key| format!("`build.{key}`")).collect();
    match keys.as_slice() {
        [] => None,
        keys => Some(format!(
            "{} can only be done by BuildKit, and Evenkeel builds with the engine's classic builder; build it with `docker buildx build` \
             under this name, or leave the keys out",
            keys.join(", ")
        )),
    }
}

/// What a build says, line by line.
#[derive(Debug, Default)]
pub(super) struct Output {
    begun: String,
    last: VecDeque<String>,
}

impl Output {
    /// Takes in a message, and gives the lines that it ends.
    pub(super) fn take(&mut self, message: &BuildInfo) -> Vec<String> {
        self.begun.push_str(message.stream.as_deref().unwrap_or_default());
        let mut lines = Vec::new();
        while let Some(end) = self.begun.find('\n') {
            let line: String = self.begun.drain(..=end).collect();
            lines.extend(self.keep(&line));
        }
        // Pulling a base image is told as status, of which only what has no moving bar is of use here.
        if let (Some(status), None) = (&message.status, &message.progress_detail) {
            lines.extend(self.keep(status));
        }
        lines
    }

    /// The error with the last lines before it.
    pub(super) fn explain(&self, error: &str) -> String {
        let lines: Vec<&str> = self.last.iter().map(String::as_str).chain(Some(self.begun.trim_end())).collect();
        let lines = lines.join("\n  ");
        if lines.trim().is_empty() {
            error.to_owned()
        } else {
            format!("{error}; its last lines:\n  {}", lines.trim_end())
        }
    }

    fn keep(&mut self, line: &str) -> Option<String> {
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            return None;
        }
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(line.clone());
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_field_of_a_build_reaches_the_engine() {
        let build: Build = serde_json::from_value(json!({
            "context": "/c", "dockerfile": {"file": "Dockerfile"}, "args": {"A": "1", "B": null}, "target": "app",
            "labels": {"x": "y"}, "network": "host", "tags": ["other:1"], "cache_from": ["base"],
            "extra_hosts": ["a:1.2.3.4", "b:1.2.3.5"], "memory_bytes": 2000, "isolation": "default",
            "ulimits": {"nofile": {"soft": 1, "hard": 2}}, "no_cache": true, "pull": true, "shm_size_bytes": 1000, "platform": "linux/amd64",
        }))
        .expect("a build");
        let options = options(&ImageRef::from("app:1"), &build, "D");
        assert_eq!(
            serde_json::to_value(&options).expect("JSON"),
            json!({"dockerfile": "D", "t": "app:1", "extrahosts": "a:1.2.3.4", "q": false, "nocache": true,
                "cachefrom": "[\"base\"]", "pull": "1", "rm": true, "forcerm": true, "buildargs": "{\"A\":\"1\"}",
                "shmsize": 1000, "memory": 2000, "labels": options_labels(&options), "networkmode": "host", "platform": "linux/amd64",
                "target": "app", "version": 1})
        );
        let expected = [
            ("extrahosts", "b:1.2.3.5".to_owned()),
            ("ulimits", r#"[{"Hard":2,"Name":"nofile","Soft":1}]"#.to_owned()),
            ("isolation", "default".to_owned()),
        ];
        let further = parameters(&build);
        let same = further.iter().zip(&expected).all(|(one, other)| {
            let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or_else(|_| text.into());
            one.0 == other.0 && read(&one.1) == read(&other.1)
        });
        assert!(same && further.len() == expected.len(), "{further:?}");
        assert_eq!(refusal(&build), None);
        let beyond = Build { beyond_classic: vec!["ssh".to_owned(), "secrets".to_owned()], ..build };
        assert!(refusal(&beyond).is_some_and(|why| why.starts_with("`build.ssh`, `build.secrets` can only")));
        let labels = options.labels.expect("labels");
        assert_eq!((labels["x"].as_str(), labels[BUILDER.0].as_str()), ("y", "classic"));
    }

    fn options_labels(options: &BuildImageOptions) -> serde_json::Value {
        serde_json::to_value(options).expect("JSON")["labels"].clone()
    }

    #[test]
    fn output_is_told_by_lines_and_its_end_kept() {
        let mut output = Output::default();
        let message = |stream: &str| serde_json::from_value(json!({ "stream": stream })).expect("a message");
        assert_eq!(output.take(&message("Step 1/2 : FROM")), Vec::<String>::new());
        assert_eq!(output.take(&message(" x\n ---> 12\n\n")), ["Step 1/2 : FROM x", " ---> 12"]);
        for index in 0..40 {
            output.take(&message(&format!("line {index}\n")));
        }
        let told = output.explain("returned 1");
        assert!(told.starts_with("returned 1; its last lines:\n  line 25\n"), "{told}");
        assert!(told.ends_with("line 39"), "{told}");
        assert_eq!(Output::default().explain("no"), "no");
    }
}
