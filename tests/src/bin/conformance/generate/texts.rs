//! Cases that are not about keys: lines of env files, `$` in all its forms, YAML's own ways to write a value.

use super::Random;
use crate::draft::Draft;
use crate::tree::Tree;

const NAMES: [&str; 22] = [
    "A",
    "B",
    "A",
    "TEXT",
    "UNSET",
    "export A",
    "export  B",
    " A",
    "A ",
    "\tB",
    "A.B",
    "A-B",
    "1A",
    "a[0]",
    "A B",
    "exportA",
    "export",
    "é",
    "A%",
    "",
    "_x",
    "export TEXT",
];
const SEPARATORS: [&str; 9] = ["=", "=", "=", "=", "=", " = ", ":", ": ", ""];
const PIECES: [&str; 44] = [
    "a",
    "b",
    "c d",
    "1",
    " ",
    "  ",
    "\"",
    "\"",
    "'",
    "'",
    "\\",
    "\\n",
    "\\\"",
    "\\'",
    "\\\\",
    "\\$",
    "\\t",
    "\\x",
    "\\065",
    "\\0101",
    "$",
    "$$",
    "$TEXT",
    "${TEXT}",
    "${UNSET:-x y}",
    "${UNSET}",
    "${A}",
    "$A",
    "${B-b}",
    "${TEXT:+alt}",
    "#",
    " #",
    " # note",
    "\n",
    "=",
    ":",
    "é",
    "\t",
    "{",
    "}",
    "`x`",
    "${",
    "http://h:1/p?q=1#f",
    "\r",
];
const MARKS: [&str; 30] = [
    "$",
    "$",
    "{",
    "}",
    "${",
    "${",
    ":-",
    "-",
    ":+",
    "+",
    ":?",
    "?",
    "TEXT",
    "UNSET",
    "EMPTY",
    "NUMBER",
    "x",
    " ",
    "a",
    "$$",
    "1",
    ":",
    "/",
    "${TEXT}",
    "${UNSET:-",
    "$TEXT",
    "\n",
    "{}",
    "é",
    "_",
];
/// What follows a key in a block mapping that is indented by six.
const VALUES: [&str; 66] = [
    "|\n        a\n        b\n",
    "|-\n        a\n\n        b\n\n",
    "|+\n        a\n\n",
    ">\n        a\n        b\n\n        c\n",
    ">-\n        a\n          more\n        b\n",
    "|2\n          x\n",
    "a\n        b\n        c",
    "\"a\n        b\\\n        c\\\n         d\"",
    "'a\n\n        b'",
    "\"\\x41\\u00e9\\t\\\"\\e\"",
    "'it''s'",
    "&v a",
    "!!str 123",
    "!!int \"7\"",
    "!!float 1",
    "!!bool yes",
    "!custom a",
    "~",
    "null",
    "Null",
    "NULL",
    "",
    "# only a comment",
    "a # comment",
    "a#b",
    "true",
    "True",
    "TRUE",
    "yes",
    "Off",
    "0755",
    "0o755",
    "0x1F",
    "0b101",
    "1_000",
    "1_0.5",
    "-0",
    "+5",
    "1e3",
    "1E+3",
    ".5",
    "5.",
    "-.inf",
    ".NaN",
    "1:30",
    "12:30:45",
    "2001-12-14",
    "2001-12-14t21:59:43.10-05:00",
    "0.1",
    "1.10",
    "100000000000000000000",
    "9223372036854775808",
    "18446744073709551615",
    "-9223372036854775808",
    "1e400",
    "0.0000001",
    "123456789012.5",
    "@at",
    "`tick",
    "%percent",
    "a: b",
    "- a",
    "[a]",
    "?",
    "=",
    "<<",
];
const KEYS: [&str; 14] = ["a", "b", "\"a\"", "'c'", "1", "true", "null", "~", "1.5", "<<", "a b", "? a", "0x1", "é"];

