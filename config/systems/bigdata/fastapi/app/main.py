"""The API of the system `bigdata`: takes films into Kafka, and answers with the ratings that Spark has counted."""

import os
import secrets
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Response, Security
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest
from pydantic import BaseModel, Field

import neighbours
import ratings

API_KEY = os.environ["API_KEY"]

app = FastAPI(title="Films")
requests = Counter("films_requests_total", "Requests by path.", ["path"])


class Film(BaseModel):
    id: int
    title: str
    genre: str
    rating: float = Field(ge=0, le=10)


class Wanted(BaseModel):
    genre: str


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
    reasons = neighbours.unreachable()
    healthy = not any(reasons.values())
    body = {"status": "ok" if healthy else "degraded", **{name: reason or "reached" for name, reason in reasons.items()}}
    return JSONResponse(body, 200 if healthy else 503)


@app.get("/metrics")
def metrics():
    """For Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@app.post("/films", status_code=202, dependencies=[Depends(api_key)])
def publish(film: Film):
    """Sends a film to the topic `films`; the next run of the DAG of that name takes it along."""
    requests.labels("/films").inc()
    neighbours.send("films", film.model_dump())
    return {"sent": film.id}


@app.get("/films")
def all_ratings():
    """What Spark has counted last, by genre."""
    requests.labels("/films").inc()
    return found()


@app.post("/predict", dependencies=[Depends(api_key)])
def predict(wanted: Wanted):
    """The rating to expect of a film of that genre: the average of those that are known."""
    requests.labels("/predict").inc()
    genres = found()["genres"]
    if wanted.genre not in genres:
        raise HTTPException(404, f"No film of the genre {wanted.genre!r} is known. There are: {', '.join(sorted(genres))}.")
    return {"genre": wanted.genre, "rating": genres[wanted.genre]["rating"], "films": genres[wanted.genre]["films"]}


def found():
    known = ratings.newest()
    if known is None:
        raise HTTPException(503, "Nothing has been counted yet. Run the DAG films.")
    return known
