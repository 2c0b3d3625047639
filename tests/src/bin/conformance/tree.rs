//! YAML in the making: trees that can be written, and made smaller.

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// A value as it stands in YAML.
    Literal(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
    /// With `!reset`, `!override`, or an anchor before it.
    Marked(String, Box<Tree>),
}

impl Tree {
    pub fn literal(text: &str) -> Self {
        Self::Literal(text.to_owned())
    }

    pub fn as_map(&self) -> Option<&Vec<(String, Tree)>> {
        match self {
            Self::Map(entries) => Some(entries),
            Self::Marked(_, inner) => inner.as_map(),
            _ => None,
        }
    }

    pub fn as_map_mut(&mut self) -> Option<&mut Vec<(String, Tree)>> {
        match self {
            Self::Map(entries) => Some(entries),
            Self::Marked(_, inner) => inner.as_map_mut(),
            _ => None,
        }
    }

    pub fn get(&self, key: &str) -> Option<&Tree> {
        self.as_map()?.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        self.as_map_mut()?.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// As a document.
    pub fn yaml(&self) -> String {
        let mut text = String::new();
        self.block(0, &mut text);
        text.trim_start_matches('\n').to_owned()
    }

    /// Below a key or a dash: on the same line, or on those that follow.
    fn block(&self, indent: usize, out: &mut String) {
        let margin = "  ".repeat(indent);
        match self {
            Self::Map(entries) if !entries.is_empty() => {
                for (key, value) in entries {
                    out.push_str(&format!("\n{margin}{key}:"));
                    value.block(indent + 1, out);
                }
            }
            Self::List(items) if !items.is_empty() => {
                for item in items {
                    match item.flow() {
                        Some(text) => out.push_str(&format!("\n{margin}- {text}")),
                        None => {
                            out.push_str(&format!("\n{margin}-"));
                            item.block(indent + 1, out);
                        }
                    }
                }
            }
            Self::Marked(mark, inner) => {
                out.push_str(&format!(" {mark}"));
                inner.block(indent, out);
            }
            Self::Literal(text) => out.push_str(&format!(" {text}")),
            Self::Map(_) => out.push_str(" {}"),
            Self::List(_) => out.push_str(" []"),
        }
    }

    /// On one line, where every part of it may stand so.
    fn flow(&self) -> Option<String> {
        match self {
            Self::Literal(text) => {
                (!text.contains([',', '#', '\n']) || text.starts_with(['"', '\'', '[', '{'])).then(|| text.clone())
            }
            Self::Map(entries) => {
                let parts: Option<Vec<String>> = entries
                    .iter()
                    .map(|(key, value)| match value {
                        _ if key.contains(['[', ']', '{', '}', ',']) => None,
                        Self::Literal(text)
                            if !text.starts_with(['"', '\'', '[', '{'])
                                && text.contains(['[', ']', '{', '}', '?', ':']) =>
                        {
                            None
                        }
                        value => Some(format!("{key}: {}", value.flow()?)),
                    })
                    .collect();
                Some(format!("{{{}}}", parts?.join(", ")))
            }
            _ => None,
        }
    }

    /// How many reductions there are.
    pub fn size(&self) -> usize {
        match self {
            Self::Literal(_) => 0,
            Self::List(items) => items.iter().map(|item| 1 + item.size()).sum(),
            Self::Map(entries) => entries.iter().map(|(_, value)| 1 + value.size()).sum(),
            Self::Marked(_, inner) => 1 + inner.size(),
        }
    }

    /// Without its part of that number; whether there was one.
    pub fn reduce(&mut self, number: &mut usize) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::List(items) => {
                for at in 0..items.len() {
                    if *number == 0 {
                        items.remove(at);
                        return true;
                    }
                    *number -= 1;
                    if items[at].reduce(number) {
                        return true;
                    }
                }
                false
            }
            Self::Map(entries) => {
                for at in 0..entries.len() {
                    if *number == 0 {
                        entries.remove(at);
                        return true;
                    }
                    *number -= 1;
                    if entries[at].1.reduce(number) {
                        return true;
                    }
                }
                false
            }
            Self::Marked(_, inner) => {
                if *number == 0 {
                    *self = (**inner).clone();
                    return true;
                }
                *number -= 1;
                inner.reduce(number)
            }
        }
    }
}
