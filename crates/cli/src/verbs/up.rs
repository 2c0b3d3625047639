//! `up`: desired state = these files, goal up.

mod attached;

use self::attached::Attached;
use super::{Context, connections, duration, grace_s, plan};
use crate::args::Selection;
use crate::diagnostics;
use crate::failure::{CHANGES_PENDING, DONE, Failure, Outcome};
use crate::operate::{Operate, Until};
use crate::output::{Cell, Output};
use crate::project::{self, Found};
use evenkeel_wire::{Operation, Pull, Service, UpRequest, routes};
use std::collections::BTreeMap;
use std::time::Duration;

/// Bring a stack up, and keep it so
///
/// The files are read here and sent to the daemon, which plans, preflights and acts. Nothing is created where preflight
/// finds that it would fail half way. Without --wait it returns when everything has been started.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel up                          this directory's Compose file
  evenkeel up --wait                   until every service is healthy, running or completed
  evenkeel up -f compose.yaml -f dev.yaml web
  evenkeel up --dry-run                the plan only")]
pub struct Args {
    /// Only these services and what they depend on
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// The options that `system up` has as well.
    #[command(flatten)]
    pub options: Options,
    /// Which project.
    #[command(flatten)]
    pub selection: Selection,
}

/// The options of `up`.
#[derive(Debug, Default, clap::Args)]
pub struct Options {
    /// Return at once when everything has been started; this is the default
    #[arg(short, long)]
    pub detach: bool,
    /// Stay and show what the containers write, or those of a service; Ctrl-C stops the stack
    #[arg(long, value_name = "SERVICE", num_args = 0..=1, default_missing_value = "")]
    pub attach: Vec<String>,
    /// Stay, and do not show what this service writes
    #[arg(long, value_name = "SERVICE")]
    pub no_attach: Vec<String>,
    /// Stay, and show what dependencies of the named services write, too
    #[arg(long)]
    pub attach_dependencies: bool,
    /// Stop everything when any container has ended, and end with its exit code
    #[arg(long)]
    pub abort_on_container_exit: bool,
    /// Stop everything when a container has failed, and end with its exit code
    #[arg(long)]
    pub abort_on_container_failure: bool,
    /// Stop everything when any container has ended, and end with this service's exit code
    #[arg(long, value_name = "SERVICE")]
    pub exit_code_from: Option<String>,
    /// Stay, and show lines as they are, without the container's name before them
    #[arg(long)]
    pub no_log_prefix: bool,
    /// Stay, and begin each line with its time
    #[arg(long)]
    pub timestamps: bool,
    /// Taken because Compose takes it: there is no menu
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub menu: Option<bool>,
    /// Return when every service is ready: healthy, or running without a healthcheck, or completed
    #[arg(long)]
    pub wait: bool,
    /// Give up waiting after this: seconds, or 1m30s
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub wait_timeout: Option<Duration>,
    /// Wait as with --wait, then try every connection between the services, as `connections --check` does
    #[arg(long, conflicts_with_all = ["attach", "no_start"])]
    pub verify: bool,
    /// Build images though they are there
    #[arg(long)]
    pub build: bool,
    /// Build nothing, though an image is missing
    #[arg(long, conflicts_with = "build")]
    pub no_build: bool,
    /// When to ask a registry for images
    #[arg(long, value_name = "WHEN", value_enum)]
    pub pull: Option<PullWhen>,
    /// Containers of a service; repeatable
    #[arg(long = "scale", value_name = "SERVICE=N", value_parser = super::scale::pair)]
    pub scale: Vec<(String, u32)>,
    /// Replace containers though they fit
    #[arg(long, conflicts_with = "no_recreate")]
    pub force_recreate: bool,
    /// Leave containers though they do not fit
    #[arg(long)]
    pub no_recreate: bool,
    /// Leave alone what the named services depend on
    #[arg(long)]
    pub no_deps: bool,
    /// Replace what the named services depend on too, though it fits
    #[arg(long, conflicts_with = "no_recreate")]
    pub always_recreate_deps: bool,
    /// Give replaced containers new anonymous volumes, instead of those that they had
    #[arg(short = 'V', long)]
    pub renew_anon_volumes: bool,
    /// Make the containers and do not start them
    #[arg(long, conflicts_with_all = ["attach", "wait"])]
    pub no_start: bool,
    /// Make volumes anew whose definition changed; what they hold is lost
    #[arg(short, long)]
    pub yes: bool,
    /// Remove containers of services that the files no longer have; COMPOSE_REMOVE_ORPHANS does the same
    #[arg(long)]
    pub remove_orphans: bool,
    /// Between stop signal and SIGKILL, for containers that are replaced: seconds, or 1m30s
    #[arg(short, long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Without effect: pulling is never loud
    #[arg(long, hide = true)]
    pub quiet_pull: bool,
    /// Without effect: building is never loud
    #[arg(long, hide = true)]
    pub quiet_build: bool,
    /// Refused: source files are not watched
    #[arg(short = 'w', long, hide = true)]
    pub watch: bool,
}

