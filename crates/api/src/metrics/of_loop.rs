//! Status and counts of the loop, read at each scrape, so that they are never stale.

use super::labels::{ConnectionLabels, OperationLabels, ServiceLabels, StackLabels, StepLabels};
use crate::convert::status::{service_state, stack_state};
use evenkeel_control::{Control, Proof};
use evenkeel_model::{Connection, StackName};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use std::collections::BTreeMap;
use std::fmt::Error;

/// Reads the loop when asked.
pub struct LoopCollector {
    control: Control,
}

impl LoopCollector {
    /// The status of a loop.
    pub fn new(control: Control) -> Self {
        Self { control }
    }

    fn status(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
        let mut stacks: BTreeMap<&'static str, i64> = BTreeMap::new();
        let mut services: BTreeMap<(String, &'static str), i64> = BTreeMap::new();
        for view in self.control.views() {
            *stacks.entry(stack_state(view.status.state).as_str()).or_default() += 1;
            for service in view.status.services.values() {
                let key = (view.status.stack.to_string(), service_state(&service.state).as_str());
                *services.entry(key).or_default() += 1;
            }
        }
        let stacks = stacks.into_iter().map(|(state, number)| (StackLabels { state }, ConstGauge::new(number)));
        family(encoder, "stacks", "Stacks, by state", stacks)?;
        let services = services.into_iter();
        let services =
            services.map(|((stack, state), number)| (ServiceLabels { stack, state }, ConstGauge::new(number)));
        family(encoder, "services", "Services, by stack and state", services)
    }

    /// Of the stacks that want their connections tried again and again.
    fn connections(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
        let mut up: Vec<(ConnectionLabels, i64)> = Vec::new();
        let mut latencies: Vec<(ConnectionLabels, f64)> = Vec::new();
        for stack in self.control.names() {
            for known in &*self.control.looked(&stack) {
                let labels = connection_labels(&stack, &known.connection);
                match &known.proof {
                    Proof::Proven(answer) => {
                        latencies.push((labels.clone(), answer.latency.as_secs_f64()));
                        up.push((labels, 1));
                    }
                    Proof::Failed(..) => up.push((labels, 0)),
                    Proof::NotTried | Proof::CannotBeTried(_) | Proof::ProvenBeside(..) => {}
                }
            }
        }
        let up = up.into_iter().map(|(labels, works)| (labels, ConstGauge::new(works)));
        family(encoder, "connection_up", "Whether a connection between services works (1) or not (0)", up)?;
        let latencies = latencies.into_iter().map(|(labels, seconds)| (labels, ConstGauge::new(seconds)));
        let help = "How long name, connection and first word of a connection between services took";
        family(encoder, "connection_latency_seconds", help, latencies)
    }

    fn counts(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
        let metrics = self.control.metrics();
        let operations = metrics.operations().into_iter();
        let operations =
            operations.map(|((verb, result), count)| (OperationLabels { verb, result }, ConstCounter::new(count)));
        family(encoder, "operations", "Operations that ended, by verb and result", operations)?;
        let steps = metrics.steps();
        let labels = |action, done| StepLabels { action, result: if done { "done" } else { "failed" } };
        let counts = steps.iter().map(|((action, done), step)| (labels(action, *done), ConstCounter::new(step.count)));
        family(encoder, "steps", "Steps that ended, by action and result", counts)?;
        let seconds =
            steps.iter().map(|((action, done), step)| (labels(action, *done), ConstCounter::new(step.seconds)));
        family(encoder, "step_seconds", "How long steps took together, by action and result", seconds)?;
        single(encoder, "engine_calls", "Requests sent to the engine", self.control.engine().calls())?;
        single(encoder, "passes", "Passes of the loop over a stack", metrics.passes())
    }
}

impl std::fmt::Debug for LoopCollector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoopCollector").finish_non_exhaustive()
    }
}

impl Collector for LoopCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        self.status(&mut encoder)?;
        self.connections(&mut encoder)?;
        self.counts(&mut encoder)
    }
}

fn connection_labels(stack: &StackName, connection: &Connection) -> ConnectionLabels {
    ConnectionLabels {
        stack: stack.to_string(),
        from: connection.from.to_string(),
        to: connection.to.to_string(),
        address: connection.address(),
        protocol: connection.protocol.as_str(),
    }
}

/// One metric for each set of labels. Without any there is nothing to say, not even a type.
fn family<L: EncodeLabelSet, M: EncodeMetric>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metrics: impl Iterator<Item = (L, M)>,
) -> Result<(), Error> {
    let mut metrics = metrics.peekable();
    let Some((_, first)) = metrics.peek() else { return Ok(()) };
    let mut family = encoder.encode_descriptor(name, help, None, first.metric_type())?;
    for (labels, metric) in metrics {
        metric.encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

fn single(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> Result<(), Error> {
    let metric = ConstCounter::new(value);
    let encoder = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
    metric.encode(encoder)
}
