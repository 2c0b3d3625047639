//! Every key there is, as paths, for whoever documents them or holds the documentation to them.

use super::project::PROJECT;
use super::shape::{Object, Shape};
use std::collections::BTreeSet;

/// Every key that a Compose file may hold, as a path: `services.*.healthcheck.test`. A `*` is a name that the file chooses;
/// the items of a list have no part of their own. Sorted.
pub fn keys() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    of_object("", &PROJECT, &mut found);
    found
}

fn of_object(path: &str, object: &Object, found: &mut BTreeSet<String>) {
    for (key, shape) in object.keys {
        let path = if path.is_empty() { (*key).to_owned() } else { format!("{path}.{key}") };
        of_shape(&path, shape, found);
        found.insert(path);
    }
}

fn of_shape(path: &str, shape: &Shape, found: &mut BTreeSet<String>) {
    match shape {
        Shape::One(_) | Shape::Words(_) | Shape::Like(..) | Shape::Range(..) => {}
        Shape::List(of) | Shape::Set(of) => of_shape(path, of, found),
        Shape::Map(_, of) => of_shape(&format!("{path}.*"), of, found),
        Shape::Object(object) => of_object(path, object, found),
        Shape::Either(shapes) => shapes.iter().for_each(|shape| of_shape(path, shape, found)),
    }
}
