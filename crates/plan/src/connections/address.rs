//! Addresses in a text: `host:port`, URLs, lists of both. Nothing here knows which hosts there are.

/// A host that a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// What stands before `://`, without what stands before a colon there: `postgresql` of `jdbc:postgresql://…`.
    pub(super) scheme: Option<&'a str>,
    pub(super) host: &'a str,
    pub(super) port: Option<u16>,
    /// Whether the word before says that this is a host: `-h db`, `--host db`.
    pub(super) called_host: bool,
}

/// Schemes whose authority is no host: buckets, files.
const WITHOUT_HOST: [&str; 8] = ["s3", "s3a", "s3n", "gs", "abfs", "file", "unix", "dbfs"];
const HOST_FLAGS: [&str; 5] = ["-h", "-H", "--host", "--hostname", "--server"];
const PORT_FLAGS: [&str; 3] = ["-p", "-P", "--port"];

/// All that might be an address, in the order of the text. A word alone counts as a host without a port; it is for the
/// caller to know whether it is one.
pub(super) fn addresses(text: &str) -> Vec<Address<'_>> {
    let words: Vec<&str> = text.split(between_words).filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| words[before]);
        let first = found.len();
        of_word(word, &mut found);
        for address in &mut found[first..] {
            address.called_host |= before.is_some_and(|before| HOST_FLAGS.contains(&before));
            if address.port.is_none() && address.scheme.is_none() {
                address.port = port_after(&words[place + 1..]);
            }
        }
    }
    found
}

fn between_words(letter: char) -> bool {
    letter.is_whitespace() || "\"'`()[]{}<>|;&".contains(letter)
}

/// `nc db 5432`, `mysql -h db -P 3306`: the port that stands in a word of its own.
fn port_after(words: &[&str]) -> Option<u16> {
    match words {
        [port, ..] if port.parse::<u16>().is_ok() => port.parse().ok(),
        words => {
            let flag = words.iter().position(|word| PORT_FLAGS.contains(word))?;
            words.get(flag + 1)?.parse().ok()
        }
    }
}

fn of_word<'a>(word: &'a str, found: &mut Vec<Address<'a>>) {
    // Bash opens a connection by this path.
    if let Some((host, port)) = word.strip_prefix("/dev/tcp/").and_then(|rest| rest.split_once('/')) {
        found.push(Address { scheme: Some("tcp"), host, port: port.parse().ok(), called_host: true });
        return;
    }
    let (flag, word) = match word.split_once('=') {
        Some((flag, value)) if !flag.contains("://") => (flag, value),
        _ => ("", word),
    };
    let mut scheme = None;
    for part in word.split(',') {
        let authority = match part.split_once("://") {
            Some((before, rest)) => {
                let start = before.rfind(|letter: char| !is_of_scheme(letter)).map_or(0, |at| at + 1);
                scheme = Some(&before[start..]);
                rest
            }
            None => part,
        };
        if scheme.is_some_and(|scheme| WITHOUT_HOST.contains(&scheme)) {
            continue;
        }
        let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().ok()),
            None => (authority, None),
        };
        if !host.is_empty() {
            found.push(Address { scheme, host, port, called_host: HOST_FLAGS.contains(&flag) });
        }
    }
}

fn is_of_scheme(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "+-.".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, wanted: &[&str]) {
        let shown = |it: &Address<'_>| {
            let scheme = it.scheme.map(|scheme| format!("{scheme}://")).unwrap_or_default();
            let port = it.port.map(|port| format!(":{port}")).unwrap_or_default();
            format!("{scheme}{}{port}{}", it.host, if it.called_host { " (host)" } else { "" })
        };
        let found: Vec<String> = addresses(text).iter().map(shown).collect();
        assert_eq!(found, wanted, "{text}");
    }

    #[test]
    fn addresses_of_a_text() {
        check("postgres:5432", &["postgres:5432"]);
        check("a:1,b:2", &["a:1", "b:2"]);
        check("redis://:@redis:6379/0", &["redis://redis:6379"]);
        check("db+postgresql://u:p%40@db/airflow", &["db+postgresql://db"]);
        check("postgresql://u:a=b@db:5432/x?sslmode=off", &["postgresql://db:5432"]);
        check("jdbc:postgresql://db:5432/x", &["postgresql://db:5432"]);
        check("mongodb://u:p@m1:1,m2:2/x?replicaSet=r", &["mongodb://m1:1", "mongodb://m2:2"]);
        check("http://es1:9200,http://es2:9200", &["http://es1:9200", "http://es2:9200"]);
        check("s3a://lake/raw", &[]);
        check("--bootstrap-server=kafka:9092", &["kafka:9092"]);
        check("--host=db", &["db (host)"]);
        check("-h db -p 5433", &["-h:5433", "db:5433 (host)", "-p:5433", "5433"]);
        check("- targets: ['kafka:9092', \"app:80\"]", &["-", "targets", "kafka:9092", "app:80"]);
        check("exec 3<>/dev/tcp/db/5432", &["exec:3", "3", "tcp://db:5432 (host)"]);
    }
}
