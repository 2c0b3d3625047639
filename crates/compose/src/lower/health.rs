//! A service's healthcheck.

use super::read::Read;
use evenkeel_model::{HealthTest, Healthcheck};

pub(super) fn healthcheck(service: &Read<'_>) -> Option<Healthcheck> {
    let map = service.map.map("healthcheck")?;
    let path = format!("{}.healthcheck", service.path);
    let read = Read { map, path: &path, report: service.report };
    let test = if read.bool("disable") { Some(HealthTest::Disabled) } else { test(&read) };
    Some(Healthcheck {
        test,
        interval_ns: read.ns("interval"),
        timeout_ns: read.ns("timeout"),
        start_period_ns: read.ns("start_period"),
        start_interval_ns: read.ns("start_interval"),
        retries: read.set_int("retries").and_then(|retries| u32::try_from(retries).ok()),
    })
}

fn test(read: &Read<'_>) -> Option<HealthTest> {
    let words = read.words("test")?;
    let (kind, rest) = words.split_first()?;
    match kind.as_str() {
        "NONE" => Some(HealthTest::Disabled),
        "CMD-SHELL" => {
            if rest.len() > 1
                && let Some(node) = read.map.get("test")
            {
                read.refuse(node, "test", "CMD-SHELL takes one line, and there are several items");
            }
            rest.first().map(|line| HealthTest::Shell(line.clone()))
        }
        _ => Some(HealthTest::Command(rest.to_vec())),
    }
}
