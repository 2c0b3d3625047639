//! What is spoken, from what can be seen: a scheme, a well-known port, an image, a variable's name.

use evenkeel_model::{ApplicationProtocol as Protocol, Service};

/// The protocol of an address of a service. `words` is the name of the variable that has it, or nothing.
pub(super) fn of(scheme: Option<&str>, port: Option<u16>, to: &Service, words: &str) -> Protocol {
    let by_image = by_image(to);
    match scheme.and_then(by_scheme) {
        // An object store is addressed by HTTP, and answers more than that.
        Some(Protocol::Http | Protocol::Https) if by_image == Some(Protocol::S3) => Protocol::S3,
        Some(protocol) => protocol,
        None => match port {
            Some(port) => by_port(port, by_image).or(by_image).or_else(|| by_words(words)).unwrap_or(Protocol::Tcp),
            None => by_image.or_else(|| by_words(words)).unwrap_or(Protocol::Tcp),
        },
    }
}

/// The port that is meant where none is written: the scheme's, the service's only one, or the usual one.
pub(super) fn port(scheme: Option<&str>, to: &Service) -> Option<u16> {
    if let Some(protocol) = scheme.and_then(by_scheme) {
        return protocol.default_port();
    }
    let spec = &to.container;
    let mut ports: Vec<u16> = spec.ports.iter().map(|port| port.target).collect();
    ports.extend(spec.expose.iter().map(|(port, _)| *port));
    ports.sort_unstable();
    ports.dedup();
    match (by_image(to).and_then(Protocol::default_port), &ports[..]) {
        (_, [only]) => Some(*only),
        (usual, _) => usual,
    }
}

/// A scheme may have parts: `db+postgresql`, `postgresql+psycopg2`.
fn by_scheme(scheme: &str) -> Option<Protocol> {
    scheme.split('+').find_map(|part| {
        Some(match part.to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" => Protocol::Postgresql,
            "mysql" | "mysql2" | "mariadb" => Protocol::Mysql,
            "mongodb" => Protocol::Mongodb,
            "redis" | "rediss" | "valkey" => Protocol::Redis,
            "memcached" | "memcache" => Protocol::Memcached,
            "amqp" | "amqps" | "pyamqp" => Protocol::Amqp,
            "kafka" => Protocol::Kafka,
            "zookeeper" | "zk" => Protocol::Zookeeper,
            "nats" => Protocol::Nats,
            "spark" => Protocol::Spark,
            "hdfs" => Protocol::Hdfs,
            "http" | "ws" | "webhdfs" => Protocol::Http,
            "https" | "wss" => Protocol::Https,
            "tcp" => Protocol::Tcp,
            _ => return None,
        })
    })
}

fn by_port(port: u16, image: Option<Protocol>) -> Option<Protocol> {
    Some(match port {
        5432 => Protocol::Postgresql,
        3306 => Protocol::Mysql,
        27017..=27019 => Protocol::Mongodb,
        6379 => Protocol::Redis,
        11211 => Protocol::Memcached,
        5672 => Protocol::Amqp,
        9092..=9094 | 19092 | 29092 => Protocol::Kafka,
        2181 => Protocol::Zookeeper,
        4222 => Protocol::Nats,
        7077 => Protocol::Spark,
        443 | 8443 => Protocol::Https,
        // Also what a database's image is asked for on such a port is its web page.
        80 | 3000 | 5000 | 8000..=8019 | 8021..=8999 | 9200 | 9870 => match image {
            Some(Protocol::S3) => Protocol::S3,
            _ => Protocol::Http,
        },
        _ => return None,
    })
}

/// What the official image of a kind serves, by the last part of the image's name.
fn by_image(service: &Service) -> Option<Protocol> {
    let image = service.container.image.as_ref()?.as_str();
    let name = image.split('@').next()?.rsplit('/').next()?.split(':').next()?;
    [
        ("postgres", Protocol::Postgresql),
        ("postgis", Protocol::Postgresql),
        ("pgvector", Protocol::Postgresql),
        ("timescaledb", Protocol::Postgresql),
        ("mysql", Protocol::Mysql),
        ("mariadb", Protocol::Mysql),
        ("mongo", Protocol::Mongodb),
        ("redis", Protocol::Redis),
        ("valkey", Protocol::Redis),
        ("memcached", Protocol::Memcached),
        ("rabbitmq", Protocol::Amqp),
        ("zookeeper", Protocol::Zookeeper),
        ("cp-kafka", Protocol::Kafka),
        ("kafka", Protocol::Kafka),
        ("nats", Protocol::Nats),
        ("minio", Protocol::S3),
        ("s3", Protocol::S3),
        ("namenode", Protocol::Hdfs),
        ("hadoop-namenode", Protocol::Hdfs),
    ]
    .into_iter()
    .find_map(|(known, protocol)| (name == known).then_some(protocol))
}

fn by_words(variable: &str) -> Option<Protocol> {
    variable.split(|letter: char| !letter.is_ascii_alphanumeric()).find_map(|word| {
        Some(match word.to_ascii_lowercase().as_str() {
            "pg" | "pghost" | "postgres" | "postgresql" => Protocol::Postgresql,
            "mysql" | "mariadb" => Protocol::Mysql,
            "mongo" | "mongodb" => Protocol::Mongodb,
            "redis" => Protocol::Redis,
            "memcached" => Protocol::Memcached,
            "amqp" | "rabbitmq" => Protocol::Amqp,
            "kafka" | "bootstrap" => Protocol::Kafka,
            "zookeeper" | "zk" => Protocol::Zookeeper,
            "s3" | "minio" => Protocol::S3,
            "http" | "url" => Protocol::Http,
            _ => return None,
        })
    })
}
