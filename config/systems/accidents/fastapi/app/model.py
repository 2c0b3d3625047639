"""The model: a logistic regression that the DAG train_accidents registers in MLflow as one JSON artefact."""

import math

import httpx
from pydantic import BaseModel, Field

NAME = "accidents"
ARTEFACT = "model.json"


class Accident(BaseModel):
    hour: int = Field(ge=0, le=23)
    speed_limit_kmh: int = Field(ge=10, le=130)
    urban: bool
    daylight: bool


class NoModel(Exception):
    """MLflow answered, and has no version of the model."""


class Registry:
    """MLflow's registry, and the version that was loaded from it (None before the first)."""

    def __init__(self, address: str):
        self.version: str | None = None
        self._weights: dict[str, float] = {}
        self._mlflow = httpx.Client(base_url=address, timeout=5)

    def unreachable(self) -> str | None:
        """Why MLflow cannot be reached, or None."""
        try:
            self._mlflow.get("/health").raise_for_status()
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"

    def reload(self):
        found = self._mlflow.post("/api/2.0/mlflow/registered-models/get-latest-versions", json={"name": NAME})
        versions = found.json().get("model_versions", []) if found.is_success else []
        if not versions:
            raise NoModel(f"MLflow has no version of the model {NAME!r}. Run the DAG train_accidents first.")
        newest = max(versions, key=lambda version: int(version["version"]))
        weights = self._mlflow.get("/get-artifact", params={"path": ARTEFACT, "run_id": newest["run_id"]}).raise_for_status()
        self._weights, self.version = weights.json(), newest["version"]

    def probability(self, accident: Accident) -> float:
        features = accident.model_dump() | {"bias": 1}
        score = sum(weight * features[name] for name, weight in self._weights.items())
        return 1 / (1 + math.exp(-score))
