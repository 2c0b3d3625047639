//! Who talks to whom, over services written in one line each.

#![allow(clippy::unwrap_used)]

use evenkeel_model::*;
use evenkeel_plan::{MountedTexts, connections, credentials, sign_in};
use std::collections::BTreeMap;

/// A service: its image, and `NAME=value` variables, a `$` line for its command, `:8080` for an exposed port, `@name` for an alias.
fn service(image: &str, words: &[&str]) -> Service {
    let mut service: Service = serde_json::from_value(serde_json::json!({ "container": {}, "scale": 1 })).unwrap();
    let spec = &mut service.container;
    spec.image = Some(ImageRef::new(image));
    let mut attachment = Attachment::default();
    for word in words {
        if let Some(line) = word.strip_prefix("$ ") {
            spec.command = Some(line.split(' ').map(str::to_owned).collect());
        } else if let Some(port) = word.strip_prefix(':') {
            spec.expose.push((port.parse().unwrap(), Protocol::Tcp));
        } else if let Some(alias) = word.strip_prefix('@') {
            attachment.aliases.push(alias.to_owned());
        } else {
            let (name, value) = word.split_once('=').unwrap();
            spec.environment.insert(name.to_owned(), Some(value.to_owned()));
        }
    }
    spec.networks.insert(NetworkName::new("shop_default"), attachment);
    service
}

fn stack(web: &[&str]) -> Stack {
    let services = [
        ("web", service("shop/web", web)),
        ("db", service("postgres:16", &["@database"])),
        ("cache", service("redis:7-alpine", &[])),
        ("queue", service("rabbitmq:3-management", &[])),
        ("kafka", service("confluentinc/cp-kafka:7.5.0", &[])),
        ("zk", service("confluentinc/cp-zookeeper:7.5.0", &[])),
        ("store", service("quay.example/minio/minio:latest", &[])),
        ("spark-master", service("bitnami/spark:3", &[":8080", ":7077"])),
        ("api", service("shop/api", &[":8000"])),
    ];
    Stack {
        name: StackName::new("shop"),
        working_dir: "/shop".to_owned(),
        config_files: Vec::new(),
        env_files: Vec::new(),
        disabled: Default::default(),
        underscores: false,
        check_connections_ms: None,
        services: services.into_iter().map(|(name, service)| (ServiceName::new(name), service)).collect(),
        networks: BTreeMap::new(),
        volumes: BTreeMap::new(),
    }
}

fn shown(connection: &Connection) -> String {
    let port = connection.port.map_or("?".to_owned(), |port| port.to_string());
    let sources: Vec<String> = connection.sources.iter().map(ToString::to_string).collect();
    format!("{}:{port} {} by {}", connection.to, connection.protocol, sources.join(" and "))
}

fn check(web: &[&str], wanted: &[&str]) {
    let found: Vec<String> = connections(&stack(web), &MountedTexts::new()).iter().map(shown).collect();
    assert_eq!(found, wanted, "{web:?}");
}

#[test]
fn connections_are_read_from_variables() {
    check(&["DATABASE_URL=postgresql+psycopg2://u:p@db/shop"], &["db:5432 postgresql by variable DATABASE_URL"]);
    check(&["URL=jdbc:postgresql://database:5433/shop"], &["db:5433 postgresql by variable URL"]);
    check(&["REDIS_HOST=cache", "REDIS_PORT=6380"], &["cache:6380 redis by variable REDIS_HOST"]);
    check(&["REDIS_HOST=cache"], &["cache:6379 redis by variable REDIS_HOST"]);
    check(&["PGHOST=db", "PGPORT=5499"], &["db:5499 postgresql by variable PGHOST"]);
    check(&["BROKER=amqp://guest:guest@queue//"], &["queue:5672 amqp by variable BROKER"]);
    check(&["SERVERS=kafka:29092,localhost:9092"], &["kafka:29092 kafka by variable SERVERS"]);
    check(&["ZOOKEEPER_CONNECT=zk:2181/kafka"], &["zk:2181 zookeeper by variable ZOOKEEPER_CONNECT"]);
    check(&["S3_ENDPOINT=http://store:9000"], &["store:9000 s3 by variable S3_ENDPOINT"]);
    check(&["MASTER=spark://spark-master:7077"], &["spark-master:7077 spark by variable MASTER"]);
    check(
        &["UPSTREAM=http://api:8000/v1", "API_HOST=api"],
        &["api:8000 http by variable API_HOST and variable UPSTREAM"],
    );
    check(&["BACKEND=http://API"], &["api:80 http by variable BACKEND"]);
    check(&["THING_HOST=shop-api-1"], &["api:8000 http by variable THING_HOST"]);
}

