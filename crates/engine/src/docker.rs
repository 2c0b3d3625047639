//! The Docker engine.
