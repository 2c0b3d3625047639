//! Services that wait for each other in a circle.

use crate::codes;
use crate::diagnostic::Report;
use crate::tree::{Map, Place};
use std::collections::{BTreeMap, BTreeSet, HashMap};

type Graph = BTreeMap<String, Vec<(String, Place)>>;

/// Reports each circle once.
pub(super) fn check(tree: &Map, report: &Report) {
    let graph: Graph = tree
        .map("services")
        .into_iter()
        .flat_map(Map::maps)
        .map(|(name, service)| {
            let dependencies = service.map("depends_on").into_iter().flat_map(Map::iter);
            (name.clone(), dependencies.map(|(name, entry)| (name.clone(), entry.key_place)).collect())
        })
        .collect();
    let mut done = BTreeSet::new();
    for name in graph.keys() {
        visit(name, &graph, &mut done, report);
    }
}

/// A depth-first walk with a stack of its own: the chain of services may be as long as the file.
fn visit(start: &str, graph: &Graph, done: &mut BTreeSet<String>, report: &Report) {
    let mut stack: Vec<(&str, usize)> = vec![(start, 0)];
    let mut depths: HashMap<&str, usize> = HashMap::from([(start, 0)]);
    while let Some((name, next)) = stack.last_mut() {
        let children = graph.get(*name).map(Vec::as_slice).unwrap_or_default();
        let Some((child, place)) = children.get(*next).filter(|_| !done.contains(*name)) else {
            done.insert((*name).to_owned());
            depths.remove(*name);
            stack.pop();
            continue;
        };
        *next += 1;
        if let Some(&from) = depths.get(child.as_str()) {
            let mut names: Vec<&str> = stack[from..].iter().map(|(name, _)| *name).collect();
            names.push(child);
            let message = format!("services wait for each other in a circle: {}", names.join(" -> "));
            let help = "remove one of these dependencies";
            report.error_help(*place, codes::DEPENDENCY_CYCLE, message, help);
        } else if !done.contains(child) {
            depths.insert(child, stack.len());
            stack.push((child, 0));
        }
    }
}
