"""Trains the model that the API serves and registers it in MLflow.

The accidents are invented, from a fixed seed: this system shows how the services work together, not what is dangerous.
"""

import json
import math
import os
import random
import time
from datetime import datetime

import requests
from airflow.decorators import dag, task

NAME = "accidents"
FEATURES = ["bias", "hour", "speed_limit_kmh", "urban", "daylight"]


def invented_accidents(count=2000):
    """Pairs of features and whether the accident was severe: faster, in the dark and out of town it is more likely."""
    chance = random.Random(2023)
    for _ in range(count):
        hour, urban = chance.randrange(24), chance.random() < 0.6
        accident = {"bias": 1, "hour": hour, "speed_limit_kmh": 50 if urban else 90, "urban": urban, "daylight": 7 <= hour < 20}
        risk = 0.15 + 0.2 * (not urban) + 0.2 * (not accident["daylight"])
        yield accident, chance.random() < risk


def fit(accidents, rounds=30, rate=0.02):
    """Logistic regression by stochastic descent; speeds and hours are scaled for it and scaled back in the weights."""
    scale = {"hour": 1 / 24, "speed_limit_kmh": 1 / 130}
    weights = dict.fromkeys(FEATURES, 0.0)
    for _ in range(rounds):
        for accident, severe in accidents:
            inputs = {name: accident[name] * scale.get(name, 1) for name in FEATURES}
            error = severe - 1 / (1 + math.exp(-sum(weights[name] * inputs[name] for name in FEATURES)))
            for name in FEATURES:
                weights[name] += rate * error * inputs[name]
    return {name: weight * scale.get(name, 1) for name, weight in weights.items()}


def log_loss(weights, accidents):
    def loss(accident, severe):
        probability = 1 / (1 + math.exp(-sum(weights[name] * accident[name] for name in FEATURES)))
        return -math.log(probability if severe else 1 - probability)

    return sum(loss(*pair) for pair in accidents) / len(accidents)


def mlflow(method, path, **arguments):
    answer = requests.request(method, os.environ["MLFLOW_TRACKING_URI"] + path, timeout=30, **arguments)
    answer.raise_for_status()
    return answer.json() if answer.content else {}


def registered(weights, loss):
    """One run with its metric and artefact, and the version of the model that it becomes."""
    now_ms = int(time.time() * 1000)
    found = mlflow("GET", "/api/2.0/mlflow/experiments/search", params={"max_results": 1000}).get("experiments", [])
    experiment = next((one["experiment_id"] for one in found if one["name"] == NAME), None)
    experiment = experiment or mlflow("POST", "/api/2.0/mlflow/experiments/create", json={"name": NAME})["experiment_id"]
    run = mlflow("POST", "/api/2.0/mlflow/runs/create", json={"experiment_id": experiment, "start_time": now_ms})["run"]["info"]
    run_id, folder = run["run_id"], run["artifact_uri"]
    metric = {"run_id": run_id, "key": "log_loss", "value": loss, "timestamp": now_ms}
    mlflow("POST", "/api/2.0/mlflow/runs/log-metric", json=metric)
    path = folder.removeprefix("mlflow-artifacts:")
    mlflow("PUT", f"/api/2.0/mlflow-artifacts/artifacts{path}/model.json", data=json.dumps(weights))
    mlflow("POST", "/api/2.0/mlflow/runs/update", json={"run_id": run_id, "status": "FINISHED", "end_time": int(time.time() * 1000)})
    models = mlflow("GET", "/api/2.0/mlflow/registered-models/search").get("registered_models", [])
    if NAME not in {one["name"] for one in models}:
        mlflow("POST", "/api/2.0/mlflow/registered-models/create", json={"name": NAME})
    version = {"name": NAME, "source": folder, "run_id": run_id}
    return mlflow("POST", "/api/2.0/mlflow/model-versions/create", json=version)["model_version"]["version"]


@dag(schedule=None, start_date=datetime(2023, 1, 1), catchup=False, is_paused_upon_creation=False, tags=["accidents"])
def train_accidents():
    @task
    def train():
        accidents = list(invented_accidents())
        weights = fit(accidents)
        loss = log_loss(weights, accidents)
        print(f"log loss {loss:.4f}, version {registered(weights, loss)}, weights {weights}")

    train()


train_accidents()
