//! The connection to one engine: requests counted, bounded, timed and named in the log. Knows no object of the engine.

use super::convert_error::Failure;
use super::endings::Endings;
use super::turns::Turns;
use crate::Error;
use bollard::BollardRequest;
use futures::FutureExt;
use http_body_util::BodyExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Seconds that an ordinary request may take until its answer begins.
const TIMEOUT_S: u64 = 60;
/// Requests in flight that are neither starts nor transfers. A unix socket takes a connection for each.
const OTHERS: usize = 64;

/// How much may be asked of an engine at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Containers being created or started: these cost the engine CPU, which is used up at about twice the cores. Twice as many end at a time.
    pub starts: usize,
    /// Pulls and builds.
    pub transfers: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { starts: cores * 2, transfers: 4 }
    }
}

/// Where the engine listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// A unix socket.
    Unix(PathBuf),
    /// `host:port`, plain HTTP.
    Tcp(String),
}

/// Which bound a request counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Starts and creations, which cost the engine CPU.
    Start,
    /// All other short requests.
    Other,
    /// Pulls and builds, which take minutes.
    Transfer,
    /// Streams that stay open: not bounded, or they would starve the rest.
    Stream,
}

/// A client of one engine. It is built when it is first needed, because the engine may not be there yet.
pub(super) struct Client {
    host: Host,
    built: Mutex<Option<bollard::Docker>>,
    calls: Arc<AtomicU64>,
    starts: Semaphore,
    others: Semaphore,
    transfers: Semaphore,
    turns: Turns,
    endings: Endings,
}

impl Client {
    pub(super) fn new(host: Host, bounds: Bounds) -> Self {
        Self {
            host,
            built: Mutex::new(None),
            calls: Arc::default(),
            starts: Semaphore::new(bounds.starts.max(1)),
            others: Semaphore::new(OTHERS),
            transfers: Semaphore::new(bounds.transfers.max(1)),
            turns: Turns::new(bounds.starts),
            endings: Endings::new(bounds.starts * 2),
        }
    }

    /// When starts may begin: together, and yet one after another.
    pub(super) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// How many containers end at a time. An end costs the engine half of a start.
    pub(super) fn endings(&self) -> &Endings {
        &self.endings
    }

    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    /// Requests sent so far.
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// bollard's client, for streams; single requests go through [`Client::call`].
    pub(super) fn docker(&self) -> Result<bollard::Docker, Failure> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(docker) = &*built {
            return Ok(docker.clone());
        }
        let docker = match &self.host {
            Host::Unix(path) => {
                bollard::Docker::connect_with_unix(&path.to_string_lossy(), TIMEOUT_S, bollard::API_DEFAULT_VERSION)
            }
            Host::Tcp(address) => bollard::Docker::connect_with_http(address, TIMEOUT_S, bollard::API_DEFAULT_VERSION),
        }
        .map_err(|error| Failure::of(&error))?;
        let calls = Arc::clone(&self.calls);
        let docker = docker.with_request_modifier(move |request| {
            calls.fetch_add(1, Ordering::Relaxed);
            request
        });
        *built = Some(docker.clone());
        Ok(docker)
    }

    /// Sends one request within its lane's bound. `what` names it in the log; bodies are never logged.
    pub(super) async fn call<T, F>(
        &self,
        lane: Lane,
        what: &str,
        send: impl FnOnce(bollard::Docker) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, bollard::errors::Error>>,
    {
        let docker = self.docker()?;
        let _permit = self.permit(lane).await;
        let began = Instant::now();
        let result = send(docker).await.map_err(|error| Failure::of(&error));
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &result {
            Ok(_) => tracing::debug!(call = what, took_ms, "engine call"),
            Err(failure) => tracing::debug!(call = what, took_ms, %failure, "engine call failed"),
        }
        result
    }

    /// Waits until the lane has room. `None` where the lane has no bound.
    pub(super) async fn permit(&self, lane: Lane) -> Option<SemaphorePermit<'_>> {
        let semaphore = match lane {
            Lane::Start => &self.starts,
            Lane::Other => &self.others,
            Lane::Transfer => &self.transfers,
            Lane::Stream => return None,
        };
        // The semaphores live as long as the client and are never closed.
        semaphore.acquire().await.ok()
    }

    /// The client with further fields in the bodies that it sends: for what older engines take and bollard's models no
    /// longer have (`CheckDuplicate`, the container's `MacAddress`).
    pub(super) fn with_fields(
        &self,
        docker: bollard::Docker,
        fields: serde_json::Map<String, serde_json::Value>,
    ) -> bollard::Docker {
        let calls = Arc::clone(&self.calls);
        docker.with_request_modifier(move |request| {
            calls.fetch_add(1, Ordering::Relaxed);
            add_fields(request, &fields)
        })
    }

    /// The client with further parameters in its queries: for those that the API takes more than once and bollard once.
    pub(super) fn with_parameters(&self, docker: bollard::Docker, parameters: &[(&str, &str)]) -> bollard::Docker {
        if parameters.is_empty() {
            return docker;
        }
        let (calls, further) = (Arc::clone(&self.calls), query(parameters));
        docker.with_request_modifier(move |request| {
            calls.fetch_add(1, Ordering::Relaxed);
            add_parameters(request, &further)
        })
    }
}

