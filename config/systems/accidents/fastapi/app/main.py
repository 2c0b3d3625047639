"""The API of the system `accidents`: predicts how likely an accident is to be severe, with the newest model of MLflow."""

import os
import secrets
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader

import database
import model
from model import Accident

API_KEY = os.environ["API_KEY"]

app = FastAPI(title="Accidents")
registry = model.Registry(os.environ["MLFLOW_TRACKING_URI"])


def api_key(key: Annotated[str | None, Security(APIKeyHeader(name="X-API-Key", auto_error=False))]):
    if key is None or not secrets.compare_digest(key.encode(), API_KEY.encode()):
        raise HTTPException(401, "This path needs the header X-API-Key with the key of the setting API_KEY.")


@app.get("/api/v1/test")
def test():
    """Alive. It asks nothing of the other services, so that it does not fail with them."""
    return {"status": "ok"}


@app.get("/health")
def health():
    """Whether what the API needs can be reached: 200, or 503 with the reasons."""
    reasons = {"postgresql": database.unreachable(), "mlflow": registry.unreachable()}
    healthy = not any(reasons.values())
    body = {
        "status": "ok" if healthy else "degraded",
        **{name: reason or "reached" for name, reason in reasons.items()},
        "model_version": registry.version,
    }
    return JSONResponse(body, 200 if healthy else 503)


@app.post("/predict/", dependencies=[Depends(api_key)])
def predict(accident: Accident):
    """The probability that this accident is severe. Each answer is kept in PostgreSQL."""
    if registry.version is None:
        raise HTTPException(503, "No model is loaded. Run the DAG train_accidents, then POST /reload_model/.")
    probability = registry.probability(accident)
    database.keep(registry.version, accident.model_dump_json(), probability)
    return {"probability": probability, "severe": probability >= 0.5, "model_version": registry.version}


@app.post("/reload_model/", dependencies=[Depends(api_key)])
def reload_model():
    """Loads the newest version that is registered in MLflow."""
    try:
        registry.reload()
    except model.NoModel as reason:
        raise HTTPException(404, str(reason)) from reason
    return {"model_version": registry.version}
