//! The job of `accidents`: a model trained on the Celery worker, kept by MLflow in PostgreSQL and S3, served by the API.

use crate::report::Report;
use crate::trial::Trial;
use evenkeel_tests::airflow::Airflow;
use evenkeel_tests::web::{Web, ensure};
use serde_json::json;

/// The system's description fixes this port.
const AIRFLOW_PORT: u16 = 8080;

pub async fn work(trial: &Trial, report: &mut Report) {
    let account = ["_AIRFLOW_WWW_USER_USERNAME", "_AIRFLOW_WWW_USER_PASSWORD"].map(|name| trial.setting(name));
    let airflow = Airflow::at(Web::at(AIRFLOW_PORT).account(&account[0], &account[1]));
    report.step("a DAG triggered over the API runs on the Celery worker", airflow.run("train_accidents")).await;
    report.step("an MLflow run's metric is in PostgreSQL, its artefact in S3", mlflow(trial)).await;
    report.step("the API loads the model and predicts, with its key", api(trial)).await;
}

async fn mlflow(trial: &Trial) -> Result<(), String> {
    let user = trial.setting("POSTGRES_USER");
    let query = "SELECT count(*) FROM metrics WHERE key = 'log_loss' AND value > 0";
    let count = trial.exec("postgresql_accidents", &["psql", "-U", &user, "-d", "mlflow", "-Atc", query])?;
    ensure(count.trim() == "1", || format!("{count} metrics"))?;
    let words = "import boto3, os; objects = boto3.client('s3', endpoint_url=os.environ['MLFLOW_S3_ENDPOINT_URL'], region_name='us-east-1')
print([one['Key'] for one in objects.list_objects_v2(Bucket=os.environ['BUCKET']).get('Contents', [])])";
    let kept = trial.exec("mlflow-server", &["python", "-c", words])?;
    ensure(kept.contains("/artifacts/model.json"), || format!("objects: {kept}"))
}

async fn api(trial: &Trial) -> Result<(), String> {
    let open = trial.web("EXT_FAST_API_PORT");
    let accident = json!({ "hour": 2, "speed_limit_kmh": 90, "urban": false, "daylight": false });
    let (status, _) = open.send("POST", "/predict/", Some(accident.clone())).await?;
    ensure(status == 401, || format!("without a key /predict/ says {status}"))?;
    let api = open.key(&trial.setting("API_KEY"));
    api.post("/reload_model/", json!({})).await?;
    let answer = api.post("/predict/", accident).await?;
    ensure(answer["probability"].is_number(), || answer.to_string())
}