/// A client whose requests may take this long: `stop` answers only when the container has ended, a build when the context has
/// been read.
pub(super) fn patient(docker: bollard::Docker, timeout: Duration) -> bollard::Docker {
    docker.with_timeout(timeout)
}

/// Adds parameters to a request's query.
fn add_parameters(mut request: BollardRequest, further: &str) -> BollardRequest {
    let uri = request.uri();
    let separator = if uri.query().is_some() { '&' } else { '?' };
    if let Ok(longer) = format!("{uri}{separator}{further}").parse() {
        *request.uri_mut() = longer;
    }
    request
}

/// `name=value&…`, percent-encoded.
fn query(parameters: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        text.bytes().fold(String::new(), |mut encoded, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                encoded.push_str(&format!("%{byte:02X}"));
            }
            encoded
        })
    };
    let pairs = parameters.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn add_fields(request: BollardRequest, fields: &serde_json::Map<String, serde_json::Value>) -> BollardRequest {
    let (parts, body) = request.into_parts();
    // A body made from a value is whole in memory, so that collecting it never waits.
    let bytes = match body.collect().now_or_never() {
        Some(Ok(collected)) => collected.to_bytes(),
        Some(Err(_)) | None => bytes::Bytes::new(),
    };
    let patched = match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&bytes) {
        Ok(mut object) => {
            object.extend(fields.clone());
            serde_json::to_vec(&object).map_or(bytes, bytes::Bytes::from)
        }
        Err(_) => bytes,
    };
    BollardRequest::from_parts(parts, bollard::body_full(patched))
}

impl Host {
    /// Reads what `DOCKER_HOST` holds; `None` is the usual socket.
    pub(super) fn parse(text: Option<&str>) -> Result<Self, Error> {
        let text = text.map(str::trim).filter(|text| !text.is_empty()).unwrap_or("unix:///var/run/docker.sock");
        let tcp = text.strip_prefix("tcp://").or_else(|| text.strip_prefix("http://"));
        if let Some(path) = text.strip_prefix("unix://") {
            if path.starts_with('/') {
                return Ok(Self::Unix(PathBuf::from(path)));
            }
        } else if let Some(address) = tcp {
            let address = address.trim_end_matches('/');
            if !address.is_empty() {
                return Ok(Self::Tcp(if address.contains(':') {
                    address.to_owned()
                } else {
                    format!("{address}:2375")
                }));
            }
        } else if text.starts_with('/') {
            return Ok(Self::Unix(PathBuf::from(text)));
        }
        Err(Error::Rejected {
            message: format!(
                "the engine's address `{text}` is not supported: use unix:///path/to/docker.sock or tcp://host:port \
                 (for ssh:// or TLS, forward the engine's socket: ssh -L /run/remote.sock:/var/run/docker.sock HOST)"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_encoded() {
        assert_eq!(query(&[("extrahosts", "a:1.2.3.4"), ("x", "é &")]), "extrahosts=a%3A1.2.3.4&x=%C3%A9%20%26");
    }

    #[test]
    fn hosts() {
        let unix = |path: &str| Some(Host::Unix(PathBuf::from(path)));
        for (text, expected) in [
            (None, unix("/var/run/docker.sock")),
            (Some(""), unix("/var/run/docker.sock")),
            (Some("unix:///run/user/1000/docker.sock"), unix("/run/user/1000/docker.sock")),
            (Some("/tmp/e.sock"), unix("/tmp/e.sock")),
            (Some("tcp://10.0.0.1:2376"), Some(Host::Tcp("10.0.0.1:2376".to_owned()))),
            (Some("tcp://engine"), Some(Host::Tcp("engine:2375".to_owned()))),
            (Some("http://10.0.0.1:1/"), Some(Host::Tcp("10.0.0.1:1".to_owned()))),
            (Some("ssh://me@there"), None),
            (Some("unix://relative"), None),
            (Some("tcp://"), None),
        ] {
            assert_eq!(Host::parse(text).ok(), expected, "{text:?}");
        }
    }
}
