//! The words in which shapes are written down, and the shapes that many keys share.

/// What kind of value a key takes.
pub(super) enum Shape {
    One(&'static [Type]),
    /// Text, one of these.
    Words(&'static [&'static str]),
    /// Text that a rule accepts, the words for it that are usual, and what to write.
    Like(fn(&str) -> bool, &'static [&'static str], &'static str),
    /// A whole number between two bounds.
    Range(i64, i64),
    List(&'static Self),
    /// A list without repetitions.
    Set(&'static Self),
    /// A mapping whose keys are names.
    Map(Names, &'static Self),
    Object(&'static Object),
    /// One of several shapes, each of another kind.
    Either(&'static [&'static Self]),
}

/// Kinds of scalars.
#[derive(Clone, Copy)]
pub(super) enum Type {
    Text,
    Number,
    Whole,
    Bool,
    Null,
}

/// Which keys a mapping of names takes.
pub(super) enum Names {
    /// An empty one is not looked at.
    Any,
    /// Any but an empty one.
    Some,
    /// Letters, digits, `.`, `_`, `-`.
    Resource,
    /// Lowercase letters; other keys are not looked at.
    Lowercase,
}

/// A mapping with known keys.
pub(super) struct Object {
    pub(super) keys: &'static [(&'static str, &'static Shape)],
    pub(super) required: &'static [&'static str],
    /// Whether `x-…` keys may stand here.
    pub(super) extensions: bool,
    /// Whether unknown keys may stand here.
    pub(super) open: bool,
}

impl Object {
    pub(super) const fn new(keys: &'static [(&'static str, &'static Shape)]) -> Self {
        Self { keys, required: &[], extensions: true, open: false }
    }
    pub(super) const fn needs(self, required: &'static [&'static str]) -> Self {
        Self { required, ..self }
    }
    pub(super) const fn without_extensions(self) -> Self {
        Self { extensions: false, ..self }
    }
    pub(super) const fn open(self) -> Self {
        Self { open: true, ..self }
    }
}

pub(super) static TEXT: Shape = Shape::One(&[Type::Text]);
pub(super) static NULL: Shape = Shape::One(&[Type::Null]);
pub(super) static BOOL: Shape = Shape::One(&[Type::Bool]);
pub(super) static BOOL_TEXT: Shape = Shape::One(&[Type::Bool, Type::Text]);
pub(super) static NUMBER: Shape = Shape::One(&[Type::Number]);
pub(super) static NUMBER_TEXT: Shape = Shape::One(&[Type::Number, Type::Text]);
pub(super) static NUMBER_TEXT_NULL: Shape = Shape::One(&[Type::Number, Type::Text, Type::Null]);
pub(super) static WHOLE: Shape = Shape::One(&[Type::Whole]);
pub(super) static WHOLE_TEXT: Shape = Shape::One(&[Type::Whole, Type::Text]);
pub(super) static TEXT_NULL: Shape = Shape::One(&[Type::Text, Type::Null]);
pub(super) static SCALAR: Shape = Shape::One(&[Type::Text, Type::Number, Type::Bool, Type::Null]);
pub(super) static TEXTS: Shape = Shape::List(&TEXT);
pub(super) static TEXT_SET: Shape = Shape::Set(&TEXT);
pub(super) static TEXT_OR_SET: Shape = Shape::Either(&[&TEXT, &TEXT_SET]);
pub(super) static TEXT_OR_LIST: Shape = Shape::Either(&[&TEXT, &TEXTS]);
pub(super) static LIST_OR_MAP: Shape = Shape::Either(&[&SCALARS, &TEXT_SET]);
static SCALARS: Shape = Shape::Map(Names::Some, &SCALAR);
pub(super) static OPTIONS: Shape = Shape::Map(Names::Any, &NUMBER_TEXT);
pub(super) static COMMAND: Shape = Shape::Either(&[&TEXT_NULL, &TEXTS]);
