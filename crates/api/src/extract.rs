//! What handlers take from a request, each answering with a problem that names the place where it is not what it should be.

mod body;
mod path;
mod query;
mod terms;
mod words;

pub use body::{Json, Raw, parse, unsupported};
pub use path::{Named, Segments};
pub use query::Query;
pub use terms::{Key, Preconditions};
