//! The job of `datalake`: raw files in MinIO's place, counted by a Spark job on two workers that Airflow submits.

use crate::report::Report;
use crate::trial::Trial;
use evenkeel_tests::web::ensure;
use serde_json::Value;

pub async fn work(trial: &Trial, report: &mut Report) {
    let airflow = trial.airflow();
    report.step("a DAG loads the bucket and has Spark count", airflow.run("sales")).await;
    report.step("both workers have read the objects, and the sums are right", result(trial)).await;
    report.step("the notebook asks for its token", notebook(trial)).await;
    report.step("the network is external and belongs to nobody", network(trial)).await;
}

async fn result(trial: &Trial) -> Result<(), String> {
    let words = "import boto3, os; objects = boto3.client('s3', endpoint_url=os.environ['MINIO_ENDPOINT'], region_name='us-east-1')
print(objects.get_object(Bucket='curated', Key='sales.json')['Body'].read().decode())";
    let found: Value =
        serde_json::from_str(&trial.exec("spark-master", &["python3", "-c", words])?).unwrap_or_default();
    ensure(found["workers"].as_array().is_some_and(|workers| workers.len() == 2), || found.to_string())?;
    let counted: f64 = found["regions"].as_object().into_iter().flatten().filter_map(|(_, sum)| sum.as_f64()).sum();
    let expected = amounts(trial);
    ensure((counted - expected).abs() < 0.1, || format!("counted {counted}, in the files {expected}"))
}

/// The sum of the samples' amounts, which are the last value of each line.
fn amounts(trial: &Trial) -> f64 {
    let files = std::fs::read_dir(trial.folder().join("samples")).unwrap();
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let sums = texts.map(|text| {
        let last = text.lines().filter_map(|line| line.rsplit([',', ' ']).next());
        last.filter_map(|value| value.trim_end_matches('}').parse::<f64>().ok()).sum::<f64>()
    });
    sums.sum()
}

async fn notebook(trial: &Trial) -> Result<(), String> {
    let web = trial.web("JUPYTER_PORT");
    let (without, _) = web.send("GET", "/api/contents", None).await?;
    let path = format!("/api/contents/examples?token={}", trial.setting("JUPYTER_TOKEN"));
    let (with, listed) = web.send("GET", &path, None).await?;
    ensure((without, with) == (403, 200), || format!("{without} without the token, {with} with it: {listed}"))
}

async fn network(trial: &Trial) -> Result<(), String> {
    let network = trial.network("datalake-cluster").await;
    ensure(network["Labels"].as_object().is_some_and(serde_json::Map::is_empty), || network["Labels"].to_string())
}
