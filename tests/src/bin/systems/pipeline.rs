//! The job of `pipeline`: its DAG's containers, in their order, and what each of them leaves where.

use crate::report::Report;
use crate::trial::Trial;
use evenkeel_tests::airflow::Tasks;
use evenkeel_tests::web::{ensure, until};
use serde_json::json;
use std::time::Duration;

const PRODUCTS: u64 = 60;

pub async fn work(trial: &Trial, report: &mut Report) {
    let airflow = trial.airflow();
    let tasks =
        report.step("the DAG, by its schedule, in containers of its own", airflow.run_by_schedule("pipeline")).await;
    report.step("scraping, then postgres, elastic and mlflow; the API after elastic", order(tasks)).await;
    report.step("the products are in PostgreSQL", postgres(trial)).await;
    report.step("and in Elasticsearch, and Kibana is available", elasticsearch(trial)).await;
    report.step("MLflow's metric is in PostgreSQL, its artefact on the volume", mlflow(trial)).await;
    report.step("the API knows them, and asks for its key", api(trial)).await;
    report.step("Flower sees the worker", flower(trial)).await;
    report.step("Airflow's command line as a one-off", command_line(trial)).await;
}

async fn order(tasks: Option<Tasks>) -> Result<(), String> {
    let tasks = tasks.ok_or("it did not run")?;
    let after = |later: &str, earlier: &str| {
        ensure(tasks[earlier].1 <= tasks[later].0, || format!("{later} began before {earlier} had ended: {tasks:?}"))
    };
    for later in ["postgre_task", "elastic_task", "mlflow_task"] {
        after(later, "scraping_task")?;
    }
    after("fastapi_task", "elastic_task")
}

async fn postgres(trial: &Trial) -> Result<(), String> {
    let count = trial
        .exec("postgres", &psql(trial, "pipeline", "SELECT count(*) FROM products").each_ref().map(String::as_str))?;
    ensure(count.trim() == PRODUCTS.to_string(), || format!("{count} products"))
}

async fn elasticsearch(trial: &Trial) -> Result<(), String> {
    let count = trial.web("ELASTICSEARCH_PORT").get("/products/_count").await?["count"].clone();
    ensure(count == PRODUCTS, || format!("{count} documents"))?;
    let status = trial.web("KIBANA_PORT").get("/api/status").await?["status"]["overall"]["level"].clone();
    ensure(status == "available", || status.to_string())
}

async fn mlflow(trial: &Trial) -> Result<(), String> {
    let query = "SELECT count(*) FROM metrics WHERE key = 'mean_absolute_error' AND value > 0";
    let count = trial.exec("postgres", &psql(trial, "mlflow", query).each_ref().map(String::as_str))?;
    ensure(count.trim() == "1", || format!("{count} metrics"))?;
    let kept = trial.exec("mlflow_service", &["find", "/mlflow/artifacts", "-name", "prices.json"])?;
    ensure(kept.lines().count() == 1, || format!("artefacts: {kept:?}"))
}

async fn api(trial: &Trial) -> Result<(), String> {
    let open = trial.web("FASTAPI_PORT");
    let wanted = json!({ "category": "lamp" });
    let (status, _) = open.send("POST", "/predict", Some(wanted.clone())).await?;
    ensure(status == 401, || format!("without a key /predict says {status}"))?;
    let answer = open.key(&trial.setting("API_KEY")).post("/predict", wanted).await?;
    ensure(answer["price"].as_f64().is_some_and(|price| price > 0.0), || answer.to_string())
}

/// It learns of workers by their events, and answers once it has asked them.
async fn flower(trial: &Trial) -> Result<(), String> {
    let web = trial.web("FLOWER_PORT");
    let seen = async || {
        let page = web.get("/").await?;
        Ok(page.as_str().is_some_and(|page| page.contains("celery@")).then_some(()))
    };
    until(Duration::from_secs(60), "a worker on Flower's page", seen).await
}

async fn command_line(trial: &Trial) -> Result<(), String> {
    let printed = trial.one_off("airflow-cli", &["dags", "list"])?;
    ensure(printed.contains("pipeline.py"), || printed)
}

fn psql(trial: &Trial, database: &str, query: &str) -> [String; 6] {
    ["psql", "-U", &trial.setting("POSTGRES_USER"), "-d", database, &format!("-Atc{query}")].map(str::to_owned)
}
