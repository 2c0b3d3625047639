//! What Docker Compose made of each stored case, Evenkeel makes of it too. The outcomes are on record, so this needs no
//! Compose; `make conformance` compares generated cases with the real one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use evenkeel_tests::conformance::{Outcome, line, read, run};

#[test]
fn stored_cases_have_composes_outcome() {
    let (mut all, mut different) = (0, Vec::new());
    for stored in read().into_iter().flat_map(|(_, cases)| cases) {
        all += 1;
        let ours = run(&stored.case);
        let Some(expected) = &stored.expected else {
            different.push(format!("{}: nothing is on record (make conformance ARGS=--record)", stored.name));
            continue;
        };
        if line(&ours) == *expected {
            continue;
        }
        let theirs = match serde_json::from_str(expected) {
            Ok(document) => Outcome::Accepted(document),
            Err(_) => Outcome::Rejected(expected.clone()),
        };
        if !ours.agrees(&theirs) {
            different.push(format!("{}\n    {}", stored.name, ours.differences(&theirs).join("\n    ")));
        }
    }
    assert!(different.is_empty(), "{} of {all} cases differ:\n{}", different.len(), different.join("\n"));
    assert!(all > 700, "there are only {all} cases");
}
