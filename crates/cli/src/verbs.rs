//! The verbs, one a file, and what each of them gets.

pub mod attach;
pub mod build;
pub mod commit;
pub mod completions;
pub mod config;
pub mod connections;
pub mod cp;
pub mod create;
pub mod doctor;
pub mod down;
pub mod events;
pub mod exec;
pub mod export;
pub mod history;
pub mod hold;
pub mod images;
pub mod kill;
pub mod logs;
pub mod ls;
pub mod man;
pub mod pause;
pub mod plan;
pub mod port;
pub mod ps;
pub mod pull;
pub mod refused;
pub mod release;
pub mod reset;
pub mod restart;
pub mod rm;
pub mod rollback;
pub mod run;
pub mod scale;
pub mod start;
pub mod stats;
pub mod stop;
pub mod system;
pub mod token;
pub mod top;
pub mod unpause;
pub mod up;
pub mod version;
pub mod volumes;
pub mod wait;

use crate::args::{self, Global, Selection, Verb};
use crate::client::Client;
use crate::failure::{DONE, Failure, Outcome};
use crate::output::Output;
use crate::project;
use std::time::Duration;

/// What every verb gets besides its own arguments.
pub struct Context<'a> {
    pub global: &'a Global,
    pub output: &'a Output,
    before: &'a Selection,
}

impl Context<'_> {
    /// A client of the daemon. Nothing is connected yet.
    pub fn client(&self) -> Result<Client, Failure> {
        Client::new(self.global)
    }

    /// The selection that stood before the verb joined with the one behind it.
    pub fn selection(&self, after: impl Into<Selection>) -> Selection {
        after.into().after(self.before)
    }

    /// The name of the selected stack.
    pub fn stack(&self, after: impl Into<Selection>) -> Result<String, Failure> {
        project::name(&self.selection(after))
    }
}

/// Runs a verb, reports its failure, and gives the exit code.
pub async fn run(client: args::Client, output: &Output) -> u8 {
    let context = Context { global: &client.global, output, before: &client.before };
    match output.served(dispatch(*client.verb, &context)).await {
        Ok(code) => code,
        Err(failure) => {
            failure.report(output);
            failure.code()
        }
    }
}

async fn dispatch(verb: Verb, context: &Context<'_>) -> Outcome {
    if context.global.dry_run && verb.acts() {
        context.output.note("dry run: nothing was changed; `evenkeel plan` shows what `up` would do");
        return Ok(DONE);
    }
    match verb {
        Verb::Serve(_) => Err(Failure::failed("`serve` is run by the evenkeel binary itself")),
        Verb::Up(arguments) => up::run(context, arguments).await,
        Verb::Down(arguments) => down::run(context, arguments).await,
        Verb::Create(arguments) => create::run(context, arguments).await,
        Verb::Pull(arguments) => pull::run(context, arguments).await,
        Verb::Build(arguments) => build::run(context, arguments).await,
        Verb::Plan(arguments) => plan::run(context, arguments).await,
        Verb::Config(arguments) => config::run(context, arguments),
        Verb::Connections(arguments) => connections::run(context, arguments).await,
        Verb::Ps(arguments) => ps::run(context, arguments).await,
        Verb::Ls(arguments) => ls::run(context, arguments).await,
        Verb::Images(arguments) => images::run(context, arguments).await,
        Verb::Volumes(arguments) => volumes::run(context, arguments).await,
        Verb::Top(arguments) => top::run(context, arguments).await,
        Verb::Stats(arguments) => stats::run(context, arguments).await,
        Verb::Logs(arguments) => logs::run(context, arguments).await,
        Verb::Events(arguments) => events::run(context, arguments).await,
        Verb::History(arguments) => history::run(context, arguments).await,
        Verb::Restart(arguments) => restart::run(context, arguments).await,
        Verb::Stop(arguments) => stop::run(context, arguments).await,
        Verb::Start(arguments) => start::run(context, arguments).await,
        Verb::Run(arguments) => run::run(context, arguments).await,
        Verb::Exec(arguments) => exec::run(context, arguments).await,
        Verb::Attach(arguments) => attach::run(context, arguments).await,
        Verb::Cp(arguments) => cp::run(context, arguments).await,
        Verb::Export(arguments) => export::run(context, arguments).await,
        Verb::Commit(arguments) => commit::run(context, arguments).await,
        Verb::Pause(arguments) => pause::run(context, arguments).await,
        Verb::Unpause(arguments) => unpause::run(context, arguments).await,
        Verb::Kill(arguments) => kill::run(context, arguments).await,
        Verb::Port(arguments) => port::run(context, arguments).await,
        Verb::Wait(arguments) => wait::run(context, arguments).await,
        Verb::Rm(arguments) => rm::run(context, arguments).await,
        Verb::Scale(arguments) => scale::run(context, arguments).await,
        Verb::Reset(arguments) => reset::run(context, arguments).await,
        Verb::Rollback(arguments) => rollback::run(context, arguments).await,
        Verb::Hold(arguments) => hold::run(context, arguments).await,
        Verb::Release(arguments) => release::run(context, arguments).await,
        Verb::System(arguments) => system::run(context, arguments).await,
        Verb::Doctor(arguments) => doctor::run(context, arguments).await,
        Verb::Token(arguments) => token::run(context, arguments).await,
        Verb::Version(arguments) => version::run(context, arguments).await,
        Verb::Completions(arguments) => completions::run(context, arguments),
        Verb::Man(arguments) => man::run(context, arguments),
        Verb::Push(_) => refused::run("push", "push images with `docker push` once they are built"),
        Verb::Publish(_) => refused::run("publish", "the Compose files themselves are what to share"),
        Verb::Watch(_) => refused::run("watch", "`evenkeel up --build` takes changed sources over"),
    }
}

/// A duration argument: seconds, or numbers with units.
pub fn duration(text: &str) -> Result<Duration, evenkeel_wire::InvalidDuration> {
    evenkeel_wire::parse_duration(text)
}

/// The grace of `-t` in whole seconds, rounded up: none is shortened.
pub fn grace_s(grace: Option<Duration>) -> Option<u32> {
    let grace = grace?;
    let seconds = grace.as_secs() + u64::from(grace.subsec_nanos() > 0);
    Some(u32::try_from(seconds).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
