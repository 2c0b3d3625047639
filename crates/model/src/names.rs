//! Names as types, so that a service cannot be passed where a container is meant.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A name that breaks its kind's rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid {kind} `{value}`: {rule}")]
pub struct InvalidName {
    /// What the name was meant for, such as `stack name`.
    pub kind: &'static str,
    /// The offending text.
    pub value: String,
    /// The rule, as a sentence for people.
    pub rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps a text that is known to be such a name.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// A stack's name: Compose's project name. Lowercase letters, digits, `-` and `_`.
    StackName
);
name!(
    /// A service's name within its stack.
    ServiceName
);
name!(
    /// A container's name on the engine, without the leading slash: `shop-web-1`.
    ContainerName
);
name!(
    /// A network's name on the engine: `shop_default`.
    NetworkName
);
name!(
    /// A volume's name on the engine: `shop_data`.
    VolumeName
);
name!(
    /// An image as a file names it: `postgres:15`, `host/team/app@sha256:…`.
    ImageRef
);
name!(
    /// An image's content address on the engine: `sha256:…`.
    ImageId
);
name!(
    /// SHA-256 in hexadecimal over what a service's containers are made from. Two equal hashes need no replacement.
    SpecHash
);

impl StackName {
    /// Checks Compose's rule for project names.
    ///
    /// # Errors
    /// [`InvalidName`] for anything but lowercase letters, digits, `-` and `_`, beginning with a letter or digit.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let body = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        let head = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if text.starts_with(head) && text.chars().all(body) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidName {
            kind: "stack name",
            value: text.to_owned(),
            rule: "it must consist only of lowercase letters, digits, hyphens and underscores, \
                   and start with a letter or digit",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stack_names_follow_composes_rule() {
        for (text, valid) in [
            ("shop", true),
            ("0shop-a_b", true),
            ("", false),
            ("-shop", false),
            ("_shop", false),
            ("Shop", false),
            ("a.b", false),
            ("a b", false),
            ("a/../b", false),
        ] {
            assert_eq!(StackName::parse(text).is_ok(), valid, "{text:?}");
        }
    }
}
