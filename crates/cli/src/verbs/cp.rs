//! `cp`: files between here and a service's containers.

use super::Context;
use crate::args::Selection;
use crate::client::Client;
use crate::copy;
use crate::failure::{DONE, Failure, Outcome};
use evenkeel_wire::{EngineContainer, FilesQuery, PathInfo, PathKind, routes};
use std::path::{Path, PathBuf};

/// Copy files between here and a service's containers
///
/// Into a service: to all of its containers, unless --index names one. Out of it: from the first. `-` is a tar archive on stdin or
/// stdout. A directory whose path ends in `/.` gives its contents.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel cp nginx.conf web:/etc/nginx/nginx.conf
  evenkeel cp db:/var/log/postgresql ./logs
  evenkeel cp --index 2 web:/tmp/heap -  > heap.tar")]
pub struct Args {
    /// Keep owners as they are
    #[arg(short, long)]
    archive: bool,
    /// Follow a symbolic link that SRC is
    #[arg(short = 'L', long)]
    follow_link: bool,
    /// Only the container of this number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    index: Option<u32>,
    /// One-off containers too
    #[arg(long)]
    all: bool,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
    /// SERVICE:PATH, a path here, or -
    #[arg(value_name = "SRC")]
    source: String,
    /// SERVICE:PATH, a path here, or -
    #[arg(value_name = "DST")]
    destination: String,
}

/// One end of a copy.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// A path of this host, or `-`.
    Here(String),
    /// A path of a service's containers.
    Service(String, String),
}

impl End {
    /// What begins with `/` or `.` is here, whatever colons it has.
    fn parse(text: &str) -> Self {
        match text.split_once(':') {
            Some((service, path)) if !text.starts_with(['/', '.']) => Self::Service(service.into(), path.into()),
            _ => Self::Here(text.into()),
        }
    }
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection.clone())?;
    let client = context.client()?;
    match (End::parse(&arguments.source), End::parse(&arguments.destination)) {
        (End::Here(source), End::Service(service, path)) => {
            let copied = into(&client, &stack, &service, &source, &path, &arguments).await?;
            context.output.note(&format!("copied {source} to {}", copied.join(", ")));
        }
        (End::Service(service, path), End::Here(destination)) => {
            let path = rooted(&path);
            let from = from(&client, &stack, &service, &path, &destination, &arguments).await?;
            context.output.note(&format!("copied {from}:{path} to {destination}"));
        }
        (End::Service(..), End::Service(..)) => {
            return Err(Failure::usage("copying between services is not supported", "copy to this host first"));
        }
        (End::Here(_), End::Here(_)) => {
            return Err(Failure::usage("neither end is a service", "write one of them as SERVICE:PATH"));
        }
    }
    Ok(DONE)
}

async fn into(
    client: &Client,
    stack: &str,
    service: &str,
    source: &str,
    path: &str,
    arguments: &Args,
) -> Result<Vec<String>, Failure> {
    let all: Vec<EngineContainer> = client.get(&routes::fill(routes::ENGINE_CONTAINERS, &[stack]), &()).await?;
    let chosen = all.into_iter().filter(|one| {
        let counts = !one.one_off || arguments.all;
        one.service == service && counts && arguments.index.is_none_or(|index| !one.one_off && one.number == index)
    });
    let mut containers: Vec<String> = chosen.map(|one| one.name).collect();
    containers.sort();
    if containers.is_empty() {
        let which = arguments.index.map_or_else(String::new, |index| format!(" #{index}"));
        return Err(Failure::failed(format!("no container{which} found for service \"{service}\"")));
    }
    if source == "-" && containers.len() > 1 {
        let help = "name one with --index: stdin can be read only once";
        return Err(Failure::usage(format!("service {service} has {} containers", containers.len()), help));
    }
    for container in &containers {
        one_into(client, stack, service, container, source, path, arguments).await?;
    }
    Ok(containers.iter().map(|container| format!("{container}:{path}")).collect())
}

async fn one_into(
    client: &Client,
    stack: &str,
    service: &str,
    container: &str,
    source: &str,
    path: &str,
    arguments: &Args,
) -> Result<(), Failure> {
    let rooted = rooted(path);
    let query = |path: &str| FilesQuery {
        path: path.to_owned(),
        container: Some(container.to_owned()),
        owners: arguments.archive,
        ..FilesQuery::default()
    };
    let mut there = look(client, stack, service, &query(&rooted)).await?;
    let mut target = rooted.clone();
    if let Some(PathInfo { kind: PathKind::Link, target: Some(link), .. }) = &there {
        target.clone_from(link);
        there = look(client, stack, service, &query(&target)).await?;
    }
    let is_directory = there.as_ref().is_some_and(|info| info.kind == PathKind::Directory);
    let files = routes::fill(routes::FILES, &[stack, service]);
    if source == "-" {
        if !is_directory {
            return Err(Failure::failed(format!("{container}:{path} must be a directory that is there")));
        }
        return client.upload(&files, &query(&target), copy::stdin()).await;
    }
    let plan = copy::plan_in(Path::new(source), source, &target, there.is_some(), is_directory, arguments.follow_link)?;
    client.upload(&files, &query(&plan.directory), copy::pack(plan)).await
}

async fn from(
    client: &Client,
    stack: &str,
    service: &str,
    path: &str,
    destination: &str,
    arguments: &Args,
) -> Result<String, Failure> {
    let query = |path: &str| FilesQuery { path: path.to_owned(), index: arguments.index, ..FilesQuery::default() };
    let missing = || Failure::failed(format!("service \"{service}\" has no {path} in its container"));
    let info = look(client, stack, service, &query(path)).await?.ok_or_else(missing)?;
    let mut source = path.to_owned();
    let mut kind = info.kind;
    if let (true, PathKind::Link, Some(target)) = (arguments.follow_link, info.kind, &info.target) {
        source.clone_from(target);
        kind = look(client, stack, service, &query(target)).await?.ok_or_else(missing)?.kind;
    }
    let query = FilesQuery { container: Some(info.container.clone()), index: None, ..query(&source) };
    let archive = client.download(&routes::fill(routes::FILES, &[stack, service]), &query).await?;
    if destination == "-" {
        copy::to_stdout(archive).await?;
    } else {
        // Followed or not, it is called as it was asked for.
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        let contents_only = path.ends_with("/.");
        let plan =
            copy::plan_out(PathBuf::from(destination), destination, kind == PathKind::Directory, &name, contents_only)?;
        copy::unpack(archive, plan, arguments.archive).await?;
    }
    Ok(info.container)
}

/// What there is; `None` is nothing.
async fn look(client: &Client, stack: &str, service: &str, query: &FilesQuery) -> Result<Option<PathInfo>, Failure> {
    match client.get(&routes::fill(routes::PATH, &[stack, service]), query).await {
        Ok(info) => Ok(Some(info)),
        Err(Failure::Problem(problem))
            if problem.status == 404
                && problem.detail.as_deref().is_some_and(|text| text.contains("path in container")) =>
        {
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// Paths of containers begin at their root.
fn rooted(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_here_or_in_a_service() {
        let service = |service: &str, path: &str| End::Service(service.into(), path.into());
        for (text, end) in [
            ("web:/tmp/a", service("web", "/tmp/a")),
            ("web:a", service("web", "a")),
            ("./a:b", End::Here("./a:b".into())),
            ("/a:b", End::Here("/a:b".into())),
            ("a", End::Here("a".into())),
            ("-", End::Here("-".into())),
        ] {
            assert_eq!(End::parse(text), end, "{text}");
        }
    }
}
