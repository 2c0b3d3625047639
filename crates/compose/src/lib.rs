//! Compose files in, a typed stack and diagnostics out.
//!
//! Text and nothing else: files and variables come in through [`Source`], so that the same loader runs in a command on a
//! person's machine and in a daemon that was sent a definition. Nothing here knows an engine.

mod absolute;
mod advice;
mod canonical;
mod checks;
pub mod codes;
mod consistency;
mod defaults;
mod diagnostic;
mod document;
mod env_files;
mod interpolation;
pub mod limits;
mod load;
mod loader;
mod lower;
mod merge;
mod normalise;
mod origin;
mod paths;
mod profiles;
pub mod project;
mod quantity;
mod render;
mod request;
mod schema;
mod shellwords;
mod source;
mod suggestion;
mod tree;
mod variables;
mod yaml;

pub use diagnostic::{Diagnostic, Location, Severity};
pub use interpolation::references::Reference;
pub use load::{
    ALL_RESOURCES, COMPATIBILITY, Config, Loaded, config, file_variables, hashes, load, load_definition, references,
};
pub use loader::project_name::normalise as normalise_project_name;
pub use render::{marked, may_be_shown, render};
pub use request::{Request, Skip};
pub use schema::keys;
pub use shellwords::words as split_words;
pub use source::{Bundle, ReadError, Recorder, Source};
pub use suggestion::{did_you_mean, did_you_mean_or_list};
