//! Which variables went into a value, and where each was set: what a person must know to mend the value.

use crate::variables::Variable;
use evenkeel_model::{is_secret_name, mask_value};

/// Longer values are cut.
const LONGEST: usize = 60;
/// Shorter secrets are only masked where they stand alone: they are likely to be a part of other words.
const SHORTEST: usize = 4;

/// The variables of one value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    pub(crate) uses: Vec<Use>,
}

/// One variable, and what became of it.
#[derive(Debug, Clone)]
pub(crate) enum Use {
    /// It is set.
    Set(String, Variable),
    /// It has no value, and the file says what stands in its place.
    Default(String, String),
    /// It is not set, and became empty text.
    Unset(String),
}

impl Origin {
    /// In words, one line a variable. The values of secrets are left out.
    pub(crate) fn words(&self) -> Option<String> {
        let mut lines: Vec<String> = self.uses.iter().map(Use::words).collect();
        lines.dedup();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// A text about the value, without the values of secrets.
    pub(crate) fn mask(&self, text: String) -> String {
        self.uses.iter().fold(text, |text, one| {
            let Use::Set(name, Variable { value, .. }) = one else { return text };
            let masked = mask_value(name, value);
            if value.is_empty() || masked == *value {
                return text;
            }
            let alone = text.replace(&format!("`{value}`"), &format!("`{masked}`"));
            if value.len() < SHORTEST { alone } else { alone.replace(value.as_str(), &masked) }
        })
    }
}

impl Use {
    fn words(&self) -> String {
        match self {
            Self::Set(name, variable) if is_secret_name(name) => {
                format!("the variable {name} (its value is not shown) is {}", variable.origin)
            }
            Self::Set(name, variable) => {
                let shown = mask_value(name, &variable.value);
                format!("the variable {name} is `{}`, {}", short(&shown), variable.origin)
            }
            Self::Default(name, word) => {
                format!("the variable {name} has no value, and `{}` is its default in the file", short(word))
            }
            Self::Unset(name) => format!("the variable {name} is not set, and became empty text"),
        }
    }
}

fn short(value: &str) -> String {
    let line = value.lines().next().unwrap_or_default();
    if line.len() == value.len() && line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    line.chars().take(LONGEST).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let set = |name: &str, value: &str| {
            Use::Set(name.to_owned(), Variable { value: value.to_owned(), origin: "set in /p/.env:3".into() })
        };
        for (one, text, masked, words) in [
            (set("PORT", "eighty"), "`eighty`", "`eighty`", "the variable PORT is `eighty`, set in /p/.env:3"),
            (
                set("DB_PASSWORD", "hunter2"),
                "`x-hunter2` is no size",
                "`x-********` is no size",
                "the variable DB_PASSWORD (its value is not shown) is set in /p/.env:3",
            ),
            (
                set("API_TOKEN", "is"),
                "`is` is no size",
                "`********` is no size",
                "the variable API_TOKEN (its value is not shown) is set in /p/.env:3",
            ),
            (
                Use::Default("N".to_owned(), "lots".to_owned()),
                "",
                "",
                "the variable N has no value, and `lots` is its default in the file",
            ),
        ] {
            let origin = Origin { uses: vec![one] };
            assert_eq!(origin.mask(text.to_owned()), masked);
            assert_eq!(origin.words().as_deref(), Some(words));
        }
    }
}
