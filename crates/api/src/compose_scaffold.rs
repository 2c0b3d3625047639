use evenkeel_model::*;
#[derive(Debug)]
pub struct Request;
pub struct Bundle;
impl Request {
    pub fn of(_: &Definition) -> Self {
        Self
    }
}
impl Bundle {
    pub fn of(_: &Definition) -> Self {
        Self
    }
}
#[derive(Debug, Clone, Copy)]
pub enum Severity {
    Error,
    Warning,
}
#[derive(Debug, Clone)]
pub struct Diagnostic {
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub severity: Severity,
    pub code: &'static str,
    pub message: String,
    pub help: Option<String>,
}
impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}
pub struct Project {
    pub stack: Stack,
    pub canonical: serde_json::Value,
    pub warnings: Vec<Diagnostic>,
}
pub fn load(_: &Request, _: &Bundle) -> Result<Project, Vec<Diagnostic>> {
    Err(vec![])
}
