//! Paths of the host that a service mounts to write to, and whose user may not: a service then starts, and fails later.

use super::wanted;
use crate::finding::FindingCode as Code;
use crate::view::{ServiceView, View};
use crate::{Finding, Severity};
use evenkeel_model::{ImageRef, MountSource, PathOwner, Survey, SurveyRequest};

/// Who runs in a container, as far as the numbers are known.
#[derive(Clone, Copy)]
struct Runner {
    uid: u32,
    gid: Option<u32>,
}

/// Adds what must be looked at for a service: its paths, and its image's user where the file names none.
pub(super) fn ask(view: &View<'_>, service: &ServiceView<'_>, request: &mut SurveyRequest) {
    let paths: Vec<&str> = written_paths(service).map(|(path, _)| path).collect();
    if paths.is_empty() {
        return;
    }
    if let (None, Some(image)) = (&service.service.container.user, image(view, service)) {
        request.users.insert(image.clone());
    }
    request.owners.extend(paths.into_iter().map(str::to_owned));
}

/// Adds a piece of advice for each path that a service's user cannot write to.
pub(super) fn check(view: &View<'_>, survey: &Survey, findings: &mut Vec<Finding>) {
    for service in wanted(view) {
        let of_image = image(view, service).and_then(|image| survey.users.get(image));
        let Some(runner) = service.service.container.user.as_ref().or(of_image).and_then(|user| runner(user)) else {
            continue;
        };
        for (path, target) in written_paths(service) {
            let whose = match survey.owners.get(path) {
                Some(owner) if may_write(service, runner, *owner) => continue,
                Some(PathOwner { uid, gid, mode }) => format!("it belongs to {uid}:{gid}, with the mode {mode:o}"),
                None if survey.missing_paths.contains(path) => "the engine will make it for root alone".to_owned(),
                None => continue,
            };
            let message = format!(
                "service {} mounts it on {target} and runs as user {}, who cannot write there: {whose}",
                service.name, runner.uid
            );
            findings.push(Finding {
                severity: Severity::Advice,
                code: Code::BindUnwritable,
                service: Some(service.name.clone()),
                object: format!("path {path}"),
                message,
                help: format!("`chown {} {path}`, or mount it read-only: `{path}:{target}:ro`", runner.uid),
            });
        }
    }
}

/// The image, where the engine has it.
fn image<'v>(view: &View<'_>, service: &'v ServiceView<'_>) -> Option<&'v ImageRef> {
    service.service.container.image.as_ref().filter(|image| view.input.observed.images.contains_key(*image))
}

/// The paths of the host that are mounted to be written to, and where to.
fn written_paths<'v>(service: &'v ServiceView<'_>) -> impl Iterator<Item = (&'v str, &'v str)> {
    service.service.container.mounts.iter().filter(|mount| !mount.read_only).filter_map(|mount| match &mount.source {
        MountSource::Bind { path, .. } => Some((path.as_str(), mount.target.as_str())),
        _ => None,
    })
}

/// `50000` and `1000:0`; a name means something only within the image, and root may write anywhere.
fn runner(user: &str) -> Option<Runner> {
    let (uid, gid) = user.split_once(':').map_or((user, None), |(uid, gid)| (uid, Some(gid)));
    let uid = uid.parse().ok().filter(|uid| *uid != 0)?;
    let gid = match gid {
        Some(gid) => Some(gid.parse().ok()?),
        None => None,
    };
    Some(Runner { uid, gid })
}

/// Whether one of the mode's three sets of bits lets the user write. The group of a user that names none is the image's to say: it
/// may be the right one.
fn may_write(service: &ServiceView<'_>, runner: Runner, path: PathOwner) -> bool {
    const OWNER: u32 = 0o200;
    const GROUP: u32 = 0o020;
    const OTHERS: u32 = 0o002;
    let further = service.service.container.group_add.iter().filter_map(|group| group.parse::<u32>().ok());
    let in_group = runner.gid.is_none_or(|gid| gid == path.gid) || further.into_iter().any(|gid| gid == path.gid);
    path.mode & OTHERS != 0 || runner.uid == path.uid && path.mode & OWNER != 0 || in_group && path.mode & GROUP != 0
}
