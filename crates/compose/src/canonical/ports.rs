//! The short form of `ports`: `8080:80`, `127.0.0.1::53/udp`, `90-92:90-92`.

use crate::codes;
use crate::diagnostic::Report;
use crate::limits;
use crate::tree::{Map, Node, Value};
use std::cell::Cell;
use std::net::IpAddr;

/// Brings each entry of a list of ports into the long form; a range becomes several entries.
///
/// What is left of the limit on ports is counted down, so that ranges cannot grow without end.
pub(super) fn expand(node: &mut Node, path: &str, ports_left: &Cell<usize>, report: &Report) {
    let Some(items) = node.as_list_mut() else { return };
    let mut expanded = Vec::with_capacity(items.len());
    for mut item in std::mem::take(items) {
        let Some(text) = short_form(&item) else {
            expanded.push(item);
            continue;
        };
        match parse(&text, ports_left.get()) {
            Ok(ports) => {
                ports_left.set(ports_left.get().saturating_sub(ports.len()));
                expanded.extend(ports.into_iter().map(|port| port.node(&item)));
            }
            Err(problem) => {
                let message = format!("{path}: `{text}` is not a port: {problem}");
                let help = "write [address:][published:]target[/protocol], each in quotes";
                report.value_error(&item, codes::INVALID_VALUE, message, Some(help));
                item.break_it();
                expanded.push(item);
            }
        }
    }
    *items = expanded;
}

fn short_form(item: &Node) -> Option<String> {
    match item.value {
        Value::Text(_) | Value::Int(_) => item.value.to_text(),
        _ => None,
    }
}

/// One port of the short form.
#[derive(Debug, PartialEq, Eq)]
struct Short {
    host_ip: String,
    published: String,
    target: u16,
    protocol: String,
}

impl Short {
    fn node(self, item: &Node) -> Node {
        let text = |text: String| item.with(Value::Text(text));
        let mut map = Map::default();
        map.set("mode", text("ingress".to_owned()));
        map.set("target", item.with(Value::Int(self.target.into())));
        map.set("protocol", text(self.protocol));
        if !self.host_ip.is_empty() {
            map.set("host_ip", text(self.host_ip));
        }
        if !self.published.is_empty() {
            map.set("published", text(self.published));
        }
        item.with(Value::Map(map))
    }
}

fn parse(text: &str, most: usize) -> Result<Vec<Short>, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let (ip, published, target) = match parts.as_slice() {
        [target] => (String::new(), "", *target),
        [published, target] => (String::new(), *published, *target),
        [ip @ .., published, target] => (ip.join(":"), *published, *target),
        [] => return Err("it is empty".to_owned()),
    };
    let (target, protocol) = match target.split_once('/') {
        Some((target, "")) => (target, "tcp"),
        Some((target, protocol)) => (target, protocol),
        None => (target, "tcp"),
    };
    let protocol = protocol.to_lowercase();
    let host_ip = address(&ip)?;
    if target.is_empty() {
        return Err("the port of the container is missing".to_owned());
    }
    let (first, last) = range(target).ok_or_else(|| format!("`{target}` is not a port of a container"))?;
    let host = match published {
        "" => None,
        text => Some(range(text).ok_or_else(|| format!("`{text}` is not a port of the host"))?),
    };
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(format!("`{protocol}` is not a protocol; there are tcp, udp and sctp"));
    }
    let one_target = first == last;
    if let Some((low, high)) = host
        && high - low != last - first
        && !one_target
    {
        return Err(format!("the ranges `{published}` and `{target}` have different lengths"));
    }
    if (last - first) as usize >= most {
        return Err(format!("the services have more than {} ports together", limits::PORTS));
    }
    let mut ports = Vec::new();
    for port in first..=last {
        let published = match host {
            None => String::new(),
            // A single port of the container takes whichever of the range is free.
            Some((low, high)) if one_target && low != high => format!("{low}-{high}"),
            Some((low, _)) => (low + port - first).to_string(),
        };
        let target = u16::try_from(port).map_err(|_| format!("{port} is over 65535"))?;
        if target == 0 {
            return Err("the port of the container cannot be 0".to_owned());
        }
        ports.push(Short { host_ip: host_ip.clone(), published, target, protocol: protocol.clone() });
    }
    // Compose sorts a range as text.
    ports.sort_by_key(|port| format!("{}/{}", port.target, port.protocol));
    Ok(ports)
}

fn address(text: &str) -> Result<String, String> {
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or_else(|| format!("`{text}` is not an address"))?,
        // An IPv6 address stands in brackets, or its colons would part it.
        None if text.contains(':') => return Err(format!("`{text}` is an address that must stand in brackets")),
        None => text,
    };
    if bare.is_empty() || bare.parse::<IpAddr>().is_ok() {
        Ok(bare.to_owned())
    } else {
        Err(format!("`{bare}` is not an IP address"))
    }
}

/// `80` or `80-90`, within 0 to 65535.
fn range(text: &str) -> Option<(u32, u32)> {
    let port = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        if digits { text.parse::<u32>().ok().filter(|port| *port <= 65_535) } else { None }
    };
    match text.split_once('-') {
        None => port(text).map(|port| (port, port)),
        Some((first, last)) => {
            let (first, last) = (port(first)?, port(last)?);
            (first <= last).then_some((first, last))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<Vec<String>, String> {
        parse(text, limits::PORTS).map(|ports| {
            ports.iter().map(|p| format!("{}|{}|{}/{}", p.host_ip, p.published, p.target, p.protocol)).collect()
        })
    }

    #[test]
    fn short_forms() {
        for (text, expected) in [
            ("80", vec!["||80/tcp"]),
            ("8080:80", vec!["|8080|80/tcp"]),
            ("81:82/UDP", vec!["|81|82/udp"]),
            ("127.0.0.1:8001:8000", vec!["127.0.0.1|8001|8000/tcp"]),
            ("127.0.0.1::70", vec!["127.0.0.1||70/tcp"]),
            ("[::1]:84:84", vec!["::1|84|84/tcp"]),
            ("90-91:90-91", vec!["|90|90/tcp", "|91|91/tcp"]),
            ("100-102:100", vec!["|100-102|100/tcp"]),
            ("99-100", vec!["||100/tcp", "||99/tcp"]),
        ] {
            assert_eq!(shown(text), Ok(expected.into_iter().map(str::to_owned).collect()), "{text}");
        }
        for text in
            ["", "a", "99999:80", "80:", "1.2.3:80:80", "80/icmp", "90-91:90-92", "5-4", "::1:84:84", "80:0", "0"]
        {
            assert!(parse(text, limits::PORTS).is_err(), "{text}");
        }
    }
}
