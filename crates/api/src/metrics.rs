//! What Prometheus may scrape: HTTP requests are counted here, everything else is read from the loop when asked.

mod labels;
mod of_loop;

use axum::http::Method;
use evenkeel_control::Control;
use labels::{RequestLabels, RouteLabels};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use std::time::Duration;

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// The daemon's metrics, in a registry of their own.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_durations: Histograms<RouteLabels>,
}

impl Metrics {
    /// Metrics of a loop.
    pub fn new(control: Control) -> Self {
        let mut registry = Registry::with_prefix("evenkeel");
        let requests = Family::default();
        registry.register("http_requests", "HTTP requests, by method, route and status", requests.clone());
        let request_durations: Histograms<RouteLabels> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 4.0, 9)));
        registry.register_with_unit(
            "http_request_duration",
            "How long requests took until their answer began",
            Unit::Seconds,
            request_durations.clone(),
        );
        registry.register_collector(Box::new(of_loop::LoopCollector::new(control)));
        Self { registry, requests, request_durations }
    }

    /// The text that Prometheus reads.
    ///
    /// # Errors
    /// None that can be seen to occur: writing into memory does not fail.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// Counts a request. The route is its template, so that names in paths make no series.
    pub fn request(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.request_durations.get_or_create(&RouteLabels { route: route.clone() }).observe(took.as_secs_f64());
        let method = labels::method(method);
        self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
    }
}
