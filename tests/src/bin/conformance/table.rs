//! Equal and different, by feature.

use crate::run::Verdict;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default, Clone, Copy)]
struct Row {
    accepted: usize,
    rejected: usize,
    faults: usize,
    different: usize,
}

/// All that was counted.
#[derive(Debug, Default)]
pub struct Table {
    all: Row,
    rows: BTreeMap<String, Row>,
}

impl Table {
    /// Counts a case. How many there are by now, and how many of them differ.
    pub fn count(&mut self, features: &BTreeSet<String>, verdict: &Verdict) -> (usize, usize) {
        let add = |row: &mut Row| match verdict {
            Verdict::BothAccept => row.accepted += 1,
            Verdict::BothReject => row.rejected += 1,
            Verdict::Fault => row.faults += 1,
            Verdict::Different(_) => row.different += 1,
        };
        add(&mut self.all);
        for feature in features {
            add(self.rows.entry(feature.clone()).or_default());
        }
        let Row { accepted, rejected, faults, different } = self.all;
        (accepted + rejected + faults + different, different)
    }

    pub fn different(&self) -> usize {
        self.all.different
    }

    pub fn print(&self) {
        println!("{:<34} {:>8} {:>9} {:>9} {:>9} {:>9}", "feature", "of", "same", "rejected", "its fault", "different");
        let everything = ("everything".to_owned(), self.all);
        for (feature, row) in self.rows.iter().map(|(name, row)| (name.clone(), *row)).chain([everything]) {
            let Row { accepted, rejected, faults, different } = row;
            let of = accepted + rejected + faults + different;
            println!("{feature:<34} {of:>8} {accepted:>9} {rejected:>9} {faults:>9} {different:>9}");
        }
    }
}
