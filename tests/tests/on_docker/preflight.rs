//! What would fail half way is refused before anything is made: each conflict on the machine's engine, by itself and all at once. The
//! table of docs/preflight.md is what comes of it; `EVENKEEL_UPDATE=1` writes it anew.

use super::Bench;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const PROJECT: &str = "ek-preflight";
/// Another stack, up, whose container has this name.
const OTHER: &str = "ek-preflight-b";
const NAMED: &str = "ek-preflight-named";
/// What somebody else has on the engine: a container that publishes a port, one that holds a port of the host, a network.
const STRANGER: &str = "ek-preflight-stranger";
const HOLDER: &str = "ek-preflight-holder";
const NETWORK: &str = "ek-preflight-net";
/// Preflight of twelve services takes less.
const SOON: Duration = Duration::from_millis(200);

/// Something that stands in the way of a service. `#` in its texts is the number of the service that has it.
struct Conflict {
    /// In the words of the table.
    name: &'static str,
    /// The finding's code.
    code: &'static str,
    /// Keys of the service, besides its image and command.
    service: String,
    /// What the file has under `networks` and `volumes`.
    networks: String,
    volumes: &'static str,
    /// The message goes on after this in the words of somebody else.
    up_to: Option<&'static str>,
    /// What stands in a message that differs from machine to machine, and what the table has instead.
    varying: Vec<(String, &'static str)>,
}

impl Conflict {
    fn new(name: &'static str, code: &'static str, service: impl ToString) -> Self {
        let (networks, volumes) = (String::new(), "");
        Self { name, code, service: service.to_string(), networks, volumes, up_to: None, varying: Vec::new() }
    }

    fn networks(self, networks: impl ToString) -> Self {
        Self { networks: networks.to_string(), ..self }
    }

    fn volumes(self, volumes: &'static str) -> Self {
        Self { volumes, ..self }
    }

    fn up_to(self, words: &'static str) -> Self {
        Self { up_to: Some(words), ..self }
    }

    /// The finding, as it would be told on another machine.
    fn told(&self, finding: &Value) -> String {
        let said = ["object", "message"].map(|key| finding[key].as_str().unwrap()).join(": ");
        let said = self.varying.iter().fold(said, |said, (from, to)| said.replace(from, to));
        match self.up_to.and_then(|words| said.split_once(words)) {
            Some((before, _)) => format!("{before}{} …", self.up_to.unwrap()),
            None => said,
        }
    }

