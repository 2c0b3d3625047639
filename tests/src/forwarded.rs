//! This machine's engine behind a TCP address, as one of another machine is: a daemon that is given it can enter nothing on its host.

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, UnixStream};
use tokio::task::JoinHandle;

/// A forwarded engine, until it is dropped.
pub struct Forwarded {
    host: String,
    task: JoinHandle<()>,
}

impl Forwarded {
    /// Forwards the engine on the socket that `DOCKER_HOST` names, or else on the default one.
    ///
    /// # Panics
    /// Where no port is to be had.
    pub async fn open() -> Self {
        let socket = std::env::var("DOCKER_HOST").unwrap_or_default();
        let socket = socket.strip_prefix("unix://").unwrap_or("/var/run/docker.sock").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = format!("tcp://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let socket = socket.clone();
                tokio::spawn(async move {
                    if let Ok(mut engine) = UnixStream::connect(socket).await {
                        let _ = copy_bidirectional(&mut client, &mut engine).await;
                    }
                });
            }
        });
        Self { host, task }
    }

    /// What `DOCKER_HOST` holds for it.
    pub fn host(&self) -> String {
        self.host.clone()
    }
}

impl Drop for Forwarded {
    fn drop(&mut self) {
        self.task.abort();
    }
}
