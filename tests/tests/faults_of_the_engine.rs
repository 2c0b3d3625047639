//! Real faults on an engine of its own, which may be killed: each is injected, and then the engine itself is asked whether what
//! should be is there again. The quick part runs with all tests; `make faults` runs all of it several times, and beside it the same
//! with Docker Compose, which brings the same stack up and is then not asked again.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "faults_of_the_engine/fault.rs"]
mod fault;
#[path = "faults_of_the_engine/keeper.rs"]
mod keeper;
#[path = "faults_of_the_engine/stack.rs"]
mod stack;
#[path = "faults_of_the_engine/table.rs"]
mod table;
#[path = "faults_of_the_engine/trial.rs"]
mod trial;

use evenkeel_tests::OwnEngine;
use fault::Fault;
use keeper::Keeper;
use table::Table;
use trial::{Ground, try_fault};

#[tokio::test]
async fn what_breaks_is_mended() {
    let only = std::env::var("EVENKEEL_FAULT").ok();
    let wanted = |fault: &Fault| {
        let named = only.as_ref().is_none_or(|only| fault.name().contains(only.as_str()));
        named && (fault::all_rounds().is_some() || fault.is_quick())
    };
    let faults: Vec<Fault> = fault::ALL.into_iter().filter(wanted).collect();
    let mut ground = Ground::new(OwnEngine::start("faults")).await;
    let mut table = Table::default();
    let keepers: &[bool] = if fault::all_rounds().is_some() { &[true, false] } else { &[true] };
    for ours in keepers {
        let mut keeper = if *ours { Keeper::evenkeel(&ground).await } else { Keeper::compose() };
        for fault in faults.iter().filter(|fault| *ours || fault.concerns_compose()) {
            for round in 0..fault.rounds(*ours) {
                let result = try_fault(&mut ground, &mut keeper, *fault).await;
                println!("{} {} {}: {}", keeper.name(), fault.name(), round + 1, table::told(&result));
                if let (true, Err(why)) = (*ours, &result) {
                    println!("{}", why);
                }
                table.add(*fault, *ours, result);
            }
        }
        keeper.close(&ground).await;
    }
    println!("{table}");
    let failed = table.unrecovered();
    assert!(failed.is_empty(), "not recovered: {}", failed.join(", "));
}
