//! `token`: API tokens.

use super::Context;
use crate::failure::{DONE, Outcome};
use crate::output::Cell;
use clap::Subcommand;
use evenkeel_wire::{CreateToken, Token, TokenCreated, routes};
use reqwest::Method;

/// Make, list and revoke API tokens, which the daemon wants over TCP
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a token and show it, this once
    #[command(after_help = "Example:\n  export EVENKEEL_TOKEN=$(evenkeel token create ci)")]
    Create {
        /// What it is for
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// The same as a flag
        #[arg(long = "name", value_name = "NAME", conflicts_with = "name")]
        named: Option<String>,
    },
    /// List tokens, without showing them
    Ls,
    /// Refuse a token from now on
    Revoke {
        /// Its id, as `token ls` shows it
        id: String,
    },
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let (client, output) = (context.client()?, context.output);
    match arguments.verb {
        Verb::Create { name, named } => {
            let name = name.or(named);
            let made: TokenCreated = client.write(Method::POST, routes::TOKENS, &(), &CreateToken { name }).await?;
            if output.json {
                output.document(&made)?;
            } else {
                output.line(&made.token);
                output.note(&format!("it is not shown again; `evenkeel token revoke {}` takes it back", made.id));
            }
        }
        Verb::Ls => {
            let tokens: Vec<Token> = client.get(routes::TOKENS, &()).await?;
            if output.json {
                output.document(&tokens)?;
            } else if output.quiet {
                tokens.iter().for_each(|token| output.line(&token.id));
            } else {
                let time = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M:%S").to_string();
                let rows = tokens.iter().map(|token| {
                    [
                        Cell::new(token.id.clone()),
                        Cell::new(token.name.clone().unwrap_or_default()),
                        Cell::new(time(token.created_at)),
                        Cell::new(token.last_used_at.map_or_else(|| "never".to_owned(), time)),
                    ]
                });
                output.table(["ID", "NAME", "CREATED (UTC)", "LAST USED (UTC)"], rows.collect());
            }
        }
        Verb::Revoke { id } => {
            client.delete(&routes::fill(routes::TOKEN, &[&id])).await?;
            output.note(&format!("token {id} is revoked"));
        }
    }
    Ok(DONE)
}
