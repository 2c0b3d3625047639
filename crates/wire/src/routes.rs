//! The routes of the API as templates, in one list that the server and its clients share.

/// `GET`: the process is alive. Needs no token.
pub const HEALTHZ: &str = "/healthz";
/// `GET`: engine and store can be reached: [`crate::Readiness`], 200 or 503. Needs no token.
pub const READYZ: &str = "/readyz";
/// `GET`: Prometheus text.
pub const METRICS: &str = "/metrics";
/// `GET`: the OpenAPI document.
pub const OPENAPI: &str = "/openapi.json";
/// `GET`: the OpenAPI document as pages for people.
pub const DOCS: &str = "/docs/";

/// `GET`: [`crate::Version`].
pub const VERSION: &str = "/v1/version";
/// `GET`: [`crate::Doctor`].
pub const DOCTOR: &str = "/v1/doctor";
/// `GET`: [`crate::Health`]; has an `ETag`.
pub const HEALTH: &str = "/v1/health";

/// `GET`: a list of [`crate::StackSummary`].
pub const STACKS: &str = "/v1/stacks";
/// `PUT` [`crate::Definition`] or a Compose file as `application/yaml`: [`crate::DefinitionAccepted`]. `GET`:
/// [`crate::StackDetail`]. `DELETE`: a stack that is down is forgotten: 204.
pub const STACK: &str = "/v1/stacks/{stack}";
/// `GET`: the [`crate::Plan`] for the definition in force. `POST` [`crate::PlanRequest`]: the plan for what is sent;
/// nothing is stored.
pub const PLAN: &str = "/v1/stacks/{stack}/plan";
/// `GET`: a list of [`crate::Connection`]; query [`crate::ConnectionsQuery`].
pub const CONNECTIONS: &str = "/v1/stacks/{stack}/connections";
/// `GET`: the resolved model, the document of `config --format json`.
pub const CONFIG: &str = "/v1/stacks/{stack}/config";
/// `GET`: a list of [`crate::Service`].
pub const SERVICES: &str = "/v1/stacks/{stack}/services";
/// `GET`: [`crate::Service`].
pub const SERVICE: &str = "/v1/stacks/{stack}/services/{service}";
/// `POST` [`crate::ExecRequest`]: [`crate::ExecResult`]; with `Upgrade:` [`crate::SESSION`], 101 and [`crate::Frame`]s.
pub const EXEC: &str = "/v1/stacks/{stack}/services/{service}/exec";
/// `GET`: a list of [`crate::EngineContainer`], one-off ones too, running or not.
pub const ENGINE_CONTAINERS: &str = "/v1/stacks/{stack}/engine/containers";
/// `GET`: a list of [`crate::EngineProcesses`].
pub const ENGINE_PROCESSES: &str = "/v1/stacks/{stack}/engine/processes";
/// `GET`: a list of [`crate::EngineUsage`].
pub const ENGINE_USAGE: &str = "/v1/stacks/{stack}/engine/usage";
/// `GET`: a list of [`crate::EngineImage`], one for each container.
pub const ENGINE_IMAGES: &str = "/v1/stacks/{stack}/engine/images";
/// `GET`: a list of [`crate::EngineVolume`].
pub const ENGINE_VOLUMES: &str = "/v1/stacks/{stack}/engine/volumes";
/// `POST` [`crate::RunRequest`]: [`crate::RunResult`]; with `Upgrade:` [`crate::SESSION`], 101 and [`crate::Frame`]s.
pub const RUNS: &str = "/v1/stacks/{stack}/runs";
/// `POST` [`crate::AttachRequest`] with `Upgrade:` [`crate::SESSION`]: 101 and [`crate::Frame`]s.
pub const ATTACH: &str = "/v1/stacks/{stack}/services/{service}/attach";
/// `GET`: [`crate::PathInfo`]; query [`crate::FilesQuery`].
pub const PATH: &str = "/v1/stacks/{stack}/services/{service}/path";
/// `GET`: a tar archive. `PUT` a tar archive: 204. Query [`crate::FilesQuery`].
pub const FILES: &str = "/v1/stacks/{stack}/services/{service}/files";
/// `GET`: a tar archive; query [`crate::IndexQuery`].
pub const EXPORT: &str = "/v1/stacks/{stack}/services/{service}/export";
/// `POST` [`crate::CommitRequest`]: [`crate::Committed`].
pub const COMMIT: &str = "/v1/stacks/{stack}/services/{service}/commit";
/// `GET`: a list of [`crate::Revision`], newest first.
pub const REVISIONS: &str = "/v1/stacks/{stack}/revisions";
/// `GET`: Server-Sent Events, each a [`crate::Event`]; query [`crate::StreamQuery`].
pub const STACK_EVENTS: &str = "/v1/stacks/{stack}/events";
/// `GET`: Server-Sent Events, each a [`crate::LogLine`]; query [`crate::LogsQuery`].
pub const LOGS: &str = "/v1/stacks/{stack}/logs";
/// `GET`: a list of [`crate::Event`], oldest first; query [`crate::HistoryQuery`].
pub const STACK_HISTORY: &str = "/v1/stacks/{stack}/history";

