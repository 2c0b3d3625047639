//! Evenkeel's loader held against Docker Compose's: what both are given, what each makes of it, and cases whose outcome
//! with Compose is on record.

mod case;
mod oracle;
mod ours;
mod stored;

pub use case::{Case, Outcome};
pub use oracle::Oracle;
pub use ours::run;
pub use stored::{Stored, line, read, record};
