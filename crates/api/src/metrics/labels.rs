//! The labels of the metrics. Each has few values, so that no metric grows without bound.

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;

/// Of operations.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OperationLabels {
    /// What was asked.
    pub verb: &'static str,
    /// How it ended.
    pub result: &'static str,
}

/// Of steps.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StepLabels {
    /// What was done.
    pub action: &'static str,
    /// How it ended.
    pub result: &'static str,
}

/// Of HTTP requests.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The method.
    pub method: &'static str,
    /// The route's template.
    pub route: String,
    /// The answer's status.
    pub status: u16,
}

/// Of HTTP requests' durations.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RouteLabels {
    /// The route's template.
    pub route: String,
}

/// Of stacks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StackLabels {
    /// The state.
    pub state: &'static str,
}

/// Of services.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ServiceLabels {
    /// The stack.
    pub stack: String,
    /// The state.
    pub state: &'static str,
}

/// Of connections between services.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ConnectionLabels {
    /// The stack.
    pub stack: String,
    /// The service that opens it.
    pub from: String,
    /// The service that answers.
    pub to: String,
    /// The name and port by which it is addressed.
    pub address: String,
    /// What is spoken.
    pub protocol: &'static str,
}

/// A method's name; what clients make up is one value.
pub fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