    fn varying(mut self, said: impl ToString, instead: &'static str) -> Self {
        self.varying.push((said.to_string(), instead));
        self
    }
}

/// A file in which each of them stands in the way of a service of its own: `web0`, `web1`, …
fn file(conflicts: &[&Conflict]) -> String {
    let (mut services, mut networks, mut volumes) = (String::new(), String::new(), String::new());
    for (number, one) in conflicts.iter().enumerate() {
        let numbered = |text: &str| text.replace('#', &number.to_string());
        let image = if one.service.contains("image:") { "" } else { "image: 'evenkeel/busybox:1.35', " };
        writeln!(services, "  web{number}: {{ {image}command: [sleep, '60'], {} }}", numbered(&one.service)).unwrap();
        networks += &numbered(&one.networks);
        volumes += &numbered(one.volumes);
    }
    format!("services:\n{services}networks:\n  default: {{}}\n{networks}volumes:\n  unused: {{}}\n{volumes}")
}

/// The conflicts, each of them so on the prepared bench.
async fn conflicts(bench: &Bench, ports: &Ports) -> Vec<Conflict> {
    let version = bench.docker.get("/version").await;
    let memory = bench.docker.get("/info").await["MemTotal"].as_u64().unwrap();
    let tenths = (memory >> 20) * 10 / 1024;
    let holder = bench.docker.inspect(HOLDER).await["State"]["Pid"].to_string();
    let subnet = |subnet: &str| format!("  n#: {{ ipam: {{ config: [{{ subnet: {subnet} }}] }} }}\n");
    let mut all = vec![
        Conflict::new("a port that a process of the host has", "port-taken", format!("ports: ['{}:80']", ports.held))
            .varying(ports.held, "8080")
            .varying(format!("({holder})"), "(812)"),
        Conflict::new("a port that a container publishes", "port-taken", format!("ports: ['{}:80']", ports.published))
            .varying(ports.published, "8081"),
        Conflict::new("a subnet that a network on the engine has", "subnet-overlap", "networks: [n#]")
            .networks(subnet("10.213.0.0/16")),
        Conflict::new("two networks of the stack whose subnets overlap", "subnet-overlap", "networks: [n#, o#]")
            .networks(subnet("10.214.0.0/16") + "  o#: { ipam: { config: [{ subnet: 10.214.1.0/24 }] } }\n"),
        Conflict::new(
            "a bind source that does not exist",
            "bind-missing",
            "volumes: [{ type: bind, source: /not/there, target: /d, bind: { create_host_path: false } }]",
        ),
        Conflict::new("an image with no registry in reach", "image-unavailable", "image: 'no-registry.invalid/none:1'")
            .up_to("cannot be pulled:"),
        Conflict::new("an external network that is missing", "external-missing", "networks: [n#]")
            .networks("  n#: { external: true, name: far-network }\n"),
        Conflict::new("an external volume that is missing", "external-missing", "volumes: ['v#:/v']")
            .volumes("  v#: { external: true, name: far-volume }\n"),
        Conflict::new(
            "memory beyond the machine's",
            "memory-short",
            "deploy: { resources: { reservations: { memory: 8192g } } }",
        )
        .varying(format!("the machine has {}.{} GiB", tenths / 10, tenths % 10), "the machine has 15.6 GiB"),
        Conflict::new("a container's name that another stack has", "name-taken", format!("container_name: {NAMED}")),
        Conflict::new("a container's name that is a stranger's", "name-taken", format!("container_name: {STRANGER}")),
        Conflict::new("a network's name that is a stranger's", "name-taken", "networks: [n#]")
            .networks(format!("  n#: {{ name: {NETWORK} }}\n")),
        Conflict::new(
            "one port for two containers",
            "scale-conflict",
            format!("ports: ['{}:80'], scale: 2", ports.free),
        )
        .varying(ports.free, "8082"),
    ];
    if let Some((net, interface)) = route(&holder) {
        let overlap = Conflict::new("a subnet that the host has a route to", "subnet-overlap", "networks: [n#]");
        let overlap = overlap.networks(subnet(&net)).varying(net, "192.168.7.0/24");
        all.push(overlap.varying(format!("via {interface}"), "via eth0"));
    }
    let api = version["ApiVersion"].as_str().unwrap();
    // An engine that has the feature has nothing to refuse.
    if api.split_once('.').unwrap().1.parse::<u32>().unwrap() < 49 {
        let feature = "networks: { default: { interface_name: web0 } }";
        // Debian says more of the version than the daemon tells.
        let release = version["Version"].as_str().unwrap().split('+').next().unwrap();
        let engine = format!("{release} has {api}");
        let feature = Conflict::new("a feature above the engine's API level", "engine-too-old", feature);
        all.push(feature.varying(engine, "20.10.24 has 1.41"));
    }
    all
}

/// Ports of the host: one that a process has, one that a container publishes, and one that nobody has.
struct Ports {
    held: u16,
    published: u16,
    free: u16,
}

/// A route of the engine's host, other than the default and those to the engine's bridges, and its interface: as a container sees it
/// that shares the host's network. An engine may have a network namespace of its own, as those of `make test-engines` do.
fn route(holder: &str) -> Option<(String, String)> {
    let table = std::fs::read_to_string(format!("/proc/{holder}/net/route")).ok()?;
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let number = |field: &str| u32::from_str_radix(field, 16).ok().map(u32::from_be);
        let (to, mask) = (number(fields[1])?, number(fields[7])?);
        let is_ours = fields[0].starts_with("docker") || fields[0].starts_with("br-");
        (mask != 0 && !is_ours)
            .then(|| (format!("{}/{}", std::net::Ipv4Addr::from(to), mask.leading_ones()), fields[0].to_owned()))
    })
}

async fn prepare(bench: &Bench) -> Ports {
    clear(bench).await;
    let listeners: Vec<TcpListener> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let numbers: Vec<u16> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
    drop(listeners);
    let ports = Ports { held: numbers[0], published: numbers[1], free: numbers[2] };
    bench.docker.hold_port(HOLDER, ports.held).await;
    let bindings = json!({ "80/tcp": [{ "HostPort": ports.published.to_string() }] });
    let stranger = json!({
        "Image": "evenkeel/busybox:1.35",
        "Cmd": ["sleep", "600"],
        "ExposedPorts": { "80/tcp": {} },
        "HostConfig": { "PortBindings": bindings },
    });
    bench.docker.post(&format!("/containers/create?name={STRANGER}"), &stranger).await;
    bench.docker.ask("POST", &format!("/containers/{STRANGER}/start"), None).await.ok();
    bench.docker.create_network(NETWORK, "10.213.7.0/24").await;
    let named = Conflict::new("", "", format!("container_name: {NAMED}"));
    let up = bench.daemon.up(OTHER, &file(&[&named])).await;
    assert_eq!(up["state"], "succeeded", "{up:#}");
    ports
}

async fn clear(bench: &Bench) {
    for container in [HOLDER, STRANGER] {
        bench.docker.discard(&format!("/containers/{container}?force=true")).await;
    }
    bench.docker.sweep(OTHER).await;
    bench.docker.discard(&format!("/networks/{NETWORK}")).await;
}

/// What there is of the project on the engine.
async fn made(bench: &Bench) -> usize {
    let networks = bench.docker.names("networks", PROJECT).await.len();
    bench.docker.containers(PROJECT).await.len() + networks + bench.docker.names("volumes", PROJECT).await.len()
}

