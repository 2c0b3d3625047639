//! Requests of the wire as requests of the loop. An option that the loop cannot honour is refused, never ignored.

use crate::problem::{Answer, bad_request};
use evenkeel_control::Request;
use evenkeel_model::{
    AbortOn, BuildOptions, DownOptions, PullOptions, PullPolicy, RemoveImages, ServiceName, UpOptions,
};
use evenkeel_wire as wire;
use std::collections::BTreeMap;

/// The options of `up`.
pub fn up_options(request: wire::UpRequest) -> Answer<UpOptions> {
    refuse_if(request.build && request.no_build, "`build` and `no_build` exclude each other")?;
    refuse_if(request.force_recreate && request.no_recreate, "`force_recreate` and `no_recreate` exclude each other")?;
    let deps = request.always_recreate_deps && request.no_recreate;
    refuse_if(deps, "`always_recreate_deps` and `no_recreate` exclude each other")?;
    Ok(UpOptions {
        services: names(request.services),
        no_deps: request.no_deps,
        scale: scale(request.scale),
        force_recreate: request.force_recreate,
        no_recreate: request.no_recreate,
        remove_orphans: request.remove_orphans,
        build: request.build,
        pull: request.pull.map(policy),
        grace_s: request.timeout_s,
        abort_on: request.abort_on.map(|on| match on {
            wire::AbortOn::Exit => AbortOn::Exit,
            wire::AbortOn::Failure => AbortOn::Failure,
        }),
        no_build: request.no_build,
        no_start: request.no_start,
        always_recreate_deps: request.always_recreate_deps,
        renew_anonymous: request.renew_anon_volumes,
        replace_volumes: request.replace_volumes,
    })
}

/// `create`.
pub fn create(request: wire::UpRequest) -> Answer<Request> {
    Ok(Request::Create(up_options(request)?))
}

/// `down`.
pub fn down(request: wire::DownRequest) -> Answer<Request> {
    Ok(Request::Down(DownOptions {
        services: names(request.services),
        of_files: request.of_files.map(|services| services.into_iter().map(ServiceName::from).collect()),
        volumes: request.volumes,
        remove_orphans: request.remove_orphans,
        grace_s: request.timeout_s,
        images: request.rmi.map(|which| match which {
            wire::RemoveImages::All => RemoveImages::All,
            wire::RemoveImages::Local => RemoveImages::Local,
        }),
    }))
}

/// `rm`.
pub fn rm(request: wire::RmRequest) -> Answer<Request> {
    Ok(Request::Rm { services: names(request.services), stop: request.stop, volumes: request.volumes })
}

/// `pull`.
pub fn pull(request: wire::PullRequest) -> Answer<Request> {
    Ok(Request::Pull(PullOptions {
        services: names(request.services),
        include_deps: request.include_deps,
        policy: request.policy.map(policy),
        ignore_buildable: request.ignore_buildable,
        ignore_failures: request.ignore_failures,
    }))
}

/// `build`.
pub fn build(request: wire::BuildRequest) -> Answer<Request> {
    refuse_if(request.memory_bytes.is_some_and(|bytes| bytes < 0), "`memory_bytes` cannot be negative")?;
    Ok(Request::Build(BuildOptions {
        services: names(request.services),
        with_dependencies: request.with_dependencies,
        no_cache: request.no_cache,
        pull: request.pull,
        args: request.args,
        memory_bytes: request.memory_bytes,
    }))
}

fn policy(pull: wire::Pull) -> PullPolicy {
    match pull {
        wire::Pull::Always => PullPolicy::Always,
        wire::Pull::Missing => PullPolicy::Missing,
        wire::Pull::Never => PullPolicy::Never,
    }
}

/// `restart`.
pub fn restart(request: wire::RestartRequest) -> Answer<Request> {
    Ok(Request::Restart { services: names(request.services), no_deps: request.no_deps, grace_s: request.timeout_s })
}

/// `stop`.
pub fn stop(request: wire::StopRequest) -> Answer<Request> {
    Ok(Request::Stop { services: names(request.services), grace_s: request.timeout_s })
}

/// `start`.
pub fn start(request: wire::StartRequest) -> Answer<Request> {
    Ok(Request::Start { services: names(request.services) })
}

/// `pause`.
pub fn pause(request: wire::PauseRequest) -> Answer<Request> {
    Ok(Request::Pause { services: names(request.services) })
}

/// `unpause`.
pub fn unpause(request: wire::UnpauseRequest) -> Answer<Request> {
    Ok(Request::Unpause { services: names(request.services) })
}

/// `scale`.
pub fn scale_request(request: wire::ScaleRequest) -> Answer<Request> {
    refuse_if(request.scale.is_empty(), "`scale` must name a service and its number of containers: {\"web\": 3}")?;
    Ok(Request::Scale { scale: scale(request.scale), no_deps: request.no_deps })
}

/// `reset`.
pub fn reset(request: wire::ResetRequest) -> Answer<Request> {
    not_yet(!request.services.is_empty(), "services", "reset")?;
    Ok(Request::Reset)
}

/// `rollback`.
pub fn rollback(request: wire::RollbackRequest) -> Answer<Request> {
    Ok(Request::Rollback { to: request.to })
}

/// Names of services.
pub fn names(names: Vec<String>) -> Vec<ServiceName> {
    names.into_iter().map(ServiceName::from).collect()
}

fn scale(scale: BTreeMap<String, u32>) -> BTreeMap<ServiceName, u32> {
    scale.into_iter().map(|(service, number)| (ServiceName::from(service), number)).collect()
}

fn not_yet(used: bool, option: &str, verb: &str) -> Answer<()> {
    refuse_if(used, &format!("`{option}` of `{verb}` is not supported by this version; leave it out"))
}

fn refuse_if(refused: bool, detail: &str) -> Answer<()> {
    if refused { Err(bad_request(format!("{detail}. Nothing was changed."))) } else { Ok(()) }
}
