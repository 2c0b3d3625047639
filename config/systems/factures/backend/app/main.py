"""The backend of the system `factures`: analytics over the lake's curated data, and the services that the DAGs ask."""

from fastapi import FastAPI, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, generate_latest

import analytics
import sources

app = FastAPI(title="Factures")
answered = Counter("factures_analytics_requests_total", "Requests of the analytics API.", ["path"])
days = Gauge("factures_curated_days", "Days for which there are aggregates.")
days.set_function(lambda: len(analytics.dates()))


@app.get("/api/v1/test")
def test():
    """Alive."""
    return {"status": "ok"}


@app.get("/health")
def health(request: Request):
    """Whether the curated data can be read; for Prometheus, which asks in its own format, as a metric."""
    reason = analytics.unreadable()
    if "version=0.0.4" in request.headers.get("accept", ""):
        return Response(f"# TYPE factures_backend_healthy gauge\nfactures_backend_healthy {int(reason is None)}\n", media_type=CONTENT_TYPE_LATEST)
    if reason:
        raise HTTPException(503, reason)
    return {"status": "ok", "dates": len(analytics.dates())}


@app.get("/metrics")
def metrics():
    """For Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@app.get("/api/analytics/dates")
def dates():
    """The days for which there are aggregates."""
    answered.labels("dates").inc()
    return {"dates": analytics.dates()}


@app.get("/api/analytics/summary")
def summary(date: str | None = None):
    """All aggregates of a day, by default the newest."""
    answered.labels("summary").inc()
    return of(date)


@app.get("/api/analytics/by_region")
def by_region(date: str | None = None):
    answered.labels("by_region").inc()
    return of(date)["by_region"]


@app.get("/api/analytics/by_country")
def by_country(date: str | None = None):
    answered.labels("by_country").inc()
    return of(date)["by_country"]


def of(date: str | None) -> dict:
    try:
        return analytics.summary(date)
    except analytics.Missing as missing:
        raise HTTPException(404, str(missing)) from missing


@app.get("/api/source/factures")
def invoices():
    """The third source: invoices of a partner, which this backend invents."""
    return sources.invoices()


@app.get("/api/reference/regions")
def regions():
    """Each country's region, with which invoices are enriched."""
    return sources.REGIONS


@app.post("/api/ocr")
async def ocr(request: Request):
    """Reads a document in plain text, lines of `name: value`. It recognises no pictures."""
    try:
        return sources.read_document((await request.body()).decode())
    except (UnicodeDecodeError, KeyError, ValueError) as error:
        raise HTTPException(422, f"this is no invoice in plain text with id, country, payment and amount: {error}") from error
