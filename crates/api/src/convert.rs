//! The model and the planner's values as wire bodies, and requests the other way. Text is the planner's `render`.

pub mod connection;
pub mod diagnostic;
pub mod engine_view;
pub mod event;
pub mod finding;
pub mod health;
pub mod operation;
pub mod plan;
pub mod request;
pub mod revision;
pub mod status;
pub mod timeline;
