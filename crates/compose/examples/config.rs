//! Prints the canonical document of Compose files: `config [-p NAME] [--profile P] FILE…`.

use evenkeel_compose::{ReadError, Request, Source, config, load, render};

struct Disk;

impl Source for Disk {
    fn file(&self, path: &str) -> Result<String, ReadError> {
        let bytes = std::fs::read(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::IsADirectory => ReadError::NotFound,
            std::io::ErrorKind::PermissionDenied => ReadError::Forbidden,
            _ => ReadError::Other(error.to_string()),
        })?;
        String::from_utf8(bytes).map_err(|_| ReadError::NotUtf8)
    }
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

fn main() {
    let mut request = Request::default();
    let mut arguments = std::env::args().skip(1);
    let mut show_stack = false;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-p" => request.project_name = arguments.next(),
            "--profile" => request.profiles.extend(arguments.next()),
            "--stack" => show_stack = true,
            file => {
                let absolute = std::path::absolute(file).map(|path| path.to_string_lossy().into_owned());
                request.compose_files.push(absolute.unwrap_or_default());
            }
        }
    }
    let first = request.compose_files.first().cloned().unwrap_or_default();
    request.working_dir =
        std::path::Path::new(&first).parent().map(|dir| dir.to_string_lossy().into_owned()).unwrap_or_default();
    let result = if show_stack {
        load(&request, &Disk).map(|loaded| (serde_json::to_string_pretty(&loaded.stack), loaded.warnings))
    } else {
        config(&request, &Disk).map(|config| (serde_json::to_string_pretty(&config.canonical), config.warnings))
    };
    let (diagnostics, code) = match result {
        Ok((json, warnings)) => {
            println!("{}", json.unwrap_or_default());
            (warnings, 0)
        }
        Err(errors) => (errors, 1),
    };
    for diagnostic in diagnostics {
        let text = diagnostic.file.as_deref().and_then(|file| std::fs::read_to_string(file).ok());
        eprintln!("{}\n", render(&diagnostic, text.as_deref(), false));
    }
    std::process::exit(code);
}
