//! What came of the faults, as a table.

use crate::fault::Fault;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// When it was whole again, or what was missing at the end.
pub type Outcome = Result<Duration, String>;

/// All outcomes, by fault and keeper.
#[derive(Default)]
pub struct Table(BTreeMap<Fault, (Vec<Outcome>, Vec<Outcome>)>);

impl Table {
    pub fn add(&mut self, fault: Fault, ours: bool, outcome: Outcome) {
        let (our, other) = self.0.entry(fault).or_default();
        if ours { our } else { other }.push(outcome);
    }

    /// What Evenkeel has not mended.
    pub fn unrecovered(&self) -> Vec<String> {
        let failed = self.0.iter().filter(|(_, (ours, _))| ours.iter().any(Result::is_err));
        failed.map(|(fault, _)| fault.name()).collect()
    }
}

/// `1.23 s`, or what was missing.
pub fn told(outcome: &Outcome) -> String {
    match outcome {
        Ok(took) => format!("{:.2} s", took.as_secs_f64()),
        Err(why) => format!("not recovered: {}", why.lines().next().unwrap_or_default()),
    }
}

/// Injected, recovered, and the median and the worst of the seconds.
fn summary(outcomes: &[Outcome]) -> String {
    let mut seconds: Vec<f64> = outcomes.iter().flatten().map(Duration::as_secs_f64).collect();
    seconds.sort_by(f64::total_cmp);
    let all = outcomes.len();
    match (all, seconds.last()) {
        (0, _) => "–".to_owned(),
        (_, Some(worst)) => format!("{}/{all}  {:.1}  {worst:.1}", seconds.len(), seconds[seconds.len() / 2]),
        (_, None) => format!("0/{all}"),
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "recovered/injected, median and worst seconds\n")?;
        writeln!(f, "| fault | Evenkeel | Compose |\n|---|---|---|")?;
        for (fault, (ours, others)) in &self.0 {
            writeln!(f, "| {} | {} | {} |", fault.name(), summary(ours), summary(others))?;
        }
        Ok(())
    }
}
