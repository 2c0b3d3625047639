//! The table. Words only; nothing is measured here.

use crate::cases::Case;
use crate::floor::{EngineCost, median};
use crate::life::Times;
use crate::machine::Machine;
use crate::side::Side;
use evenkeel_tests::figures;
use std::collections::BTreeMap;

/// One life on each side.
pub struct Pair {
    /// The machine's load when it began.
    pub load: f64,
    pub took: BTreeMap<Side, Times>,
}

/// One line of the table.
#[derive(Debug)]
pub struct Row {
    title: String,
    compose_s: f64,
    evenkeel_s: f64,
    ratio: f64,
    target: Option<f64>,
    /// Only a cold `up` and a `down` have one.
    floor_s: Option<f64>,
    target_floor: Option<f64>,
    pairs: usize,
    load: f64,
}

impl Row {
    /// Medians of all pairs; the ratio is the median of the pairs' ratios.
    pub fn of(case: &Case, pairs: &[Pair], floor_s: Option<f64>) -> Self {
        let of = |pair: &Pair, side: Side| pair.took[&side][&case.work];
        let seconds = |side: Side| median(pairs.iter().map(|pair| of(pair, side)).collect());
        let ratios = pairs.iter().map(|pair| of(pair, Side::Evenkeel) / of(pair, Side::Compose));
        Self {
            title: case.title.clone(),
            compose_s: seconds(Side::Compose),
            evenkeel_s: seconds(Side::Evenkeel),
            ratio: median(ratios.collect()),
            target: case.target,
            floor_s,
            target_floor: case.target_floor,
            pairs: pairs.len(),
            load: median(pairs.iter().map(|pair| pair.load).collect()),
        }
    }

    fn cells(&self) -> [String; 8] {
        let reach = |reached: f64, target: Option<f64>| match target {
            Some(target) if reached > target => format!("≤ {target}, missed"),
            Some(target) => format!("≤ {target}"),
            None => String::new(),
        };
        let over = self.floor_s.map(|floor| self.evenkeel_s / floor);
        let floor = match (self.floor_s, over) {
            (Some(floor), Some(over)) => {
                let target = reach(over, self.target_floor);
                let target = if target.is_empty() { target } else { format!(" ({target})") };
                format!("{floor:.2}; × {over:.2}{target}")
            }
            _ => String::new(),
        };
        [
            self.title.clone(),
            seconds(self.compose_s),
            seconds(self.evenkeel_s),
            format!("{:.3}", self.ratio),
            reach(self.ratio, self.target),
            floor,
            self.pairs.to_string(),
            format!("{:.1}", self.load),
        ]
    }
}

fn seconds(seconds: f64) -> String {
    if seconds < 1.0 { format!("{seconds:.3}") } else { format!("{seconds:.2}") }
}

/// Markdown: the rows, and the lives that the engine spoilt.
pub fn table(rows: &[Row], again: &BTreeMap<Side, usize>) -> String {
    let mut text = String::from(
        "| work | Compose, s | Evenkeel, s | ratio | target | floor, s | pairs | load |\n|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        text.push_str(&format!("| {} |\n", row.cells().join(" | ")));
    }
    let of = |side: Side| again.get(&side).copied().unwrap_or_default();
    text.push_str(&format!(
        "\nLives begun again, as the engine did not let go of a network: {} of Compose's, {} of Evenkeel's.\n",
        of(Side::Compose),
        of(Side::Evenkeel)
    ));
    text
}

/// Puts the table into docs/benchmarks.md, in the place of the last one from an engine of this series.
pub fn write(machine: &Machine, engine: &EngineCost, table: &str) -> Result<(), String> {
    let series = &machine.engine_series;
    let body = format!("### Engine {series}\n\n{machine}\n{engine}\n\n{table}");
    figures::write(&format!("engine {series}"), &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::Work;

    #[test]
    fn a_ratio_is_the_median_of_the_pairs_ratios() {
        let case = Case {
            name: "c".to_owned(),
            work: Work::Up,
            title: "t".to_owned(),
            target: Some(0.2),
            target_floor: Some(1.5),
        };
        let pair = |compose: f64, evenkeel: f64| Pair {
            load: 1.0,
            took: [(Side::Compose, compose), (Side::Evenkeel, evenkeel)]
                .map(|(side, took)| (side, Times::from([(Work::Up, took)])))
                .into(),
        };
        let row = Row::of(&case, &[pair(10.0, 1.0), pair(20.0, 8.0), pair(10.0, 3.0)], Some(1.5));
        assert_eq!(row.cells().join("|"), "t|10.00|3.00|0.300|≤ 0.2, missed|1.50; × 2.00 (≤ 1.5, missed)|3|1.0");
    }
}
