//! docs/benchmarks.md, in which each measurement has a section of its own that it replaces, and what a reader must know of the moment.

use std::path::Path;

/// Before this stands the section of a measurement that has none yet.
const END: &str = "<!-- figures end -->";

/// Puts a body into docs/benchmarks.md, in the place of the section's last one.
pub fn write(section: &str, body: &str) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks.md");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let text = put(&text, section, body).ok_or(format!("docs/benchmarks.md has lost its marker `{END}`"))?;
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("written to docs/benchmarks.md");
    Ok(())
}

/// The date and the time, UTC.
pub fn date() -> String {
    chrono::Utc::now().format("%Y-%m-%d %H:%M").to_string()
}

/// The load average of the last minute.
pub fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(f64::NAN)
}

/// The text with the body between the markers of the section, which are added where there are none.
fn put(text: &str, section: &str, body: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {section} begins -->\n"), format!("<!-- {section} ends -->\n"));
    let block = format!("{begin}{body}{end}");
    if let (Some(from), Some(to)) = (text.find(&begin), text.find(&end)) {
        return Some(format!("{}{block}{}", &text[..from], &text[to + end.len()..]));
    }
    let at = text.find(END)?;
    Some(format!("{}{block}\n{}", &text[..at], &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::put;

    #[test]
    fn figures_go_to_the_place_of_their_section() {
        let empty = "a\n<!-- figures end -->\nb\n";
        let one = put(empty, "engine 20.10", "x\n").unwrap();
        assert_eq!(one, "a\n<!-- engine 20.10 begins -->\nx\n<!-- engine 20.10 ends -->\n\n<!-- figures end -->\nb\n");
        let two = put(&one, "engine 28.5", "y\n").unwrap();
        let again = put(&two, "engine 20.10", "z\n").unwrap();
        assert_eq!(again, two.replace("x\n", "z\n"));
        assert_eq!(put("no marker", "engine 28.5", "y\n"), None);
    }
}
