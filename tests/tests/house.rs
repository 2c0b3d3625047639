//! The house rules that a machine can check: who imports whom, how files are cut and named, that the documents are true.
//! No rule here needs an engine, and each names what broke it and how to mend that.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "house/documents.rs"]
mod documents;
#[path = "house/files.rs"]
mod files;
#[path = "house/imports.rs"]
mod imports;
#[path = "house/licences.rs"]
mod licences;
#[path = "house/purity.rs"]
mod purity;
#[path = "house/repository.rs"]
mod repository;
