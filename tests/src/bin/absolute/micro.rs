//! What the micro-benchmarks of the crates found (`cargo bench`, by criterion), read where criterion has left it: CRITERION_HOME.

use crate::Figure;
use std::path::PathBuf;

/// The medians of one benchmark by its inputs, worded.
struct Case {
    what: &'static str,
    /// Below CRITERION_HOME.
    folders: &'static [&'static str],
    /// Services for each, where the time for one of them is what is told.
    each: &'static [u32],
    target: &'static str,
}

const CASES: [Case; 10] = [
    Case {
        what: "70 services read, from text to stack and canonical document",
        folders: &["load/70"],
        each: &[],
        target: "< 10 ms",
    },
    Case {
        what: "the same, each service of 125, 250, 500, 1,000",
        folders: &["load/125", "load/250", "load/500", "load/1000"],
        each: &[125, 250, 500, 1000],
        target: "the same",
    },
    Case {
        what: "plan and status of 12, 100, 1,000 services, nothing runs",
        folders: &["plan/nothing runs/12", "plan/nothing runs/100", "plan/nothing runs/1000"],
        each: &[],
        target: "",
    },
    Case {
        what: "the same, half of them run",
        folders: &["plan/half runs/12", "plan/half runs/100", "plan/half runs/1000"],
        each: &[],
        target: "",
    },
    Case {
        what: "the same, all run: each service",
        folders: &["plan/all runs/12", "plan/all runs/100", "plan/all runs/1000"],
        each: &[12, 100, 1000],
        target: "the same",
    },
    Case { what: "the store: transaction of a first `up`", folders: &["store/commit"], each: &[], target: "" },
    Case { what: "the store: opened, 1,000 stacks read", folders: &["store/open"], each: &[], target: "" },
    Case { what: "the router: `GET /v1/health`, 500 services", folders: &["api/health"], each: &[], target: "" },
    Case { what: "the same, an `ETag` hit", folders: &["api/health, unchanged"], each: &[], target: "" },
    Case { what: "the router: a stack's 50 services", folders: &["api/services"], each: &[], target: "" },
];

pub async fn measure() -> Vec<Figure> {
    let home = std::env::var_os("CRITERION_HOME").expect("CRITERION_HOME; call this through deploy/bench-absolute");
    let home = PathBuf::from(home);
    let median_s = |folder: &str| {
        let path = home.join(folder).join("new/estimates.json");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let estimates: serde_json::Value = serde_json::from_str(&text).expect("criterion's estimates");
        estimates["median"]["point_estimate"].as_f64().expect("a median, in nanoseconds") / 1e9
    };
    let figure = |case: &Case| {
        let services = case.each.iter().map(|services| f64::from(*services)).chain(std::iter::repeat(1.0));
        let times = case.folders.iter().zip(services).map(|(folder, services)| words(median_s(folder) / services));
        Figure { what: case.what, measured: times.collect::<Vec<_>>().join(", "), target: case.target }
    };
    CASES.iter().map(figure).collect()
}

/// Three digits, in the unit that suits them.
fn words(seconds: f64) -> String {
    let (number, unit) = match seconds {
        s if s < 1e-3 => (s * 1e6, "µs"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    let digits = match number {
        n if n < 10.0 => 2,
        n if n < 100.0 => 1,
        _ => 0,
    };
    format!("{number:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn times_have_three_digits() {
        for (seconds, expected) in [(3.14e-6, "3.14 µs"), (0.000_25, "250 µs"), (0.0123, "12.3 ms"), (1.5, "1.50 s")]
        {
            assert_eq!(words(seconds), expected);
        }
    }
}
