//! Who talks to whom in a stack: what its owner declared, and what its services' variables, commands, healthchecks and
//! mounted files say. Read from the definition alone; whether it works is for others to try.

mod address;
mod credentials;
mod names;
mod protocol;

pub use credentials::{credentials, sign_in};

use address::{Address, addresses};
use evenkeel_model::{ApplicationProtocol, Connection, ConnectionSource, HealthTest, Service, ServiceName, Stack};
use names::Names;
use std::collections::BTreeMap;

/// Texts of files that are mounted into services, by service and path in its containers.
pub type MountedTexts = BTreeMap<ServiceName, BTreeMap<String, String>>;

/// All connections, by who opens them, then by who answers and the port. One that is mentioned at several places is one
/// with several sources.
pub fn connections(stack: &Stack, mounted: &MountedTexts) -> Vec<Connection> {
    let names = Names::of(stack);
    let mut found: BTreeMap<(ServiceName, ServiceName, Option<u16>), Connection> = BTreeMap::new();
    for (from, service) in &stack.services {
        for mention in mentions(service, mounted.get(from)) {
            let Some(to) = names.who(&mention.host) else { continue };
            if to == from {
                continue;
            }
            let connection = mention.connection(from, to, &stack.services[to]);
            let key = (from.clone(), to.clone(), connection.port);
            let known = found.entry(key).or_insert_with(|| connection.clone());
            if known.protocol == ApplicationProtocol::Tcp {
                known.protocol = connection.protocol;
            }
            known.sources.extend(connection.sources);
        }
    }
    without_vague(found.into_values().collect())
}

/// A name without a port says nothing where the same two have a connection with one.
fn without_vague(all: Vec<Connection>) -> Vec<Connection> {
    let told =
        |vague: &Connection| all.iter().any(|it| it.port.is_some() && it.from == vague.from && it.to == vague.to);
    all.iter().filter(|it| it.port.is_some() || !told(it)).cloned().collect()
}

/// A place at which a service names a host that may be another service.
struct Mention {
    host: String,
    scheme: Option<String>,
    port: Option<u16>,
    protocol: Option<ApplicationProtocol>,
    source: ConnectionSource,
}

impl Mention {
    fn new(address: Address<'_>, source: ConnectionSource) -> Self {
        Self {
            host: address.host.to_owned(),
            scheme: address.scheme.map(str::to_owned),
            port: address.port,
            protocol: None,
            source,
        }
    }

    fn connection(self, from: &ServiceName, to: &ServiceName, answering: &Service) -> Connection {
        let words = match &self.source {
            ConnectionSource::Variable(name) => name.as_str(),
            _ => "",
        };
        let scheme = self.scheme.as_deref();
        let usual = || self.protocol.and_then(ApplicationProtocol::default_port);
        let port = self.port.or_else(usual).or_else(|| protocol::port(scheme, answering));
        let protocol = self.protocol.unwrap_or_else(|| protocol::of(scheme, port, answering, words));
        let port = port.or_else(|| protocol.default_port());
        let (from, to, host) = (from.clone(), to.clone(), self.host);
        Connection { from, to, host, port, protocol, sources: [self.source].into() }
    }
}

fn mentions(service: &Service, mounted: Option<&BTreeMap<String, String>>) -> Vec<Mention> {
    let spec = &service.container;
    let mut all: Vec<Mention> = service
        .wishes
        .connections
        .iter()
        .map(|declared| Mention {
            host: declared.to.clone(),
            scheme: None,
            port: declared.port,
            protocol: declared.protocol,
            source: ConnectionSource::Declared,
        })
        .collect();
    for (name, value) in &spec.environment {
        all.extend(of_variable(name, value.as_deref().unwrap_or_default(), &spec.environment));
    }
    let command: Vec<String> = [&spec.entrypoint, &spec.command].into_iter().flatten().flatten().cloned().collect();
    all.extend(of_command(&command.join(" "), &ConnectionSource::Command));
    let test = match spec.healthcheck.as_ref().and_then(|check| check.test.as_ref()) {
        Some(HealthTest::Command(words)) => words.join(" "),
        Some(HealthTest::Shell(line)) => line.clone(),
        Some(HealthTest::Disabled) | None => String::new(),
    };
    all.extend(of_command(&test, &ConnectionSource::Healthcheck));
    for file in &spec.files {
        all.extend(of_file(&file.path, file.content.reveal()));
    }
    for (path, text) in mounted.into_iter().flatten() {
        all.extend(of_file(path, text));
    }
    all
}

/// `DB_URL=postgresql://db/shop`, `BROKERS=k1:9092,k2:9092`; a bare name counts where the variable's name says that it is a host,
/// and its port is then looked for in the variable beside it.
fn of_variable(name: &str, value: &str, environment: &BTreeMap<String, Option<String>>) -> Vec<Mention> {
    let host = is_host_variable(name);
    let source = ConnectionSource::Variable(name.to_owned());
    let mut found: Vec<Mention> = addresses(value)
        .into_iter()
        .filter(|it| it.scheme.is_some() || it.port.is_some() || it.called_host || host)
        .map(|address| Mention::new(address, source.clone()))
        .collect();
    if let [only] = &mut found[..]
        && only.scheme.is_none()
        && only.port.is_none()
    {
        only.port = port_beside(name, environment);
    }
    found
}

/// The last words of names of variables that hold hosts.
const HOST_WORDS: [&str; 17] = [
    "HOST",
    "HOSTS",
    "HOSTNAME",
    "HOSTNAMES",
    "SERVER",
    "SERVERS",
    "ADDR",
    "ADDRESS",
    "ADDRESSES",
    "ENDPOINT",
    "ENDPOINTS",
    "URL",
    "URI",
    "BROKER",
    "BROKERS",
    "MASTER",
    "NODES",
];

fn is_host_variable(name: &str) -> bool {
    let last = name.rsplit(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
    let last = last.to_ascii_uppercase();
    HOST_WORDS.contains(&last.as_str()) || last.ends_with("HOST")
}

/// The port in the variable that belongs to one with a host: `DB_PORT` to `DB_HOST`, `PGPORT` to `PGHOST`.
fn port_beside(name: &str, environment: &BTreeMap<String, Option<String>>) -> Option<u16> {
    let upper = name.to_ascii_uppercase();
    let ending = HOST_WORDS.iter().filter(|word| upper.ends_with(*word)).max_by_key(|word| word.len())?;
    let stem = &name[..name.len() - ending.len()];
    let beside = [format!("{stem}PORT"), format!("{stem}port"), format!("{name}_PORT")];
    beside.iter().find_map(|name| environment.get(name)?.as_ref()?.parse().ok())
}

fn of_command(line: &str, source: &ConnectionSource) -> Vec<Mention> {
    let sure = |it: &Address<'_>| it.scheme.is_some() || it.port.is_some() || it.called_host;
    addresses(line).into_iter().filter(sure).map(|address| Mention::new(address, source.clone())).collect()
}

/// A file of configuration: what stands in comments counts for nothing.
fn of_file(path: &str, text: &str) -> Vec<Mention> {
    let comment = |line: &&str| ["#", "//", ";", "--", "<!--"].iter().any(|mark| line.trim_start().starts_with(mark));
    let source = ConnectionSource::File(path.to_owned());
    let lines = text.lines().filter(|line| !comment(line));
    let sure = |it: &Address<'_>| it.scheme.is_some() || it.port.is_some();
    lines.flat_map(addresses).filter(sure).map(|address| Mention::new(address, source.clone())).collect()
}
