//! What a project is called: `-p`, `COMPOSE_PROJECT_NAME`, `name:`, or its directory.

use super::Loader;
use crate::codes;
use crate::interpolation;
use crate::paths;
use crate::request::Request;
use crate::tree::{Node, Place};
use crate::variables::Variables;
use evenkeel_model::StackName;

/// Lowercase, without what a project name may not hold.
pub fn normalise(text: &str) -> String {
    let kept: String = text.to_lowercase().chars().filter(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-')).collect();
    kept.trim_start_matches(['_', '-']).to_owned()
}

impl Loader<'_> {
    /// The project's name. A name that was chosen outside the files must be valid as it is.
    pub(crate) fn project_name(&self, request: &Request, variables: &Variables<'_>) -> Option<String> {
        let given = request.project_name.clone().map(|name| (name, "the name of the project".to_owned()));
        let from_variable = || {
            variables
                .get("COMPOSE_PROJECT_NAME")
                .filter(|variable| !variable.value.is_empty())
                .map(|variable| (variable.value, format!("COMPOSE_PROJECT_NAME, {},", variable.origin)))
        };
        if let Some((name, what)) = given.filter(|(name, _)| !name.is_empty()).or_else(from_variable) {
            return match StackName::parse(&name) {
                Ok(name) => Some(name.to_string()),
                Err(error) => {
                    let help = match normalise(&name) {
                        near if near.is_empty() => error.rule.to_owned(),
                        near => format!("{}; did you mean `{near}`?", error.rule),
                    };
                    let message = format!("{what} is not valid: `{name}`");
                    self.report.error_help(Place::default(), codes::INVALID_NAME, message, help);
                    None
                }
            };
        }
        let (name, place) = match self.name_in_files(request, variables) {
            Some(node) => (node.as_text().unwrap_or_default().to_owned(), node.place),
            None => (paths::base(&request.working_dir).to_owned(), Place::default()),
        };
        let normal = normalise(&name);
        if normal.is_empty() {
            let message = format!("no project name follows from `{name}`");
            let help = "give one with -p, or with `name:` in the file";
            self.report.error_help(place, codes::INVALID_NAME, message, help);
            return None;
        }
        Some(normal)
    }

    /// `name:` of the last file that has one.
    fn name_in_files(&self, request: &Request, variables: &Variables<'_>) -> Option<Node> {
        let mut found = None;
        for file in &request.compose_files {
            let documents = self.documents(file, Place::default());
            for document in documents.iter().flat_map(|documents| documents.iter()) {
                if let Some(name) = document.as_map().and_then(|map| map.get("name"))
                    && name.as_text().is_some_and(|text| !text.is_empty())
                {
                    found = Some(name.clone());
                }
            }
        }
        let mut name = found?;
        if !self.no_interpolate {
            interpolation::interpolate(&mut name, variables, self.report);
        }
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised() {
        for (text, name) in
            [("My_Proj.X", "my_projx"), ("Dir.With_Caps-1", "dirwith_caps-1"), ("_-a", "a"), ("...", ""), ("été", "t")]
        {
            assert_eq!(normalise(text), name);
        }
    }
}
