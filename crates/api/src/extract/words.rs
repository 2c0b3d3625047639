//! What is wrong with a body or a query, in the product's own words. The parser's texts are read here and nowhere shown.

use evenkeel_compose::did_you_mean_or_list;

/// A problem in one sentence, and how to mend it where that is known. `path` is where it is: `files[0].path`, or empty.
pub fn explain(path: &str, raw: &str) -> (String, Option<String>) {
    let raw = without_place(raw);
    let at = |what: &str| if path.is_empty() { what.to_owned() } else { format!("`{path}`: {what}") };
    if let Some(field) = named(raw, "missing field ") {
        let whole = if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
        return (format!("`{whole}` is missing"), None);
    }
    if let Some(field) = named(raw, "duplicate field ") {
        return (at(&format!("`{field}` is there twice")), Some("send it once".to_owned()));
    }
    if let Some(field) = named(raw, "unknown field ") {
        return (unknown_field(path, field), Some(choices(field, raw, "there are")));
    }
    if let Some(word) = named(raw, "unknown variant ") {
        return (at(&format!("there is no `{word}` here")), Some(choices(word, raw, "the words are")));
    }
    for start in ["invalid type: ", "invalid value: "] {
        if let Some((found, wanted)) = raw.strip_prefix(start).and_then(|rest| rest.split_once(", expected ")) {
            return (at(&format!("this must be {}, and is {}", kind(wanted), value(found))), None);
        }
    }
    if let Some((length, wanted)) = raw.strip_prefix("invalid length ").and_then(|rest| rest.split_once(", expected "))
    {
        return (at(&format!("this must be {}, and has {length} parts", kind(wanted))), None);
    }
    for (start, wanted) in [
        ("invalid digit", "a whole number"),
        ("number too large", "a smaller number"),
        ("number too small", "a larger number"),
        ("provided string was not `true` or `false`", "`true` or `false`"),
        ("cannot parse integer from empty string", "a whole number"),
        ("invalid float", "a number"),
    ] {
        if raw.starts_with(start) {
            return (at(&format!("this must be {wanted}")), None);
        }
    }
    (at(raw), None)
}

/// What is wrong with JSON that does not even read.
pub fn broken_json(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    if error.is_eof() {
        return format!("the JSON ends too early, at line {line}, column {column}");
    }
    let text = error.to_string();
    let what = match without_place(&text) {
        "expected value" => "a value is missing",
        "trailing comma" => "there is a comma too many",
        "key must be a string" => "a name must stand in double quotes",
        "trailing characters" => "the text goes on behind its end",
        what if what.starts_with("expected `,`") => "a comma or a closing bracket is missing",
        "expected `:`" => "a colon is missing",
        "recursion limit exceeded" => "it is nested too deep",
        _ => "the text is wrong here",
    };
    format!("this is not JSON: {what}, at line {line}, column {column}")
}

fn unknown_field(path: &str, field: &str) -> String {
    // The path ends with the field where the parser was already within it.
    let parent = path.strip_suffix(field).unwrap_or(path).trim_end_matches('.');
    if parent.is_empty() { format!("there is no `{field}` here") } else { format!("`{parent}` has no `{field}`") }
}

/// The name behind a phrase, between backticks.
fn named<'r>(raw: &'r str, phrase: &str) -> Option<&'r str> {
    let rest = raw.strip_prefix(phrase)?.strip_prefix('`')?;
    // The name is the client's, and may hold backticks itself.
    rest.split_once("`, expected ")
        .or_else(|| rest.split_once("`, there are"))
        .map(|(name, _)| name)
        .or_else(|| rest.strip_suffix('`'))
}

/// The nearest of the words that a parser's text lists, or all of them.
fn choices(word: &str, raw: &str, introduction: &str) -> String {
    let listed = raw.rsplit_once(", expected ").map_or("", |(_, listed)| listed);
    let words: Vec<&str> = listed.split('`').skip(1).step_by(2).collect();
    did_you_mean_or_list(word, words, introduction)
}

fn value(found: &str) -> String {
    let (kind, shown) = found.split_once(' ').unwrap_or((found, ""));
    match kind {
        "null" => "null".to_owned(),
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        "string" => format!("the text {}", shown.replace('"', "`")),
        "boolean" => shown.to_string(),
        "integer" | "floating" => format!("the number {}", shown.trim_start_matches("point ")),
        _ => found.to_owned(),
    }
}

fn kind(wanted: &str) -> String {
    match wanted {
        "a string" | "a borrowed string" | "str" => "text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        wanted if wanted.starts_with("struct ") || wanted.starts_with("internally tagged") => "an object".to_owned(),
        wanted if wanted.starts_with("enum ") => "one of its words".to_owned(),
        wanted => wanted.to_owned(),
    }
}

fn without_place(raw: &str) -> &str {
    raw.rsplit_once(" at line ").map_or(raw, |(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_told_in_our_words() {
        for (path, raw, message, help) in [
            ("files[0]", "missing field `content` at line 1 column 2", "`files[0].content` is missing", None),
            ("", "missing field `name`", "`name` is missing", None),
            (
                "tiemout",
                "unknown field `tiemout`, expected one of `wait`, `timeout` at line 1 column 9",
                "there is no `tiemout` here",
                Some("did you mean `timeout`?"),
            ),
            (
                "",
                "unknown field `x`, expected `wait` or `timeout`",
                "there is no `x` here",
                Some("there are wait, timeout"),
            ),
            ("a.x", "unknown field `x`, there are no fields", "`a` has no `x`", Some("there are none")),
            (
                "pull",
                "unknown variant `allways`, expected one of `always`, `never`",
                "`pull`: there is no `allways` here",
                Some("did you mean `always`?"),
            ),
            (
                "scale.web",
                "invalid type: string \"two\", expected u32",
                "`scale.web`: this must be a whole number that is not negative, and is the text `two`",
                None,
            ),
            ("files", "invalid type: map, expected a sequence", "`files`: this must be a list, and is an object", None),
            ("volumes", "provided string was not `true` or `false`", "`volumes`: this must be `true` or `false`", None),
            ("tail", "invalid digit found in string", "`tail`: this must be a whole number", None),
            ("since", "the time is not RFC 3339", "`since`: the time is not RFC 3339", None),
        ] {
            assert_eq!(explain(path, raw), (message.to_owned(), help.map(str::to_owned)), "{raw}");
        }
    }

    #[test]
    fn text_that_is_no_json_says_where() {
        for (text, message) in [
            ("{", "the JSON ends too early, at line 1, column 1"),
            ("{\"a\": 1,}", "this is not JSON: there is a comma too many, at line 1, column 9"),
            ("{a: 1}", "this is not JSON: a name must stand in double quotes, at line 1, column 2"),
            ("{\"a\" 1}", "this is not JSON: a colon is missing, at line 1, column 6"),
            ("[1 2]", "this is not JSON: a comma or a closing bracket is missing, at line 1, column 4"),
            ("yes", "this is not JSON: a value is missing, at line 1, column 1"),
        ] {
            let error = serde_json::from_str::<serde_json::Value>(text).unwrap_err();
            assert_eq!(broken_json(&error), message, "{text}");
        }
    }
}