#[test]
fn a_word_that_happens_to_be_a_name_is_no_connection() {
    check(&["POSTGRES_DB=cache", "POSTGRES_USER=api", "MODE=queue"], &[]);
    check(&["BUCKET=s3://store/raw", "FILE=file://db/x"], &[]);
    check(&["SELF=http://web:80", "OTHER_HOST=elsewhere"], &[]);
    check(&["DB_PASSWORD=db-api"], &[]);
}

#[test]
fn connections_are_read_from_commands() {
    check(&["$ wait-for-it db:5432 -- serve"], &["db:5432 postgresql by command"]);
    check(&["$ sh -c until nc -z cache 6379; do :; done"], &["cache:6379 redis by command"]);
    check(&["$ psql -h db -U api"], &["db:5432 postgresql by command"]);
    check(&["$ run --bootstrap-server=kafka:9092 --name api"], &["kafka:9092 kafka by command"]);
    check(&["$ serve api"], &[]);
}

#[test]
fn connections_are_declared_and_read_from_files() {
    let mut stack = stack(&[]);
    let web = ServiceName::new("web");
    stack.services.get_mut(&web).unwrap().wishes.connections.push(DeclaredConnection {
        to: "db".to_owned(),
        port: None,
        protocol: Some(ApplicationProtocol::Postgresql),
    });
    let text = "# kafka:9092 is for later\nscrape_configs:\n  - targets: ['api:8000', 'cache:6379']\n";
    let mounted = [(web, [("/etc/prometheus.yml".to_owned(), text.to_owned())].into())].into();
    let found: Vec<String> = connections(&stack, &mounted).iter().map(shown).collect();
    assert_eq!(
        found,
        [
            "api:8000 http by file /etc/prometheus.yml",
            "cache:6379 redis by file /etc/prometheus.yml",
            "db:5432 postgresql by declared",
        ]
    );
}

#[test]
fn credentials_are_named_and_not_shown() {
    let check = |web: &[&str], wanted: &[&str]| {
        let stack = stack(web);
        let found = connections(&stack, &MountedTexts::new());
        assert_eq!(credentials(&stack, &found[0]), wanted, "{web:?}");
    };
    check(&["DATABASE_URL=postgresql://u:p@db/shop", "DATABASE_PASSWORD=x"], &["DATABASE_URL"]);
    check(&["DB_HOST=db", "DB_USER=u", "DB_PASSWORD=p", "DB_NAME=n", "API_KEY=k"], &["DB_PASSWORD", "DB_USER"]);
    check(&["CACHE_URL=redis://cache"], &[]);
}

#[test]
fn what_is_signed_in_with() {
    let check = |web: &[&str], wanted: Option<(&str, &str)>| {
        let stack = stack(web);
        let found = sign_in(&stack, &connections(&stack, &MountedTexts::new())[0]);
        assert_eq!(found, wanted.map(|(user, password)| (user.to_owned(), password.to_owned())), "{web:?}");
    };
    check(&["URL=redis://cache"], None);
    check(&["URL=redis://:@cache"], None);
    check(&["URL=redis://:p%40ss@cache:6379/0"], Some(("", "p@ss")));
    check(&["URL=redis://me:100%@cache"], Some(("me", "100%")));
    check(&["REDIS_HOST=cache", "REDIS_PASSWORD=secret"], Some(("", "secret")));
    check(&["REDIS_HOST=cache", "REDIS_PASSWORD=", "DB_PASSWORD=x"], None);
}
