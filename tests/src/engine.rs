//! The machine's engine, spoken to directly: to break things behind the daemon's back, and to see what is really there.

use crate::{Answer, Http};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// The Docker Engine API of this machine.
pub struct DockerApi {
    http: Http,
}

impl DockerApi {
    /// The engine on the socket that `DOCKER_HOST` names, or else on the default one.
    ///
    /// # Panics
    /// Where none answers: these tests cannot do without one.
    pub async fn connect() -> Self {
        let host = std::env::var("DOCKER_HOST").unwrap_or_default();
        Self::at(host.strip_prefix("unix://").unwrap_or("/var/run/docker.sock")).await
    }

    /// The engine on a socket.
    ///
    /// # Panics
    /// Where none answers.
    pub async fn at(socket: &str) -> Self {
        let http = Http::over(Path::new(socket));
        let answer = http.try_send("GET", "/_ping", None).await;
        assert!(
            answer.is_some_and(|answer| answer.status == 200),
            "no Docker engine answers on {socket}; `make test` starts one"
        );
        Self { http }
    }

    /// Containers of a project, running or not, with the engine's own fields.
    pub async fn containers(&self, project: &str) -> Vec<Value> {
        self.containers_with(&format!("com.docker.compose.project={project}")).await
    }

    /// Containers with a label (`name` or `name=value`), running or not, with the engine's own fields.
    pub async fn containers_with(&self, label: &str) -> Vec<Value> {
        let filters = json!({ "label": [label] }).to_string();
        let path = format!("/containers/json?all=true&filters={}", percent(&filters));
        self.http.get(&path).await.as_array().cloned().unwrap_or_default()
    }

