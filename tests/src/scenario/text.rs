//! From the text of a scenario to its files and steps.

use super::expectation::{self, Expectation};
use super::tool::Tool;

/// One scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its file's name, and the end of its project's name.
    pub name: String,
    /// Its place among all, which decides its ports and subnets.
    pub index: usize,
    /// What holds, in one sentence.
    pub intent: String,
    /// Where the two differ on purpose, and why.
    pub differs: Option<String>,
    /// Files of the project's directory: path and content.
    pub files: Vec<(String, String)>,
    /// What is done.
    pub steps: Vec<Step>,
}

/// Something done, and what is to be seen then.
#[derive(Debug, Clone)]
pub struct Step {
    /// The line in the scenario's file, from 1.
    pub line: usize,
    /// For which of the two; for both where this is `None`.
    pub tool: Option<Tool>,
    /// What is done.
    pub act: Act,
    /// What is to be seen.
    pub expectations: Vec<Expectation>,
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// `$`: a command of the tool, until it ends.
    Command(String),
    /// `&`: a command of the tool that goes on.
    Begin(String),
    /// `%`: a shell's words inside a container.
    Inside(String, String),
    /// `!`: something done behind the tool's back.
    Behind(Vec<String>),
}

/// Reads a scenario. An error begins with the line.
pub fn parse(name: &str, index: usize, text: &str) -> Result<Scenario, String> {
    let mut scenario = Scenario {
        name: name.to_owned(),
        index,
        intent: String::new(),
        differs: None,
        files: Vec::new(),
        steps: Vec::new(),
    };
    let mut section: Option<&str> = None;
    for (number, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line)) {
        if let Some(name) = line.strip_prefix("--- ") {
            section = Some(name.trim());
            if name.trim() != "steps" {
                scenario.files.push((name.trim().to_owned(), String::new()));
            }
            continue;
        }
        match section {
            None => head(&mut scenario, line),
            Some("steps") => step(&mut scenario, number, line).map_err(|error| format!("{number}: {error}"))?,
            Some(_) => {
                if let Some((_, content)) = scenario.files.last_mut() {
                    content.push_str(line);
                    content.push('\n');
                }
            }
        }
    }
    finish(scenario)
}

fn finish(scenario: Scenario) -> Result<Scenario, String> {
    if scenario.intent.is_empty() {
        return Err("1: the first line says what holds".to_owned());
    }
    if scenario.steps.is_empty() {
        return Err("1: there is no section `--- steps`, or nothing in it".to_owned());
    }
    let of_one = |step: &&Step| step.tool.is_some() || step.expectations.iter().any(|one| one.tool.is_some());
    match (scenario.steps.iter().find(of_one), &scenario.differs) {
        (Some(step), None) => {
            Err(format!("{}: what holds for one tool alone needs a line `Differs: …` at the top", step.line))
        }
        (None, Some(_)) => Err("1: `Differs:`, but every step is the same for both".to_owned()),
        _ => Ok(scenario),
    }
}

fn head(scenario: &mut Scenario, line: &str) {
    if let Some(reason) = line.strip_prefix("Differs: ") {
        scenario.differs = Some(reason.trim().to_owned());
    } else if let Some(reason) = &mut scenario.differs {
        reason.push_str(&format!(" {}", line.trim()));
        *reason = reason.trim().to_owned();
    } else if !line.trim().is_empty() {
        scenario.intent = format!("{} {}", scenario.intent, line.trim()).trim().to_owned();
    }
}

fn step(scenario: &mut Scenario, number: usize, line: &str) -> Result<(), String> {
    if line.trim().is_empty() || line.trim_start().starts_with('#') {
        return Ok(());
    }
    if line.starts_with(' ') {
        let last = scenario.steps.last_mut().ok_or("an expectation before the first step")?;
        last.expectations.push(expectation::parse(number, line.trim())?);
        return Ok(());
    }
    let (tool, line) = Tool::prefix(line);
    let (sign, words) = line.split_once(' ').ok_or("a step is a sign, a space and words")?;
    let words = words.trim().to_owned();
    let act = match sign {
        "$" => Act::Command(words),
        "&" => Act::Begin(words),
        "%" => {
            let (container, script) = words.split_once(' ').ok_or("`% CONTAINER SCRIPT`")?;
            Act::Inside(container.to_owned(), script.trim().to_owned())
        }
        "!" => Act::Behind(split(&words)?),
        _ => return Err(format!("`{sign}` is no sign of a step: $ & % !")),
    };
    scenario.steps.push(Step { line: number, tool, act, expectations: Vec::new() });
    Ok(())
}

/// Splits words as a shell does, with single and double quotes.
pub fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let (mut word, mut inside, mut quote) = (String::new(), false, None);
    for character in line.chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => (quote, inside) = (Some(character), true),
            (None, ' ') => {
                if inside {
                    words.push(std::mem::take(&mut word));
                }
                inside = false;
            }
            _ => {
                word.push(character);
                inside = true;
            }
        }
    }
    if quote.is_some() {
        return Err(format!("a quote is not closed: {line}"));
    }
    if inside {
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_a_shell_does() {
        for (line, words) in [
            ("up -d", vec!["up", "-d"]),
            ("exec app sh -c 'echo \"a  b\"'", vec!["exec", "app", "sh", "-c", "echo \"a  b\""]),
            ("a '' b", vec!["a", "", "b"]),
            ("x=\"1 2\"", vec!["x=1 2"]),
        ] {
            assert_eq!(split(line).unwrap(), words, "{line}");
        }
        assert!(split("a 'b").is_err());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, expected) in [
            ("", "1: the first line says what holds"),
            ("x\n", "1: there is no section `--- steps`, or nothing in it"),
            ("x\n--- steps\n  exit 0\n", "3: an expectation before the first step"),
            ("x\n--- steps\n$ up\n  nonsense\n", "4: no expectation begins so: nonsense"),
            ("x\n--- steps\n? up\n", "3: `?` is no sign of a step: $ & % !"),
            (
                "x\n--- steps\n$ up\n  compose: exit 1\n",
                "3: what holds for one tool alone needs a line `Differs: …` at the top",
            ),
            ("x\n\nDiffers: y\n--- steps\n$ up\n", "1: `Differs:`, but every step is the same for both"),
        ] {
            assert_eq!(parse("name", 0, text).unwrap_err(), expected, "{text}");
        }
    }
}
