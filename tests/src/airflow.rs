//! Airflow's REST API: runs of DAGs, to their end.

use crate::web::{Web, ensure, until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest that a run may take, on a machine that may be busy.
const PATIENCE: Duration = Duration::from_secs(420);

/// One Airflow.
pub struct Airflow {
    api: Web,
}

/// When a task began and ended, as the API writes times: they compare as text.
pub type Tasks = BTreeMap<String, (String, String)>;

impl Airflow {
    /// The one whose web server this is, with the account in it.
    pub fn at(api: Web) -> Self {
        Self { api }
    }

    /// Lets a DAG run.
    pub async fn unpause(&self, dag: &str) -> Result<(), String> {
        let path = format!("/api/v1/dags/{dag}");
        let unpaused = async || self.api.success("PATCH", &path, Some(json!({ "is_paused": false }))).await.map(Some);
        // The scheduler reads the files after it has become ready.
        until(Duration::from_secs(90), &format!("the DAG {dag} is known"), unpaused).await.map(|_| ())
    }

    /// Triggers a run and waits until all its tasks have succeeded.
    pub async fn run(&self, dag: &str) -> Result<Tasks, String> {
        self.unpause(dag).await?;
        let run = self.api.post(&format!("/api/v1/dags/{dag}/dagRuns"), json!({})).await?;
        self.wait(dag, run["dag_run_id"].as_str().unwrap_or_default()).await
    }

    /// Lets a DAG follow its schedule, and waits for the run that this begins.
    pub async fn run_by_schedule(&self, dag: &str) -> Result<Tasks, String> {
        self.unpause(dag).await?;
        let newest = format!("/api/v1/dags/{dag}/dagRuns?order_by=-execution_date&limit=1");
        let first = async || {
            let runs = self.api.get(&newest).await?;
            Ok(runs["dag_runs"][0]["dag_run_id"].as_str().map(str::to_owned))
        };
        let run = until(Duration::from_secs(90), &format!("a run of {dag}"), first).await?;
        self.wait(dag, &run).await
    }

    /// Lets a DAG follow its schedule no more, so that it takes nothing from what comes next.
    pub async fn pause(&self, dag: &str) -> Result<(), String> {
        self.api.success("PATCH", &format!("/api/v1/dags/{dag}"), Some(json!({ "is_paused": true }))).await.map(|_| ())
    }

    async fn wait(&self, dag: &str, run: &str) -> Result<Tasks, String> {
        let path = format!("/api/v1/dags/{dag}/dagRuns/{}", run.replace('+', "%2B").replace(':', "%3A"));
        let ended = async || {
            let state = self.api.get(&path).await?["state"].clone();
            Ok(matches!(state.as_str(), Some("success" | "failed")).then_some(state))
        };
        let state = until(PATIENCE, &format!("the run {run} of {dag}"), ended).await;
        let tasks = self.api.get(&format!("{path}/taskInstances")).await?;
        let tasks = tasks["task_instances"].as_array().cloned().unwrap_or_default();
        let state = state.map_err(|reason| format!("{reason}; {}", states(&tasks)))?;
        ensure(state == "success", || format!("the run {run} of {dag}: {}", states(&tasks)))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(tasks
            .iter()
            .map(|one| (text(&one["task_id"]), (text(&one["start_date"]), text(&one["end_date"]))))
            .collect())
    }
}

fn states(tasks: &[Value]) -> String {
    let states = tasks.iter().map(|one| format!("{} {}", one["task_id"], one["state"]));
    states.collect::<Vec<_>>().join(", ")
}
