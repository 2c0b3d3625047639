//! The job of `factures` with its overlay: three sources to the curated aggregates and their API, HDFS, Kafka to the lake's
//! streaming/, and the reading of documents.

use crate::report::Report;
use crate::trial::Trial;
use evenkeel_tests::airflow::{Airflow, Tasks};
use evenkeel_tests::web::{ensure, until};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

const INGESTION: &str = "multi_source_ingestion_factures";
const ANALYTICS: &str = "batch_analytics_factures";
const DOCUMENTS: &str = "ocr_batch_pipeline";

pub async fn work(trial: &Trial, report: &mut Report) {
    let airflow = trial.airflow();
    let ingested =
        report.step("ingestion from three sources, by its schedule", airflow.run_by_schedule(INGESTION)).await;
    report.step("the three sources at the same time, the rest after them", order(ingested)).await;
    report.step("the aggregates, by their schedule", airflow.run_by_schedule(ANALYTICS)).await;
    report.step("the analytics API answers from curated/, behind the frontend too", analytics(trial)).await;
    report.step("producer, Kafka, consumer, a file under streaming/<date>/", streaming(trial)).await;
    report.step("HDFS holds what the DAGs have uploaded", in_hdfs(trial, &["raw", "clean", "curated"])).await;
    report.step("HDFS holds what the sync job has sent", sync(trial)).await;
    report.step("a document in the inbox becomes an invoice", document(trial, &airflow)).await;
    report.step("Prometheus has its targets up, and Grafana its dashboard", monitoring(trial)).await;
}

async fn order(tasks: Option<Tasks>) -> Result<(), String> {
    let tasks = tasks.ok_or("it did not run")?;
    let (begins, ends) = (|name: &str| tasks[name].0.clone(), |name: &str| tasks[name].1.clone());
    let sources = ["ingest_files", "ingest_db", "ingest_api"];
    let first_end = sources.map(ends).into_iter().min();
    let last_end = sources.map(ends).into_iter().max();
    let last_begin = sources.map(begins).into_iter().max();
    ensure(last_begin < first_end, || format!("one source began after another's end: {tasks:?}"))?;
    ensure(last_end <= Some(begins("enrich")), || format!("enrich began before the sources' end: {tasks:?}"))?;
    ensure(ends("enrich") <= begins("publish_enriched_to_kafka"), || format!("published before enriched: {tasks:?}"))
}

async fn analytics(trial: &Trial) -> Result<(), String> {
    let enriched = invoices(&trial.folder().join("hdfs/clean/factures/api"));
    for port in ["BACKEND_PORT", "FRONTEND_PORT"] {
        let web = trial.web(port);
        let dates = web.get("/api/analytics/dates").await?;
        let date = dates["dates"][0].as_str().ok_or_else(|| dates.to_string())?.to_owned();
        let summary = web.get(&format!("/api/analytics/summary?date={date}")).await?;
        ensure(summary["count"] == enriched.len() && enriched.len() == 110, || {
            format!("{} invoices, {summary}", enriched.len())
        })?;
        for group in ["by_region", "by_country"] {
            let counted = web.get(&format!("/api/analytics/{group}")).await?;
            let sum: u64 = counted.as_object().into_iter().flatten().filter_map(|(_, one)| one["count"].as_u64()).sum();
            ensure(sum == 110, || format!("{group}: {counted}"))?;
        }
        let (status, _) = web.send("GET", "/api/analytics/summary?date=1999-01-01", None).await?;
        ensure(status == 404, || format!("a day without aggregates is answered with {status}"))?;
    }
    Ok(())
}

async fn streaming(trial: &Trial) -> Result<(), String> {
    let folder = trial.folder().join("hdfs/streaming");
    let all = async || Ok((invoices(&folder).len() == 110).then_some(()));
    until(Duration::from_secs(60), "110 invoices under streaming/", all).await
}

async fn in_hdfs(trial: &Trial, zones: &[&str]) -> Result<(), String> {
    let listed = trial.exec("namenode", &["hdfs", "dfs", "-ls", "-R", "/datalake"])?;
    let lake = trial.folder().join("hdfs");
    for zone in zones {
        for file in files(&lake.join(zone)) {
            let name = file.strip_prefix(&lake).unwrap().display().to_string();
            ensure(listed.contains(&format!("/datalake/{name}")), || format!("{name} is not in\n{listed}"))?;
        }
    }
    Ok(())
}

/// The job is one of those that are done; it is done again when it is restarted. Its streaming/ came after its first run.
async fn sync(trial: &Trial) -> Result<(), String> {
    trial.ended(&["-p", "factures", "restart", "hdfs-sync"])?;
    let sent = async || in_hdfs(trial, &["raw", "clean", "curated", "streaming"]).await.map(Some);
    until(Duration::from_secs(90), "the lake in HDFS", sent).await
}

async fn document(trial: &Trial, airflow: &Airflow) -> Result<(), String> {
    let inbox = trial.folder().join("hdfs/inbox");
    std::fs::write(inbox.join("one.txt"), "Id: doc-1\nCountry: France\nPayment: carte\nAmount: 12,50\n").unwrap();
    airflow.run_by_schedule(DOCUMENTS).await?;
    airflow.pause(DOCUMENTS).await?;
    let read = invoices(&trial.folder().join("hdfs/raw/factures/ocr"));
    ensure(read.len() == 1 && read[0]["amount"] == "12.50", || format!("{read:?}"))?;
    ensure(inbox.join("done/one.txt").exists(), || "the document was not put away".into())
}

async fn monitoring(trial: &Trial) -> Result<(), String> {
    let prometheus = trial.web("PROMETHEUS_PORT");
    let all_up = async || {
        let targets = prometheus.get("/api/v1/targets").await?["data"]["activeTargets"].clone();
        let targets = targets.as_array().cloned().unwrap_or_default();
        let up = targets.iter().filter(|one| one["health"] == "up").count();
        ensure((up, targets.len()) == (3, 3), || format!("{targets:?}"))?;
        Ok(Some(()))
    };
    until(Duration::from_secs(60), "all targets", all_up).await?;
    let grafana = trial.web("GRAFANA_PORT").account(&trial.setting("GRAFANA_USER"), &trial.setting("GRAFANA_PASSWORD"));
    let found = grafana.get("/api/search").await?;
    ensure(found[0]["title"] == "Big Data Pipeline - Overview", || found.to_string())
}

/// The lines of every file below a folder, as JSON.
fn invoices(folder: &Path) -> Vec<Value> {
    let texts = files(folder).into_iter().map(|file| std::fs::read_to_string(file).unwrap());
    texts.flat_map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let parts = entries.map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    parts.flatten().collect()
}