/// When to ask a registry for images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PullWhen {
    /// Now, though they are there
    Always,
    /// Where the engine does not have them
    Missing,
    /// Never
    Never,
}

impl From<PullWhen> for Pull {
    fn from(when: PullWhen) -> Self {
        match when {
            PullWhen::Always => Self::Always,
            PullWhen::Missing => Self::Missing,
            PullWhen::Never => Self::Never,
        }
    }
}

impl Options {
    /// The request that they make.
    pub fn request(&self, services: Vec<String>) -> UpRequest {
        UpRequest {
            definition: None,
            services,
            no_deps: self.no_deps,
            scale: self.scale.iter().cloned().collect::<BTreeMap<_, _>>(),
            force_recreate: self.force_recreate,
            no_recreate: self.no_recreate,
            remove_orphans: self.remove_orphans,
            build: self.build,
            no_build: self.no_build,
            no_start: self.no_start,
            always_recreate_deps: self.always_recreate_deps,
            renew_anon_volumes: self.renew_anon_volumes,
            replace_volumes: self.yes,
            pull: self.pull.map(Pull::from),
            timeout_s: grace_s(self.timeout),
            abort_on: self.abort_on(),
        }
    }
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let selection = context.selection(arguments.selection);
    let found = project::find(&selection, &arguments.services, context.output)?;
    let mut options = arguments.options;
    options.remove_orphans |= project::is_set(&selection, "COMPOSE_REMOVE_ORPHANS");
    bring_up(context, found, arguments.services, options).await
}

/// Brings up what was found; shared with `system up`.
pub async fn bring_up(context: &Context<'_>, found: Found, services: Vec<String>, options: Options) -> Outcome {
    let client = context.client()?;
    options.check()?;
    let wait = options.wait || options.verify;
    if options.wait_timeout.is_some() && !wait {
        return Err(Failure::usage("--wait-timeout does nothing without --wait", "add --wait"));
    }
    let mut request = options.request(services);
    if options.watch {
        return super::refused::run("up --watch", "`evenkeel up --build` takes changed sources over");
    }
    if context.global.dry_run {
        // That changes are pending is what `plan` is asked; here it is what was to be shown.
        let shown = plan::show(context, &client, found, request, false).await;
        return shown.map(|code| if code == CHANGES_PENDING { DONE } else { code });
    }
    let stack = found.name().to_owned();
    let mut advice = 0;
    if let Found::Files(project) = found {
        advice = project.advice();
        request.definition = Some(Box::new(project.into_definition()));
    }
    if options.attached() {
        let attached = Attached { client: &client, output: context.output, stack: &stack, options: &options };
        return attached.run(&request).await;
    }
    let operate = Operate {
        client: &client,
        output: context.output,
        stack: &stack,
        until: if wait { Until::Ended } else { Until::Started },
        timeout: options.wait_timeout,
    };
    let (operation, found) = operate.run(routes::UP, &request).await?;
    if !context.output.json && !context.output.quiet {
        table(context.output, &operation, &found);
        diagnostics::count_advice(advice, context.output);
    }
    if options.verify { connections::verify(context, &client, &stack).await } else { Ok(DONE) }
}

/// Service, state, how long it took, address to open.
fn table(output: &Output, operation: &Operation, services: &[Service]) {
    let rows = operation.services.iter().map(|progress| {
        let service = services.iter().find(|service| service.service == progress.service);
        let took = progress.ready_at.map_or_else(String::new, |at| {
            let took = (at - operation.created_at).to_std().unwrap_or_default();
            if took.is_zero() { "already".to_owned() } else { evenkeel_wire::render_duration(took) }
        });
        [
            Cell::new(progress.service.clone()),
            Cell::service_state(service.map_or(progress.state, |service| service.state)),
            Cell::new(took),
            Cell::new(service.map(super::ps::addresses).unwrap_or_default()),
            Cell::new(service.and_then(|service| service.stand_in.as_ref()).map_or("", |_| "stand-in")),
        ]
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        output.table(["SERVICE", "STATE", "READY AFTER", "ADDRESS", ""], rows);
    }
}
