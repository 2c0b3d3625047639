//! The daemon's wiring: store, engine, loop and API, from the first to the last moment. It takes no decision of its own.

use crate::config::Config;
use crate::docker_host;
use anyhow::Context as _;
use evenkeel_api::{ApiState, Listeners, Settings, Socket};
use evenkeel_cli::EngineKind;
use evenkeel_control::{Clock, Control, Options};
use evenkeel_engine::Engine;
use evenkeel_engine::docker::{Bounds, Docker};
use evenkeel_engine::sim::{Sim, SimOptions};
use evenkeel_store::{Kept, Store};
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Runs the daemon until it is told to end.
///
/// # Errors
/// Why it could not begin, for people. Nothing was done on the engine then.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    // Before anything else, so that a signal during the start ends it in order too.
    let signals = Signals::listen().context("signals cannot be listened to")?;
    let store = Store::open_with(&config.state_dir, kept(&config)).await?;
    let bound = listeners(&config).bind().await?;
    let has_tokens = store.tokens().await?.iter().any(|token| token.revoked_at.is_none());
    if let Some(address) = bound.tcp_address()
        && !has_tokens
    {
        let socket = config.socket.path.display();
        tracing::warn!(
            "there is no token yet, so nobody can use http://{address}; make one with \
             `evenkeel --host unix://{socket} token create --name NAME`"
        );
    }

    let clock = Clock::wall();
    let options = Options { clock: clock.clone(), operation_deadline: config.limits.operation_timeout };
    let control = Control::start(engine(&config)?, store, options).await?;
    let shutdown = CancellationToken::new();
    let state = ApiState::new(control.clone(), settings(&config, clock), shutdown.clone());
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        state_dir = %config.state_dir.display(),
        stacks = control.names().len(),
        "evenkeel is up"
    );

    let ending = tokio::spawn(signals.wait(shutdown.clone()));
    evenkeel_api::serve(bound, state, shutdown).await;
    control.stop().await;
    ending.abort();
    tracing::info!("evenkeel has ended; the stacks run on");
    Ok(())
}

fn kept(config: &Config) -> Kept {
    let most = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let history = &config.history;
    Kept { history: most(history.entries), operations: most(history.operations), revisions: most(history.revisions) }
}

fn listeners(config: &Config) -> Listeners {
    let socket = &config.socket;
    Listeners {
        unix: Some(Socket { path: socket.path.clone(), mode: socket.mode, group: socket.group.clone() }),
        tcp: config.listen,
    }
}

fn settings(config: &Config, clock: Clock) -> Settings {
    Settings {
        body_limit_bytes: config.limits.body_bytes,
        state_dir: config.state_dir.clone(),
        most_services: config.limits.services,
        most_streams: config.limits.streams,
        operation_deadline: config.limits.operation_timeout,
        allowed_hosts: config.allowed_hosts.clone(),
        clock,
        ..Settings::default()
    }
}

fn engine(config: &Config) -> anyhow::Result<Arc<dyn Engine>> {
    match config.engine.kind {
        EngineKind::Docker => {
            let host = docker_host::find(config.engine.host.as_deref())?;
            let defaults = Bounds::default();
            let bounds = Bounds {
                starts: config.engine.starts.unwrap_or(defaults.starts),
                transfers: config.engine.transfers.unwrap_or(defaults.transfers),
            };
            tracing::info!(host = host.as_deref().unwrap_or("the local socket"), "the engine is Docker");
            let docker = Docker::connect(host.as_deref(), bounds).context("the Docker engine cannot be used")?;
            Ok(Arc::new(docker))
        }
        EngineKind::Sim => {
            tracing::info!("the engine is simulated: nothing runs, and nothing is kept when this ends");
            Ok(Arc::new(Sim::new(SimOptions { started_at: Clock::wall().now(), ..SimOptions::default() })))
        }
    }
}

/// The signals that end the daemon.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The first signal ends the daemon in order; a second one at once.
    async fn wait(mut self, shutdown: CancellationToken) {
        self.next().await;
        tracing::info!("asked to end; once more ends at once");
        shutdown.cancel();
        self.next().await;
        std::process::exit(130);
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
