//! How to mend what breaks a rule, where the place of the problem has nothing better to say.

use crate::codes;

/// The usual way out of a problem, by its code.
pub(super) fn of(code: &str) -> Option<&'static str> {
    Some(match code {
        codes::ALIAS_CYCLE => "an anchor ends before its aliases begin: write the value out here",
        codes::CANNOT_OVERRIDE => "write both in the same form, or put !override before the value",
        codes::CONFLICTING_KEYS => "keep one of them, and remove the other",
        codes::CONFLICTING_VALUES => "keep one of the two",
        codes::DEPENDENCY_CYCLE => "remove one of these dependencies",
        codes::EXTENDS_CYCLE => "end the chain with a service that extends nothing",
        codes::INCLUDE_CYCLE => "put what both files need into a third one",
        codes::EMPTY_FILE => "begin with `services:`",
        codes::FILE_NOT_FOUND => "create the file, or correct the path",
        codes::FILE_UNREADABLE => "look at the file's kind and permissions",
        codes::IGNORED_HERE => "remove it, or keep it under a key that begins with `x-`",
        codes::INVALID_ENV_FILE => "write NAME=value, one a line; comments begin with #",
        codes::INVALID_VALUE => "correct the value",
        codes::INVALID_YAML => "look at this line and the one above: indentation, colons, quotes, brackets",
        codes::MISSING_KEY => "add the key",
        codes::NO_FILE => "name one with -f",
        codes::TOO_LARGE => "split the definition, or leave out what it does not need",
        codes::TOO_MANY_ERRORS | codes::TOO_MANY_WARNINGS => "mend the first ones, and look again",
        codes::UNDEFINED_ALIAS => "define it before, as in `x-name: &name {…}`",
        codes::UNSUPPORTED => "leave it out, or keep it under a key that begins with `x-`",
        codes::WRONG_TYPE => "correct the value",
        _ => return None,
    })
}
