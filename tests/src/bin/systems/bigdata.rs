//! The job of `bigdata`: films go through Kafka, the lakehouse, Spark and MLflow to the API, and Prometheus sees all of them.

use crate::report::Report;
use crate::trial::Trial;
use evenkeel_tests::web::{ensure, until};
use serde_json::{Value, json};
use std::time::Duration;

const SPARK_WORDS: &str = "from pyspark.sql import SparkSession; import socket, time
spark = SparkSession.builder.master('spark://spark-master:7077').config('spark.executor.memory', '512m').config('spark.executor.cores', 1).getOrCreate()
known = spark.sparkContext._jsc.sc().getExecutorMemoryStatus
while known().size() < 3: time.sleep(0.2)
print('sum', spark.sparkContext.parallelize(range(1001), 8).sum())
spark.stop()";

pub async fn work(trial: &Trial, report: &mut Report) {
    let airflow = trial.airflow();
    report.step("a DAG triggered over the API runs on the Celery worker", airflow.run("films")).await;
    report.step("its Spark job ran on both workers", two_executors(trial)).await;
    report.step("a Spark job on the master gives its result", spark_job(trial)).await;
    report.step("an MLflow run's metrics are in PostgreSQL, its artefact on the volume", mlflow(trial)).await;
    report.step("the API answers with its key, and refuses without", api(trial)).await;
    report.step("a message sent by the API is in Kafka's topic", kafka(trial)).await;
    report.step("Prometheus has its targets up, and Grafana reads them", monitoring(trial)).await;
    report.step("the guide's own tests from inside the network", guide(trial)).await;
    report.step("a third worker by --scale", third_worker(trial)).await;
}

async fn two_executors(trial: &Trial) -> Result<(), String> {
    let found = trial.exec("fastapi", &["cat", "/lakehouse/films.json"])?;
    let found: Value = serde_json::from_str(&found).map_err(|error| error.to_string())?;
    ensure(found["executors"].as_array().is_some_and(|hosts| hosts.len() == 2), || found.to_string())
}

async fn spark_job(trial: &Trial) -> Result<(), String> {
    let printed = trial.exec("airflow-worker", &["timeout", "240", "python", "-c", SPARK_WORDS])?;
    ensure(printed.contains("sum 500500"), || printed)
}

async fn mlflow(trial: &Trial) -> Result<(), String> {
    let user = trial.setting("POSTGRES_USER");
    let query = "SELECT value FROM metrics WHERE key = 'films'";
    let metric = trial.exec("postgres", &["psql", "-U", &user, "-d", "mlflow", "-Atc", query])?;
    let films: f64 = metric.trim().parse().map_err(|_| format!("the metric `films` is {metric:?}"))?;
    ensure(films >= 400.0, || format!("{films} films"))?;
    let kept = trial.exec("mlflow", &["find", "/mlflow/artifacts", "-name", "films.json"])?;
    ensure(kept.lines().count() == 1, || format!("artefacts: {kept:?}"))
}

async fn api(trial: &Trial) -> Result<(), String> {
    let open = trial.web("FASTAPI_PORT");
    ensure(open.get("/api/v1/test").await?["status"] == "ok", || "not alive".into())?;
    ensure(open.get("/health").await?["status"] == "ok", || "degraded".into())?;
    let (status, _) = open.send("POST", "/predict", Some(json!({ "genre": "western" }))).await?;
    ensure(status == 401, || format!("without a key /predict says {status}"))?;
    let answer = open.key(&trial.setting("API_KEY")).post("/predict", json!({ "genre": "western" })).await?;
    ensure(answer["rating"].is_number(), || answer.to_string())?;
    let cached = trial.exec("redis", &["redis-cli", "-n", "1", "keys", "ratings:*"])?;
    ensure(cached.contains("ratings:"), || "the answer is not in Redis' database 1".into())
}

async fn kafka(trial: &Trial) -> Result<(), String> {
    let film = json!({ "id": 9001, "title": "Trial", "genre": "western", "rating": 7 });
    trial.web("FASTAPI_PORT").key(&trial.setting("API_KEY")).post("/films", film).await?;
    let words = "import os; from kafka import KafkaConsumer
consumer = KafkaConsumer('films', bootstrap_servers=os.environ['KAFKA_BOOTSTRAP_SERVERS'], auto_offset_reset='earliest', consumer_timeout_ms=8000)
print('found', any(b'9001' in record.value for record in consumer))";
    let printed = trial.exec("fastapi", &["python", "-c", words])?;
    ensure(printed.contains("found True"), || printed)?;
    let clusters = trial.web("KAFKA_UI_PORT").get("/api/clusters").await?;
    ensure(clusters[0]["status"] == "online", || clusters.to_string())
}

async fn monitoring(trial: &Trial) -> Result<(), String> {
    let prometheus = trial.web("PROMETHEUS_PORT");
    let grafana = trial.web("GRAFANA_PORT").account(&trial.setting("GRAFANA_USER"), &trial.setting("GRAFANA_PASSWORD"));
    let all_up = async || {
        let targets = prometheus.get("/api/v1/targets").await?["data"]["activeTargets"].clone();
        let targets = targets.as_array().cloned().unwrap_or_default();
        let down: Vec<&Value> = targets.iter().filter(|one| one["health"] != "up").collect();
        ensure(targets.len() == 9 && down.is_empty(), || format!("{} targets, not up: {down:?}", targets.len()))?;
        let query = "/api/datasources/proxy/uid/prometheus/api/v1/query?query=min(probe_success)";
        let lowest = grafana.get(query).await?["data"]["result"][0]["value"][1].clone();
        ensure(lowest == "1", || format!("min(probe_success) is {lowest}"))?;
        Ok(Some(()))
    };
    until(Duration::from_secs(60), "all targets", all_up).await?;
    let title = grafana.get("/api/dashboards/uid/bigdata").await?["dashboard"]["title"].clone();
    ensure(title == "Big data - Overview", || title.to_string())?;
    let (status, _) = trial.web("GRAFANA_PORT").account("admin", "admin").send("GET", "/api/search", None).await?;
    ensure(status == 401, || format!("admin/admin is answered with {status}"))
}

async fn guide(trial: &Trial) -> Result<(), String> {
    let psql = "psql -h postgres -U $POSTGRES_USER -d airflow -Atc 'SELECT 1;'";
    for (service, command, expected) in [
        ("fastapi", psql, "1"),
        ("fastapi", "redis-cli -h redis ping", "PONG"),
        ("kafka", "kafka-topics --list --bootstrap-server localhost:9092", "films"),
        ("fastapi", "curl -s http://mlflow:5000/health", "OK"),
    ] {
        let printed = trial.exec(service, &["sh", "-c", command])?;
        ensure(printed.contains(expected), || format!("{command}: {printed:?}"))?;
    }
    Ok(())
}

async fn third_worker(trial: &Trial) -> Result<(), String> {
    trial.ended(&[
        "system",
        "up",
        "bigdata",
        "--local",
        "--wait",
        "--wait-timeout",
        "5m",
        "--scale",
        "spark-worker=3",
    ])?;
    let alive = trial.web("SPARK_MASTER_UI_PORT").get("/json/").await?["aliveworkers"].clone();
    ensure(alive == 3, || format!("the master knows {alive} workers"))
}