/// Tries to bring it up: the findings, the command's exit code, and how much was made.
async fn refused(bench: &Bench, file: &str) -> (Vec<Value>, i32, usize) {
    let answer = bench.daemon.try_up(PROJECT, file).await;
    assert_eq!(answer.status, 409, "{}\n{file}", answer.body);
    std::fs::write(bench.daemon.directory().join("compose.yaml"), file).unwrap();
    let output = bench.daemon.command(&["-p", PROJECT, "up", "--wait"]);
    let findings = answer.body["findings"].as_array().unwrap().clone();
    let said = String::from_utf8_lossy(&output.stderr);
    for finding in &findings {
        assert!(said.contains(finding["message"].as_str().unwrap()), "the command says less: {finding}\n{said}");
        assert_ne!(finding["help"], "", "{finding}");
    }
    (findings, output.status.code().unwrap(), made(bench).await)
}

#[tokio::test]
async fn conflicts_are_refused_and_nothing_is_made() {
    let bench = Bench::open(PROJECT).await;
    let ports = prepare(&bench).await;
    let conflicts = conflicts(&bench, &ports).await;
    let mut rows = Vec::new();
    for one in &conflicts {
        let (findings, exit, made) = refused(&bench, &file(&[one])).await;
        assert_eq!(findings.len(), 1, "{}: {findings:#?}", one.name);
        assert_eq!((&findings[0]["code"], exit, made), (&json!(one.code), 5, 0), "{}", one.name);
        rows.push(format!("| {} | `{}` | {} | {exit} | {made} |", one.name, one.code, one.told(&findings[0])));
    }
    // All of them in one file are told at once.
    let (findings, exit, made) = refused(&bench, &file(&conflicts.iter().collect::<Vec<_>>())).await;
    assert_eq!((findings.len(), exit, made), (conflicts.len(), 5, 0), "{findings:#?}");
    for (number, one) in conflicts.iter().enumerate() {
        let service = format!("web{number}");
        let told = findings.iter().any(|finding| finding["code"] == one.code && finding["service"] == service.as_str());
        assert!(told, "{}: {findings:#?}", one.name);
    }
    println!("{}\nall {} at once: exit {exit}, objects made {made}", rows.join("\n"), conflicts.len());
    bench.daemon.act(OTHER, "down", json!({})).await;
    clear(&bench).await;
    bench.close().await;
    document(&rows);
}

/// Every row stands in the table; with `EVENKEEL_UPDATE=1` they become the table.
fn document(rows: &[String]) {
    const TABLE: &str = "|---|---|---|---|---|\n";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/preflight.md");
    let text = std::fs::read_to_string(&path).unwrap();
    if std::env::var_os("EVENKEEL_UPDATE").is_some() {
        let (head, rest) = text.split_once(TABLE).unwrap();
        let (_, tail) = rest.split_once("\n\n").unwrap();
        std::fs::write(&path, format!("{head}{TABLE}{}\n\n{tail}", rows.join("\n"))).unwrap();
        return;
    }
    let missing: Vec<&String> = rows.iter().filter(|row| !text.contains(row.as_str())).collect();
    assert!(missing.is_empty(), "docs/preflight.md says otherwise; EVENKEEL_UPDATE=1 writes it anew: {missing:#?}");
}

#[tokio::test]
async fn preflight_of_twelve_services_is_quick() {
    let bench = Bench::open("ek-preflight-12").await;
    let services: String = (0..12)
        .map(|number| {
            let before = number - 1;
            let waits = if number > 0 { format!("depends_on: {{ s{before}: {{ condition: service_healthy }} }}, ") } else { String::new() };
            format!(
                "  s{number}: {{ image: 'evenkeel/busybox:1.35', command: [sleep, '60'], {waits}healthcheck: {{ test: [CMD, 'true'] }}, \
                 ports: ['{}:80'], networks: [n{}], volumes: ['v{number}:/v', '/tmp:/host'], mem_limit: 64m }}\n",
                41_200 + number,
                number % 3
            )
        })
        .collect();
    let networks: String = (0..3)
        .map(|number| format!("  n{number}: {{ ipam: {{ config: [{{ subnet: 10.215.{number}.0/24 }}] }} }}\n"))
        .collect();
    let volumes: String = (0..12).map(|number| format!("  v{number}: {{}}\n")).collect();
    let compose = format!("services:\n{services}networks:\n{networks}volumes:\n{volumes}");
    let body = json!({ "definition": bench.daemon.definition(&compose) });
    let mut took = Vec::new();
    for _ in 0..9 {
        let began = Instant::now();
        let plan = bench.daemon.api.post("/v1/stacks/ek-preflight-12/plan", &body).await.ok();
        took.push(began.elapsed());
        let creates = plan["steps"].as_array().unwrap().iter().filter(|step| step["action"] == "create");
        assert_eq!(creates.count(), 12 + 3 + 12, "{plan:#}");
        let errors = plan["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] == "error");
        assert_eq!(errors.count(), 0, "{plan:#}");
    }
    took.sort();
    println!("load, plan and preflight of 12 services: median {:?}, best {:?}, worst {:?}", took[4], took[0], took[8]);
    // The machine may be busy with other work: the best of nine tells what it takes.
    assert!(took[0] < SOON, "{took:?}");
    bench.close().await;
}
