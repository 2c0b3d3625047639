//! Who waits for whom in a stack, and how long each of its stand-ins takes to be ready: the critical path, and whether a life kept
//! to it.

use crate::floor::EngineCost;
use serde_json::Value;
use std::collections::BTreeMap;

/// The services of one stack.
#[derive(Debug, Default)]
pub struct Graph {
    services: BTreeMap<String, Node>,
    networks: usize,
}

#[derive(Debug, Default)]
struct Node {
    /// From the start of the process until it is ready, or, for a job, done. Zero where nobody can tell.
    ready_after_s: f64,
    /// By name: whether to wait until it is ready (or done), not just started.
    depends_on: BTreeMap<String, bool>,
}

impl Graph {
    /// From what `config --format json` prints.
    pub fn of(config: &Value) -> Result<Self, String> {
        let networks = config["networks"].as_object().map_or(0, serde_json::Map::len);
        let mut graph = Self { services: BTreeMap::new(), networks };
        let services = config["services"].as_object().ok_or("the resolved file has no services")?;
        for (name, service) in services {
            let after = service["environment"]["READY_AFTER"].as_str().unwrap_or("0");
            let after: f64 = after.parse().map_err(|_| format!("{name}: READY_AFTER is {after}"))?;
            let awaited = services
                .values()
                .any(|other| other["depends_on"][name]["condition"] == "service_completed_successfully");
            let ready_after_s = if awaited || service["healthcheck"].is_object() { after } else { 0.0 };
            let depends_on = service["depends_on"].as_object().into_iter().flatten();
            let depends_on = depends_on.map(|(other, how)| (other.clone(), how["condition"] != "service_started"));
            graph.services.insert(name.clone(), Node { ready_after_s, depends_on: depends_on.collect() });
        }
        Ok(graph)
    }

    /// The least time from nothing to all ready, seconds: the longest chain of starts and of what the processes take; or, where that
    /// is more, what so many containers of so many copies cost an engine that is kept busy all the time.
    pub fn floor_s(&self, engine: &EngineCost, copies: usize) -> f64 {
        let path = self.services.keys().map(|name| self.ready_at(name, engine.start_s, &mut Vec::new()));
        let path = engine.network_s + engine.create_s + path.fold(0.0, f64::max);
        path.max(engine.network_s + engine.busy_s * (self.services.len() * copies) as f64)
    }

    /// The least time from all to nothing, seconds: what so many containers and networks cost an engine that is kept busy, in whatever order.
    pub fn end_floor_s(&self, engine: &EngineCost, copies: usize) -> f64 {
        (engine.gone_s * self.services.len() as f64 + engine.network_gone_s * self.networks as f64) * copies as f64
    }

    fn ready_at(&self, name: &str, start_s: f64, above: &mut Vec<String>) -> f64 {
        self.started_at(name, start_s, above) + self.services[name].ready_after_s
    }

    fn started_at(&self, name: &str, start_s: f64, above: &mut Vec<String>) -> f64 {
        assert!(!above.iter().any(|one| one == name), "{name} depends on itself");
        above.push(name.to_owned());
        let mut begin = 0.0_f64;
        for (other, ready) in &self.services[name].depends_on {
            begin = begin.max(if *ready {
                self.ready_at(other, start_s, above)
            } else {
                self.started_at(other, start_s, above)
            });
        }
        above.pop();
        begin + start_s
    }

    /// Holds a life against the graph: `began` has each service's start and `end` the moment when all was said to be ready, in seconds of
    /// one clock. An error for whoever was let through before it could be ready.
    pub fn check(&self, began: &BTreeMap<String, f64>, end: f64) -> Result<(), String> {
        let ready = |name: &str| began.get(name).map(|at| at + self.services[name].ready_after_s);
        for (name, node) in &self.services {
            let own = began.get(name).ok_or_else(|| format!("{name} has not been started"))?;
            if ready(name).is_some_and(|at| at > end) {
                return Err(format!("{name} cannot have been ready yet when all was said to be"));
            }
            for other in node.depends_on.iter().filter(|(_, ready)| **ready).map(|(other, _)| other) {
                if ready(other).is_none_or(|at| at > *own) {
                    return Err(format!("{name} was started before {other} can have been ready"));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A database of 1 s, a job of 2 s that needs it, a server without a healthcheck that needs the job.
    fn shop() -> Graph {
        Graph::of(&json!({ "networks": { "default": {} }, "services": {
            "db": { "environment": { "READY_AFTER": "1" }, "healthcheck": { "test": ["CMD", "true"] } },
            "init": { "environment": { "READY_AFTER": "2" }, "depends_on": { "db": { "condition": "service_healthy" } } },
            "web": { "environment": { "READY_AFTER": "9" }, "depends_on": { "init": { "condition": "service_completed_successfully" } } },
        } }))
        .unwrap()
    }

    #[test]
    fn the_floor_is_the_longest_path_or_a_busy_engine() {
        for (busy_s, expected) in [(0.1, 0.1 + 0.01 + 3.0 * 0.2 + 3.0), (2.0, 0.1 + 6.0)] {
            let engine =
                EngineCost { network_s: 0.1, create_s: 0.01, start_s: 0.2, busy_s, gone_s: 0.1, network_gone_s: 0.2 };
            assert!((shop().end_floor_s(&engine, 1) - 0.5).abs() < 1e-9);
            assert!((shop().floor_s(&engine, 1) - expected).abs() < 1e-9, "{}", shop().floor_s(&engine, 1));
        }
    }

    #[test]
    fn whoever_was_let_through_early_is_found() {
        for (db, init, web, end, word) in [
            (0.0, 1.0, 3.0, 3.0, ""),
            (0.0, 0.9, 3.0, 3.0, "init was started before db"),
            (0.0, 1.0, 2.5, 3.0, "web was started before init"),
            (0.0, 1.0, 3.5, 2.9, "init cannot have been ready"),
        ] {
            let began = [("db", db), ("init", init), ("web", web)].map(|(name, at)| (name.to_owned(), at));
            let found = shop().check(&began.into(), end).err().unwrap_or_default();
            assert!(found.starts_with(word) && found.is_empty() == word.is_empty(), "{found}");
        }
    }
}
