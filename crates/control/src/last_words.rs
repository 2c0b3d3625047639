//! What a container said before it ended: asked for once for each end, in a task of its own, masked, bounded, and written down. A loop
//! then says why, and so does a container whose log has gone with it.

use crate::entry::Entry;
use crate::shared::Shared;
use chrono::TimeDelta;
use evenkeel_engine::{Error, LogQuery};
use evenkeel_model::{HistoryEntry, HistoryKind, LastWords, LedgerUpdate, Object, Secrets};
use evenkeel_plan::Ended;
use futures::StreamExt;
use std::sync::Arc;
use std::time::Duration;

/// Lines that are asked for: the container may run again by now, and have said more.
const ASKED: u32 = 100;
/// Lines of the run that are kept, and characters of each.
const KEPT: (usize, usize) = (8, 200);
/// The engine's log driver may be behind the process.
const LATE: TimeDelta = TimeDelta::milliseconds(100);
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks for a container's last words, unless that was done for this end.
pub(crate) fn hear(shared: &Arc<Shared>, entry: &Arc<Entry>, ended: Ended) {
    if !entry.in_flight().begin_hearing(&ended.container, ended.exit_at) {
        return;
    }
    let (shared, entry) = (shared.clone(), entry.clone());
    shared.clone().spawn(async move {
        let lines = match tokio::time::timeout(PATIENCE, lines(&shared, &ended)).await {
            Ok(Ok(lines)) => lines,
            // They are no more than a help: its end is told without them.
            Ok(Err(error)) => return tracing::debug!(container = %ended.container, %error, "its log cannot be read"),
            Err(_) => return tracing::debug!(container = %ended.container, "its log is not to be had"),
        };
        let Some(text) = text(&lines, &Secrets::of(&entry.state().desired.stack)) else { return };
        let (container, exit_at) = (ended.container, ended.exit_at);
        let object = Object::Container(container.clone()).to_string();
        let message = format!("{object} said last: {}", text.lines().last().unwrap_or_default());
        let words = LastWords { exit_at, text: text.clone() };
        if crate::pass::record(&shared, &entry, &[LedgerUpdate::LastWords { container, words }]).await {
            let told = shared.journal.entry(HistoryKind::ContainerEnded, Some(&entry.name), message);
            shared.journal.tell(HistoryEntry { object: Some(object), cause: Some(text), ..told }).await;
            entry.nudge.notify_one();
        }
    });
}

/// The last lines of the run.
async fn lines(shared: &Shared, ended: &Ended) -> Result<Vec<String>, Error> {
    let query = LogQuery {
        container: ended.container.clone(),
        follow: false,
        tail: Some(ASKED),
        // The engine's clock may have been set back during the run.
        since: Some(ended.started_at.min(ended.exit_at)),
    };
    let mut lines = shared.engine.logs(&query).await?;
    let mut of_this_run = Vec::new();
    while let Some(line) = lines.next().await {
        let line = line?;
        if line.at <= ended.exit_at + LATE {
            of_this_run.push(String::from_utf8_lossy(&line.text).into_owned());
        }
    }
    Ok(of_this_run)
}

/// The end of a log as it may be shown; `None` where it says nothing.
fn text(lines: &[String], secrets: &Secrets) -> Option<String> {
    let (most, longest) = KEPT;
    let readable = |line: &String| {
        // Masked before it is cut: half a secret would not be known as one.
        let line = secrets.redact(line);
        line.chars().filter(|c| !c.is_control()).take(longest).collect::<String>().trim_end().to_owned()
    };
    let kept: Vec<String> = lines.iter().rev().map(readable).filter(|line| !line.is_empty()).take(most).collect();
    let text = kept.into_iter().rev().collect::<Vec<_>>().join("\n");
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_readable_and_bounded() {
        let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let secrets = Secrets::default();
        for (said, kept) in [
            (&[][..], None),
            (&["", "  \r"], None),
            (&["panic: no database\r"], Some("panic: no database".to_owned())),
            (&["a", "\u{1b}[31mred\u{1b}[0m"], Some("a\n[31mred[0m".to_owned())),
            (&["1", "2", "3", "4", "5", "", "6", "7", "8", "9"], Some("2\n3\n4\n5\n6\n7\n8\n9".to_owned())),
            (&["x".repeat(1000).as_str()], Some("x".repeat(200))),
        ] {
            assert_eq!(text(&lines(said), &secrets), kept, "{said:?}");
        }
    }
}