impl Random {
    /// Lines of an env file. In that many of a hundred a line is anything.
    pub(super) fn env_lines(&mut self, most: usize, wild: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for _ in 0..=self.below(most) {
            let mut line = String::new();
            if self.percent(wild) {
                line.push_str(self.word(&NAMES));
                line.push_str(self.word(&SEPARATORS));
                let pieces: String = (0..self.below(6)).map(|_| *self.pick(&PIECES)).collect();
                let quote = ["", "", "\"", "'"][self.below(4)];
                line.push_str(&format!("{quote}{pieces}{quote}"));
                line.push_str(["", "", "", " ", " # c", "#c", " x"][self.below(7)]);
            } else {
                line.push_str(
                    ["A=1", "B=two words", "L=\"$TEXT\"", "# note", "", "export C='c'", "TEXT"][self.below(7)],
                );
            }
            line.push_str(if self.percent(6) { "\r\n" } else { "\n" });
            lines.push(line);
        }
        if self.percent(5) {
            lines.insert(0, "\u{feff}".to_owned());
        }
        lines
    }

    pub(super) fn env_files(&mut self) -> Draft {
        let mut draft = Draft::default();
        let service = [("image", "x"), ("environment", "{A: null, SEEN: '${A}-${B-unset}'}")];
        let mut service: Vec<(String, Tree)> =
            service.map(|(key, value)| (key.to_owned(), Tree::literal(value))).into();
        if self.percent(80) {
            let form = *self.pick(&[
                "e.env",
                "e.env",
                "[e.env, f.env]",
                "[{path: e.env, format: raw}]",
                "[{path: e.env, format: raw}, f.env]",
            ]);
            service.push(("env_file".to_owned(), Tree::literal(form)));
            draft.texts.insert("e.env".to_owned(), self.env_lines(3, 80));
            draft.texts.insert("f.env".to_owned(), self.env_lines(2, 50));
        }
        if self.percent(15) {
            service.push(("label_file".to_owned(), Tree::literal("l.env")));
            draft.texts.insert("l.env".to_owned(), self.env_lines(2, 70));
        }
        if self.percent(60) {
            draft.texts.insert(".env".to_owned(), self.env_lines(3, 60));
        }
        if self.percent(70) {
            draft.variables.insert("TEXT".to_owned(), "txt".to_owned());
        }
        let services = Tree::Map(vec![("a".to_owned(), Tree::Map(service))]);
        draft.documents.insert("compose.yaml".to_owned(), vec![Tree::Map(vec![("services".to_owned(), services)])]);
        draft
    }

    pub(super) fn templates(&mut self) -> Draft {
        let mut draft = Draft::default();
        let mut labels = Vec::new();
        for at in 0..=self.below(3) {
            let text: String = (0..1 + self.below(8)).map(|_| *self.pick(&MARKS)).collect();
            labels.push((format!("l{at}"), Tree::Literal(format!("{text:?}").replace("\\u{e9}", "é"))));
        }
        let service = vec![("image".to_owned(), Tree::literal("x")), ("labels".to_owned(), Tree::Map(labels))];
        let services = Tree::Map(vec![("a".to_owned(), Tree::Map(service))]);
        draft.documents.insert("compose.yaml".to_owned(), vec![Tree::Map(vec![("services".to_owned(), services)])]);
        draft.variables =
            [("TEXT", "txt"), ("NUMBER", "7"), ("EMPTY", "")].map(|(a, b)| (a.to_owned(), b.to_owned())).into();
        draft
    }

    pub(super) fn yaml(&mut self) -> Draft {
        let mut draft = Draft::default();
        let mut lines = vec!["services:\n".to_owned(), "  a:\n".to_owned(), "    image: x\n".to_owned()];
        lines.push(format!(
            "    {}:\n",
            self.pick(&["labels", "labels", "environment", "x-any", "sysctls", "annotations"])
        ));
        for _ in 0..=self.below(3) {
            let key = if self.percent(85) { format!("k{}", self.below(9)) } else { (*self.pick(&KEYS)).to_owned() };
            lines.push(format!("      {key}: {}\n", self.pick(&VALUES)));
        }
        if self.percent(10) {
            lines.push(
                (*self.pick(&[
                    "...\n",
                    "---\n",
                    "\t\n",
                    "--- {}\n",
                    "--- null\n",
                    "    command: [a,\n  b]\n",
                    "\u{feff}\n",
                ]))
                .to_owned(),
            );
        }
        if self.percent(8) {
            lines.insert(
                0,
                (*self.pick(&["%YAML 1.1\n---\n", "---\n", "# c\n", "\u{feff}", "\n\n", "--- # x\n"])).to_owned(),
            );
        }
        draft.texts.insert("compose.yaml".to_owned(), lines);
        draft.variables =
            [("TEXT", "txt"), ("NUMBER", "7"), ("EMPTY", "")].map(|(a, b)| (a.to_owned(), b.to_owned())).into();
        draft
    }
}
