//! What the micro-benchmarks of the crates found (`cargo bench`, by criterion), read where criterion has left it: CRITERION_HOME.

use crate::Figure;
use std::path::PathBuf;

/// The medians of one benchmark by its inputs, worded.
struct Case {
    what: &'static str,
    /// Below CRITERION_HOME.
    folders: &'static [&'static str],
    reach: Reach,
}

enum Reach {
    Nothing,
    /// Less than ten milliseconds.
    TenMs,
    /// The times are told for each of so many services, and the last is less than twice the first.
    Linear(&'static [u32]),
}

impl Reach {
    fn words(&self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::TenMs => "< 10 ms",
            Self::Linear(_) => "less than twice the first",
        }
    }
}

const CASES: [Case; 10] = [
    Case {
        what: "70 services read, from text to stack and canonical document",
        folders: &["load/70"],
        reach: Reach::TenMs,
    },
    Case {
        what: "the same, each service of 125, 250, 500, 1,000",
        folders: &["load/125", "load/250", "load/500", "load/1000"],
        reach: Reach::Linear(&[125, 250, 500, 1000]),
    },
    Case {
        what: "plan and status, nothing runs, each service of 12, 100, 1,000",
        folders: &["plan/nothing runs/12", "plan/nothing runs/100", "plan/nothing runs/1000"],
        reach: Reach::Linear(&[12, 100, 1000]),
    },
    Case {
        what: "the same, half of them run",
        folders: &["plan/half runs/12", "plan/half runs/100", "plan/half runs/1000"],
        reach: Reach::Linear(&[12, 100, 1000]),
    },
    Case {
        what: "the same, all run",
        folders: &["plan/all runs/12", "plan/all runs/100", "plan/all runs/1000"],
        reach: Reach::Linear(&[12, 100, 1000]),
    },
    Case { what: "the store: transaction of a first `up`", folders: &["store/commit"], reach: Reach::Nothing },
    Case { what: "the store: opened, 1,000 stacks read", folders: &["store/open"], reach: Reach::Nothing },
    Case { what: "the router: `GET /v1/health`, 500 services", folders: &["api/health"], reach: Reach::Nothing },
    Case { what: "the same, an `ETag` hit", folders: &["api/health, unchanged"], reach: Reach::Nothing },
    Case { what: "the router: a stack's 50 services", folders: &["api/services"], reach: Reach::Nothing },
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
        let (measured, missed) = told(&case.reach, case.folders.iter().map(|folder| median_s(folder)).collect());
        Figure { what: case.what, measured, target: case.reach.words(), missed }
    };
    CASES.iter().map(figure).collect()
}

/// What was measured, and whether it misses what is to be reached.
fn told(reach: &Reach, mut times: Vec<f64>) -> (String, bool) {
    let missed = match reach {
        Reach::Nothing => false,
        Reach::TenMs => times.iter().any(|time| *time >= 0.010),
        Reach::Linear(services) => {
            times = times.iter().zip(*services).map(|(time, services)| time / f64::from(*services)).collect();
            times.last().zip(times.first()).is_some_and(|(last, first)| *last >= 2.0 * first)
        }
    };
    (times.into_iter().map(words).collect::<Vec<_>>().join(", "), missed)
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
    use super::{Reach, told, words};

    #[test]
    fn what_is_missed_says_so() {
        for (reach, times, expected) in [
            (Reach::Nothing, vec![1.0], ("1.00 s", false)),
            (Reach::TenMs, vec![0.009], ("9.00 ms", false)),
            (Reach::TenMs, vec![0.011], ("11.0 ms", true)),
            (Reach::Linear(&[1, 10]), vec![1.0, 19.0], ("1.00 s, 1.90 s", false)),
            (Reach::Linear(&[1, 10]), vec![1.0, 20.0], ("1.00 s, 2.00 s", true)),
        ] {
            assert_eq!(told(&reach, times), (expected.0.to_owned(), expected.1));
        }
    }

    #[test]
    fn times_have_three_digits() {
        for (seconds, expected) in [(3.14e-6, "3.14 µs"), (0.000_25, "250 µs"), (0.0123, "12.3 ms"), (1.5, "1.50 s")]
        {
            assert_eq!(words(seconds), expected);
        }
    }
}
