//! Runs both loaders over cases, a few at once, and tells what differs.

use crate::draft::Draft;
use crate::folders;
use crate::generate;
use crate::grammar::Grammar;
use crate::table::Table;
use evenkeel_tests::conformance::{self, Case, Oracle, Outcome};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long to go on, and where to begin.
pub struct Limits {
    pub cases: u64,
    pub time: Duration,
    pub seed: u64,
    pub from: u64,
}

/// Differences that look alike are made small once.
const MOST_SHRUNK: usize = 40;

/// Generated cases; how many differ.
pub fn generated(oracle: &Oracle, limits: &Limits) -> usize {
    println!("seed {} (--seed N), first case {} (--from N)", limits.seed, limits.from);
    let grammar = Grammar::of_compose();
    compare(oracle, limits, &|number| {
        let number = limits.from + number;
        Some((format!("seed {} case {number}", limits.seed), drawn(&grammar, limits.seed, number)))
    })
}

/// The case of that number. What both reject tells little and takes as long, so that four of five are drawn until Evenkeel
/// accepts one; the fifth stays as it is, so that what Evenkeel alone rejects is found as well.
fn drawn(grammar: &Grammar, seed: u64, number: u64) -> Draft {
    const TRIES: u64 = 12;
    let draw = |at| generate::draft(grammar, seed, number * TRIES + at);
    if number.is_multiple_of(5) {
        return draw(0);
    }
    let is_accepted = |draft: &Draft| matches!(conformance::run(&draft.case()), Outcome::Accepted(_));
    (0..TRIES).map(draw).find(is_accepted).unwrap_or_else(|| draw(0))
}

/// Every value of the grammar by itself; how many differ.
pub fn each(oracle: &Oracle, limits: &Limits) -> usize {
    let drafts = generate::each(&Grammar::of_compose());
    println!("{} values, each by itself", drafts.len());
    compare(oracle, limits, &|number| {
        let number = limits.from + number;
        let draft = drafts.get(usize::try_from(number).unwrap())?;
        Some((format!("value {number}"), draft.clone()))
    })
}

fn compare(oracle: &Oracle, limits: &Limits, draft: &(dyn Fn(u64) -> Option<(String, Draft)> + Sync)) -> usize {
    let (next, began) = (AtomicU64::new(0), Instant::now());
    let (table, known) = (Mutex::new(Table::default()), Mutex::new(BTreeSet::new()));
    std::thread::scope(|scope| {
        for place in 0..workers() {
            let (next, table, known) = (&next, &table, &known);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= limits.cases || began.elapsed() > limits.time {
                        return;
                    }
                    let Some((title, draft)) = draft(number) else { return };
                    let verdict = judge(oracle, &draft.case(), place);
                    let (done, different) = table.lock().unwrap().count(&draft.features(), &verdict);
                    if done.is_multiple_of(1000) {
                        eprintln!("{done} cases, {different} different, {:.0} s", began.elapsed().as_secs_f64());
                    }
                    let Verdict::Different(lines) = verdict else { continue };
                    let kind = lines.iter().take(2).map(|line| kind(line)).collect::<Vec<_>>().join(" ");
                    let is_new = {
                        let mut known = known.lock().unwrap();
                        known.len() < MOST_SHRUNK && known.insert(kind)
                    };
                    if is_new {
                        let small = shrink(oracle, draft, place);
                        show(&title, &small, oracle, place);
                    }
                }
            });
        }
    });
    let table = table.into_inner().unwrap();
    table.print();
    println!("{:.0} s", began.elapsed().as_secs_f64());
    table.different()
}

/// Puts on record what Compose makes of the stored cases; how many of them Evenkeel sees otherwise.
pub fn record(oracle: &Oracle) -> usize {
    let mut different = 0;
    for (path, cases) in conformance::read() {
        let outcomes: Vec<Outcome> = cases.iter().map(|stored| oracle.run(&stored.case, 0)).collect();
        for (stored, theirs) in cases.iter().zip(&outcomes) {
            let ours = conformance::run(&stored.case);
            if !ours.agrees(theirs) {
                different += 1;
                println!("== {}", stored.name);
                for line in ours.differences(theirs).iter().take(6) {
                    println!("   {}", line.chars().take(500).collect::<String>());
                }
            }
        }
        conformance::record(&path, &outcomes);
        println!("{}: {} cases", path.display(), cases.len());
    }
    different
}

