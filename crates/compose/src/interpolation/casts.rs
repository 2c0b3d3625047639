//! Which fields take a number or a boolean that is written as text, as it is wherever a variable is used.

use crate::codes;
use crate::diagnostic::Report;
use crate::quantity;
use crate::tree::{Node, Value};

enum Cast {
    Bool,
    Int,
    Float,
}

/// Reads the text at a path as what its field takes.
pub(super) fn cast(node: &mut Node, path: &[&str], report: &Report) {
    let Some(cast) = cast_of(path) else { return };
    let Some(text) = node.as_text() else { return };
    let (value, wanted) = match cast {
        Cast::Bool => (boolean(node, text, report).map(Value::Bool), "a boolean"),
        Cast::Int => (quantity::integer(text).map(|value| Value::Int(value.into())), "a whole number"),
        Cast::Float => (quantity::float(text).map(Value::Float), "a number"),
    };
    match value {
        Some(value) => node.value = value,
        None => {
            let shown = if text.is_empty() { "empty text".to_owned() } else { format!("`{text}`") };
            let message = format!("{}: {shown} is not {wanted}", path.join("."));
            let help = match cast {
                Cast::Bool => "write true or false",
                Cast::Int => "write digits, such as 2",
                Cast::Float => "write digits, such as 2 or 0.5",
            };
            report.value_error(node, codes::INVALID_VALUE, message, Some(help));
            node.break_it();
        }
    }
}

/// A boolean as YAML 1.1 spelt it, with a warning where that is out of date.
pub(crate) fn boolean(node: &Node, text: &str, report: &Report) -> Option<bool> {
    let (value, current) = match text.to_lowercase().as_str() {
        "true" => (true, true),
        "false" => (false, true),
        "y" | "yes" | "on" => (true, false),
        "n" | "no" | "off" => (false, false),
        _ => return None,
    };
    if !current {
        let message = format!("`{text}` is not a boolean of YAML 1.2");
        report.warning(node.place, codes::OLD_BOOLEAN, message, Some(format!("write {value}")));
    }
    Some(value)
}

fn cast_of(path: &[&str]) -> Option<Cast> {
    Some(match path {
        ["services", _, rest @ ..] => return cast_of_service(rest),
        ["networks", _, "external" | "internal" | "attachable" | "enable_ipv4" | "enable_ipv6"]
        | ["volumes" | "secrets" | "configs", _, "external"] => Cast::Bool,
        _ => return None,
    })
}

fn cast_of_service(path: &[&str]) -> Option<Cast> {
    Some(match path {
        ["cpu_count" | "cpu_period" | "cpu_quota" | "cpu_rt_period" | "cpu_rt_runtime" | "cpu_shares"]
        | ["oom_score_adj" | "pids_limit" | "scale"]
        | ["deploy", "replicas"]
        | ["deploy", "update_config" | "rollback_config", "parallelism"]
        | ["deploy", "restart_policy", "max_attempts"]
        | ["deploy", "placement", "max_replicas_per_node"]
        | ["healthcheck", "retries"]
        | ["ports", "[]", "target"]
        | ["ulimits", _]
        | ["ulimits", _, "hard" | "soft"] => Cast::Int,
        ["cpu_percent" | "cpus"] | ["deploy", "update_config" | "rollback_config", "max_failure_ratio"] => Cast::Float,
        ["init" | "oom_kill_disable" | "privileged" | "read_only" | "stdin_open" | "tty"]
        | ["healthcheck", "disable"]
        | ["volumes", "[]", "read_only"]
        | ["volumes", "[]", "volume", "nocopy"] => Cast::Bool,
        _ => return None,
    })
}