    /// The names of a project's networks or volumes (`networks`, `volumes`).
    pub async fn names(&self, kind: &str, project: &str) -> Vec<String> {
        let filters = json!({ "label": [format!("com.docker.compose.project={project}")] }).to_string();
        let answer = self.http.get(&format!("/{kind}?filters={}", percent(&filters))).await;
        let list = if kind == "volumes" { answer["Volumes"].clone() } else { answer };
        let list = list.as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|one| one["Name"].as_str().map(str::to_owned)).collect()
    }

    /// Everything about a container; null where there is none.
    pub async fn inspect(&self, container: &str) -> Value {
        let answer = self.http.send("GET", &format!("/containers/{container}/json"), None).await;
        if answer.status == 404 { Value::Null } else { answer.ok() }
    }

    /// Everything about the containers of a project, by service. `None` where the engine does not answer soon.
    pub async fn project(&self, project: &str) -> Option<Vec<(String, Value)>> {
        let filters = json!({ "label": [format!("com.docker.compose.project={project}")] }).to_string();
        let list = self.soon(&format!("/containers/json?all=true&filters={}", percent(&filters))).await?;
        let mut containers = Vec::new();
        for one in list.as_array()? {
            let inspect = self.soon(&format!("/containers/{}/json", one["Id"].as_str()?)).await?;
            containers.push((one["Labels"]["com.docker.compose.service"].as_str()?.to_owned(), inspect));
        }
        Some(containers)
    }

    async fn soon(&self, path: &str) -> Option<Value> {
        let answer = tokio::time::timeout(Duration::from_secs(3), self.http.try_send("GET", path, None)).await;
        answer.ok()?.filter(|answer| answer.status == 200).map(|answer| answer.body)
    }

    /// The exit code of a command in a container; `None` where it cannot be run, or does not end soon.
    pub async fn exec(&self, container: &str, command: &[&str]) -> Option<i64> {
        let ended = async {
            let body = json!({ "Cmd": command, "AttachStdout": true });
            let made = self.http.try_send("POST", &format!("/containers/{container}/exec"), Some(&body)).await?;
            let id = made.body["Id"].as_str()?.to_owned();
            // The answer ends with the command.
            self.http.try_send("POST", &format!("/exec/{id}/start"), Some(&json!({ "Detach": false }))).await?;
            let after = self.http.try_send("GET", &format!("/exec/{id}/json"), None).await?;
            after.body["ExitCode"].as_i64()
        };
        tokio::time::timeout(Duration::from_secs(10), ended).await.ok()?
    }

    /// `GET`, of something that is there.
    pub async fn get(&self, path: &str) -> Value {
        self.http.get(path).await
    }

    /// Runs a container whose process holds a TCP port of the engine's host, and waits until it does.
    pub async fn hold_port(&self, name: &str, port: u16) {
        let command = ["httpd", "-f", "-p", &port.to_string()].map(str::to_owned);
        let body = json!({ "Image": "evenkeel/busybox:1.35", "Cmd": command, "HostConfig": { "NetworkMode": "host" } });
        self.http.post(&format!("/containers/create?name={name}"), &body).await.ok();
        self.call("POST", &format!("/containers/{name}/start")).await;
        let listens = format!("until nc -w 1 127.0.0.1 {port} < /dev/null; do sleep 0.1; done");
        assert_eq!(self.exec(name, &["sh", "-c", &listens]).await, Some(0), "{name} does not listen on {port}");
    }

    /// `POST`, which must succeed.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        self.http.post(path, body).await.ok()
    }

    /// Any request, and whatever the answer is.
    pub async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.http.send(method, path, body).await
    }

    /// Any request whose answer is read as a text.
    pub async fn text(&self, method: &str, path: &str, body: Option<&Value>) -> Result<String, String> {
        match self.http.try_text(method, path, body).await {
            None => Err(format!("{method} {path}: no answer")),
            Some((status, text)) if status >= 300 => Err(format!("{method} {path}: {status} {text}")),
            Some((_, text)) => Ok(text),
        }
    }

    /// A response whose body is read as it comes, of what the filters let through.
    pub async fn stream(&self, path: &str, filters: &Value) -> reqwest::Response {
        self.http.stream(&format!("{path}?filters={}", percent(&filters.to_string()))).await
    }

    /// `docker kill`.
    pub async fn kill(&self, container: &str) {
        self.call("POST", &format!("/containers/{container}/kill")).await;
    }

    /// `docker stop`, without grace.
    pub async fn stop(&self, container: &str) {
        self.call("POST", &format!("/containers/{container}/stop?t=0")).await;
    }

    /// `docker stop`, then `docker rm`.
    pub async fn end(&self, container: String) {
        self.call("POST", &format!("/containers/{container}/stop")).await;
        self.call("DELETE", &format!("/containers/{container}")).await;
    }

    /// `docker pause`.
    pub async fn pause(&self, container: &str) {
        self.call("POST", &format!("/containers/{container}/pause")).await;
    }

    /// `docker rm -f`.
    pub async fn remove(&self, container: &str) {
        self.call("DELETE", &format!("/containers/{container}?force=true")).await;
    }

    /// `docker network disconnect -f` of every container, then `docker network rm`.
    pub async fn remove_network(&self, network: &str) {
        self.free_endpoints(network).await;
        self.call("DELETE", &format!("/networks/{network}")).await;
    }

    /// `docker network connect`, without an alias.
    pub async fn connect_network(&self, network: &str, container: &str) {
        self.post(&format!("/networks/{network}/connect"), &json!({ "Container": container })).await;
    }

    /// `docker network disconnect -f`.
    pub async fn disconnect_network(&self, network: &str, container: &str) {
        self.post(&format!("/networks/{network}/disconnect"), &json!({ "Container": container, "Force": true })).await;
    }

    /// Creates a network with a subnet.
    pub async fn create_network(&self, name: &str, subnet: &str) {
        let body = json!({ "Name": name, "IPAM": { "Config": [{ "Subnet": subnet }] } });
        self.http.post("/networks/create", &body).await.ok();
    }

    /// Creates a container of an image, without starting it.
    pub async fn create(&self, name: &str, image: &str) {
        let body = json!({ "Image": image, "Cmd": ["sleep", "600"] });
        self.http.post(&format!("/containers/create?name={name}"), &body).await.ok();
    }

    /// A `DELETE` of something that may not be there.
    pub async fn discard(&self, path: &str) {
        self.http.send("DELETE", path, None).await;
    }

    /// The projects whose names begin so, of which anything is there.
    pub async fn projects(&self, prefix: &str) -> Vec<String> {
        const LABEL: &str = "com.docker.compose.project";
        let filters = percent(&json!({ "label": [LABEL] }).to_string());
        let networks = self.http.get(&format!("/networks?filters={filters}")).await;
        let volumes = self.http.get(&format!("/volumes?filters={filters}")).await["Volumes"].clone();
        let lists = [self.containers_with(LABEL).await.into(), networks, volumes];
        let objects = lists.iter().filter_map(Value::as_array).flatten();
        let names = objects.filter_map(|object| object["Labels"][LABEL].as_str());
        names.filter(|name| name.starts_with(prefix)).map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Removes whatever an earlier, broken-off run of a test has left of a project. Whether a network had endpoints of containers that were gone.
    pub async fn sweep(&self, project: &str) -> bool {
        for container in self.containers(project).await {
            self.discard(&format!("/containers/{}?force=true&v=true", container["Id"].as_str().unwrap())).await;
        }
        let mut held = false;
        for network in self.names("networks", project).await {
            held |= self.free_endpoints(&network).await;
            self.discard(&format!("/networks/{network}")).await;
        }
        for volume in self.names("volumes", project).await {
            self.discard(&format!("/volumes/{volume}")).await;
        }
        held
    }

    /// `docker network disconnect -f` of everything on a network, by the endpoints' names: those of containers that are gone have no other. Whether there was anything.
    async fn free_endpoints(&self, network: &str) -> bool {
        let found = self.ask("GET", &format!("/networks/{network}"), None).await;
        let endpoints: Vec<&Value> =
            found.body["Containers"].as_object().into_iter().flat_map(|map| map.values()).collect();
        for endpoint in &endpoints {
            let request = json!({ "Container": endpoint["Name"], "Force": true });
            self.ask("POST", &format!("/networks/{network}/disconnect"), Some(&request)).await;
        }
        !endpoints.is_empty()
    }

    async fn call(&self, method: &str, path: &str) {
        let answer = self.http.send(method, path, None).await;
        assert!(answer.status < 300 || answer.status == 304, "{method} {path}: {} {}", answer.status, answer.body);
    }
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