/// Real projects; how many files differ.
pub fn folders(oracle: &Oracle, folders: &[String]) -> usize {
    let (next, counts) = (AtomicU64::new(0), Mutex::new([0_usize; 3]));
    std::thread::scope(|scope| {
        for place in 0..workers() {
            let (next, counts) = (&next, &counts);
            scope.spawn(move || {
                loop {
                    let at = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
                    let Some(folder) = folders.get(at) else { return };
                    for case in folders::read(Path::new(folder)) {
                        let verdict = judge(oracle, &case, place);
                        let mut counts = counts.lock().unwrap();
                        match verdict {
                            Verdict::BothAccept => counts[0] += 1,
                            Verdict::BothReject | Verdict::Fault => counts[1] += 1,
                            Verdict::Different(lines) => {
                                counts[2] += 1;
                                println!("== {folder}: {}", case.arguments[1]);
                                for line in lines.iter().take(6) {
                                    println!("   {}", line.chars().take(400).collect::<String>());
                                }
                            }
                        }
                    }
                }
            });
        }
    });
    let [same, rejected, different] = counts.into_inner().unwrap();
    println!(
        "{} files: {same} the same, {rejected} rejected by both, {different} different",
        same + rejected + different
    );
    different
}

/// What comes of comparing.
pub enum Verdict {
    BothAccept,
    BothReject,
    /// Compose fails at what it has accepted: it panics, or prints what is no JSON.
    Fault,
    /// In lines.
    Different(Vec<String>),
}

/// Words of Compose that tell of a mistake of its own.
///
/// The third: a config from a variable that is set, in a file that is included, is taken for one with `content` too.
const FAULTS: [&str; 3] =
    ["panic: ", "error calling MarshalJSON for type", "file|environment|content attributes are mutually exclusive"];

fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).min(8)
}

fn judge(oracle: &Oracle, case: &Case, place: usize) -> Verdict {
    let ours = conformance::run(case);
    let theirs = oracle.run(case, place);
    match (&ours, &theirs) {
        (Outcome::Accepted(one), Outcome::Accepted(two)) if one == two => Verdict::BothAccept,
        (Outcome::Rejected(_), Outcome::Rejected(_)) => Verdict::BothReject,
        (_, Outcome::Rejected(words)) if FAULTS.iter().any(|fault| words.contains(fault)) => Verdict::Fault,
        _ => {
            // Where Compose goes through a mapping in random order it disagrees with itself: agreeing once is agreeing.
            for _ in 0..4 {
                let again = oracle.run(case, place);
                if ours.agrees(&again) {
                    return if matches!(ours, Outcome::Accepted(_)) {
                        Verdict::BothAccept
                    } else {
                        Verdict::BothReject
                    };
                }
            }
            Verdict::Different(ours.differences(&theirs))
        }
    }
}

/// Smaller and smaller, as long as both still differ.
fn shrink(oracle: &Oracle, mut draft: Draft, place: usize) -> Draft {
    let began = Instant::now();
    'smaller: while began.elapsed() < Duration::from_secs(20) {
        for smaller in draft.smaller() {
            if matches!(judge(oracle, &smaller.case(), place), Verdict::Different(_)) {
                draft = smaller;
                continue 'smaller;
            }
        }
        break;
    }
    draft
}

fn show(title: &str, draft: &Draft, oracle: &Oracle, place: usize) {
    let case = draft.case();
    let mut text = format!("== {title}\n");
    if !case.arguments.is_empty() || !case.flags.is_empty() {
        text.push_str(&format!("-- {} config {}\n", case.arguments.join(" "), case.flags.join(" ")));
    }
    if !case.variables.is_empty() {
        text.push_str(&format!("-- {:?}\n", case.variables));
    }
    for (path, content) in &case.files {
        text.push_str(&format!("-- {path}\n{content}"));
    }
    if let Verdict::Different(lines) = judge(oracle, &case, place) {
        for line in lines.iter().take(6) {
            text.push_str(&format!("   {}\n", line.chars().take(500).collect::<String>()));
        }
    }
    println!("{text}");
}

/// A difference without names and numbers, so that those of one kind are known as such.
fn kind(line: &str) -> String {
    let line = line.split(": Evenkeel ").next().unwrap_or(line);
    let line = line.replace(".services.a.", ".").replace(".services.b.", ".").replace(".services.c.", ".");
    let line = line.rsplit("project/").next().unwrap_or(&line);
    line.chars().filter(|c| !c.is_ascii_digit()).take(90).collect()
}