/// `POST` [`crate::UpRequest`]: 202 and [`crate::Operation`], as all that follow.
pub const UP: &str = "/v1/stacks/{stack}/up";
/// `POST` [`crate::UpRequest`]: containers are made and none is started.
pub const CREATE: &str = "/v1/stacks/{stack}/create";
/// `POST` [`crate::RmRequest`].
pub const RM: &str = "/v1/stacks/{stack}/rm";
/// `POST` [`crate::PullRequest`].
pub const PULL: &str = "/v1/stacks/{stack}/pull";
/// `POST` [`crate::BuildRequest`].
pub const BUILD: &str = "/v1/stacks/{stack}/build";
/// `POST` [`crate::DownRequest`].
pub const DOWN: &str = "/v1/stacks/{stack}/down";
/// `POST` [`crate::RestartRequest`].
pub const RESTART: &str = "/v1/stacks/{stack}/restart";
/// `POST` [`crate::StopRequest`].
pub const STOP: &str = "/v1/stacks/{stack}/stop";
/// `POST` [`crate::StartRequest`].
pub const START: &str = "/v1/stacks/{stack}/start";
/// `POST` [`crate::PauseRequest`].
pub const PAUSE: &str = "/v1/stacks/{stack}/pause";
/// `POST` [`crate::UnpauseRequest`].
pub const UNPAUSE: &str = "/v1/stacks/{stack}/unpause";
/// `POST` [`crate::ScaleRequest`].
pub const SCALE: &str = "/v1/stacks/{stack}/scale";
/// `POST` [`crate::ResetRequest`].
pub const RESET: &str = "/v1/stacks/{stack}/reset";
/// `POST` [`crate::RollbackRequest`].
pub const ROLLBACK: &str = "/v1/stacks/{stack}/rollback";
/// `POST` [`crate::KillRequest`]: [`crate::Killed`].
pub const KILL: &str = "/v1/stacks/{stack}/kill";
/// `POST` [`crate::HoldRequest`]: [`crate::StackSummary`].
pub const HOLD: &str = "/v1/stacks/{stack}/hold";
/// `POST` [`crate::ReleaseRequest`]: [`crate::StackSummary`].
pub const RELEASE: &str = "/v1/stacks/{stack}/release";

/// `GET`: Server-Sent Events of all stacks, each a [`crate::Event`]; query [`crate::StreamQuery`].
pub const EVENTS: &str = "/v1/events";
/// `GET`: a list of [`crate::Event`] of all stacks, oldest first; query [`crate::HistoryQuery`].
pub const HISTORY: &str = "/v1/history";
/// `GET`: a list of [`crate::Operation`] without steps, newest first; query [`crate::OperationsQuery`].
pub const OPERATIONS: &str = "/v1/operations";
/// `GET`: [`crate::Operation`] with its steps.
pub const OPERATION: &str = "/v1/operations/{id}";

/// `GET`: a list of [`crate::Token`]. `POST` [`crate::CreateToken`]: [`crate::TokenCreated`].
pub const TOKENS: &str = "/v1/tokens";
/// `DELETE`: the token is refused from now on.
pub const TOKEN: &str = "/v1/tokens/{id}";
/// `GET`: a list of [`crate::AuditEntry`], newest first; query [`crate::AuditQuery`].
pub const AUDIT: &str = "/v1/audit";

/// Fills the `{…}` of a template from left to right, each value percent-encoded as one path segment.
pub fn fill(template: &str, values: &[&str]) -> String {
    let mut path = String::with_capacity(template.len() + 16);
    let mut values = values.iter();
    for (number, part) in template.split('{').enumerate() {
        match part.split_once('}') {
            Some((_, rest)) if number > 0 => {
                values.next().into_iter().for_each(|value| encode(value, &mut path));
                path.push_str(rest);
            }
            _ => path.push_str(part),
        }
    }
    path
}

fn encode(value: &str, path: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' | b'.' => path.push(char::from(byte)),
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_from_left_to_right() {
        for (template, values, path) in [
            (STACKS, &[][..], "/v1/stacks"),
            (UP, &["shop"][..], "/v1/stacks/shop/up"),
            (SERVICE, &["shop", "web"][..], "/v1/stacks/shop/services/web"),
            (STACK, &["a/../b c"][..], "/v1/stacks/a%2F..%2Fb%20c"),
        ] {
            assert_eq!(fill(template, values), path);
        }
    }
}
