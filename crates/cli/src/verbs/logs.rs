//! `logs`: what containers write.

use super::{Context, duration};
use crate::args::SelectionWithoutF;
use crate::client::Client;
use crate::failure::{DONE, Failure, Outcome};
use crate::output::Output;
use anstyle::{AnsiColor, Style};
use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta, Utc};
use evenkeel_wire::{EngineContainer, LogLine, LogStream, LogsQuery, Service, routes};

/// Show what containers write
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel logs -f                     everything, as it comes
  evenkeel logs -n 50 web              the last 50 lines of one service
  evenkeel logs --since 10m")]
pub struct Args {
    /// Only these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Go on with what is written from now on
    #[arg(short, long)]
    follow: bool,
    /// The last so many lines of each container, or all
    #[arg(short = 'n', long, default_value = "all", value_name = "N", value_parser = tail)]
    tail: String,
    /// Begin each line with its time
    #[arg(short, long)]
    timestamps: bool,
    /// Only what was written since: a time (RFC 3339), or how long ago (10m)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<DateTime<Utc>>,
    /// Only what was written until: a time (RFC 3339), or how long ago (10m)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<DateTime<Utc>>,
    /// Only the container of this number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    index: Option<u32>,
    /// Lines as they are, without the container's name before them
    #[arg(long)]
    no_log_prefix: bool,
    /// Which project.
    #[command(flatten)]
    selection: SelectionWithoutF,
}

/// How a line is shown.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// With the container's name before it.
    pub prefix: bool,
    /// With its time before it.
    pub timestamps: bool,
}

/// Shows lines of several containers, one under the other.
pub struct Printer<'a> {
    output: &'a Output,
    format: Format,
    /// What was written on standard error goes there, rather than with the rest.
    apart: bool,
    /// Columns only grow: the names are not known beforehand.
    width: usize,
}

impl<'a> Printer<'a> {
    /// A printer that has shown nothing yet.
    pub fn new(output: &'a Output, format: Format, apart: bool) -> Self {
        Self { output, format, apart, width: 0 }
    }

    /// Shows a line.
    pub fn print(&mut self, line: &LogLine) -> Result<(), Failure> {
        if self.output.json {
            return self.output.json_line(line);
        }
        self.width = self.width.max(line.container.chars().count());
        let text = render(self.output, line, self.width, &self.format);
        if self.apart && line.stream == LogStream::Stderr {
            self.output.err_bytes(format!("{text}\n").as_bytes());
        } else {
            self.output.line(&text);
        }
        Ok(())
    }
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let client = context.client()?;
    let services: Vec<Service> = client.get(&routes::fill(routes::SERVICES, &[&stack]), &()).await?;
    check_services(&services, &arguments.services, &stack)?;
    let query = LogsQuery {
        services: joined(&arguments.services),
        follow: arguments.follow,
        tail: (arguments.tail != "all").then_some(arguments.tail),
        since: arguments.since,
        until: arguments.until,
    };
    let format = Format { prefix: !arguments.no_log_prefix, timestamps: arguments.timestamps };
    let numbered = match arguments.index {
        Some(index) => Some(numbered(&client, &stack, index).await?),
        None => None,
    };
    stream(context.output, &client, &stack, &query, format, numbered).await
}

/// The names of the containers of this number.
async fn numbered(client: &Client, stack: &str, index: u32) -> Result<Vec<String>, Failure> {
    let all: Vec<EngineContainer> = client.get(&routes::fill(routes::ENGINE_CONTAINERS, &[stack]), &()).await?;
    Ok(all.into_iter().filter(|one| !one.one_off && one.number == index).map(|one| one.name).collect())
}

/// Refuses names of services that the stack does not have.
pub fn check_services(known: &[Service], asked: &[String], stack: &str) -> Result<(), Failure> {
    let Some(unknown) = asked.iter().find(|name| !known.iter().any(|service| service.service == **name)) else {
        return Ok(());
    };
    let names: Vec<&str> = known.iter().map(|service| service.service.as_str()).collect();
    Err(Failure::Failed {
        message: format!("stack `{stack}` has no service `{unknown}`"),
        help: Some(format!("it has {}", names.join(", "))),
    })
}

async fn stream(
    output: &Output,
    client: &Client,
    stack: &str,
    query: &LogsQuery,
    format: Format,
    only: Option<Vec<String>>,
) -> Outcome {
    let path = routes::fill(routes::LOGS, &[stack]);
    let mut events = client.events(&path, query, None).await?;
    let mut printer = Printer::new(output, format, false);
    let read = async {
        while let Some(message) = events.next().await {
            let Ok(line) = serde_json::from_str::<LogLine>(&message.data) else { continue };
            if only.as_ref().is_none_or(|only| only.contains(&line.container)) {
                printer.print(&line)?;
            }
        }
        Ok(DONE)
    };
    tokio::select! {
        outcome = read => outcome,
        // Ctrl-C is how one leaves a log that is followed.
        _ = tokio::signal::ctrl_c() => if query.follow { Ok(DONE) } else { Err(Failure::Interrupted("interrupted".into())) },
    }
}

fn render(output: &Output, line: &LogLine, width: usize, format: &Format) -> String {
    let time = match line.at {
        Some(at) if format.timestamps => format!("{} ", at.to_rfc3339_opts(SecondsFormat::Millis, true)),
        _ => String::new(),
    };
    if !format.prefix {
        return format!("{time}{}", line.text);
    }
    let prefix = output.on_out(colour(&line.container), &format!("{:width$} |", line.container));
    format!("{prefix} {time}{}", line.text)
}

/// The same colour for the same container in every run.
fn colour(container: &str) -> Style {
    const COLOURS: [AnsiColor; 6] = [
        AnsiColor::Cyan,
        AnsiColor::Yellow,
        AnsiColor::Green,
        AnsiColor::Magenta,
        AnsiColor::Blue,
        AnsiColor::BrightRed,
    ];
    let sum = container.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    COLOURS[sum % COLOURS.len()].on_default()
}

fn joined(services: &[String]) -> Option<String> {
    (!services.is_empty()).then(|| services.join(","))
}

fn tail(text: &str) -> Result<String, String> {
    if text == "all" || text.parse::<u32>().is_ok() {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` is neither a number of lines nor `all`"))
}

/// A moment as Docker's command takes it: RFC 3339, also without its zone or its time (UTC), seconds since 1970, or how long ago.
pub fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    /// Numbers below are durations: nothing is so long ago.
    const SECONDS: i64 = 1_000_000_000;
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let dated = text.parse::<NaiveDateTime>().ok();
    let dated = dated.or_else(|| text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0));
    if let Some(at) = dated {
        return Ok(at.and_utc());
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if let (Ok(seconds @ SECONDS..), true) = (whole.parse(), fraction.bytes().all(|byte| byte.is_ascii_digit()))
        && let Some(at) = DateTime::from_timestamp(seconds, format!("{fraction:0<9.9}").parse().unwrap_or(0))
    {
        return Ok(at);
    }
    let ago = duration(text).map_err(|_| format!("`{text}` is neither a time (RFC 3339) nor a duration (10m)"))?;
    let ago = TimeDelta::from_std(ago).map_err(|error| error.to_string())?;
    Utc::now().checked_sub_signed(ago).ok_or_else(|| format!("`{text}` is too long ago"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_rendered_as_asked() {
        let (output, _, _) = Output::captured(false, false);
        let at = DateTime::from_timestamp_millis(1_700_000_000_250);
        let line = LogLine {
            at,
            service: "web".into(),
            container: "shop-web-1".into(),
            stream: LogStream::Stdout,
            text: "hi".into(),
        };
        for (prefix, timestamps, width, text) in [
            (true, false, 12, "shop-web-1   | hi"),
            (true, true, 10, "shop-web-1 | 2023-11-14T22:13:20.250Z hi"),
            (false, false, 10, "hi"),
        ] {
            assert_eq!(render(&output, &line, width, &Format { prefix, timestamps }), text);
        }
    }

    #[test]
    fn moments_are_times_or_durations() {
        assert_eq!(moment("2023-11-14T23:13:20+01:00"), Ok(DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000)));
        for text in ["2023-11-14T22:13:20", "1700000000", "1700000000.0"] {
            assert_eq!(moment(text), Ok(DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000)), "{text}");
        }
        assert_eq!(moment("2023-11-14"), Ok(DateTime::UNIX_EPOCH + TimeDelta::seconds(1_699_920_000)));
        assert!(moment("10m").is_ok_and(|at| at < Utc::now() - TimeDelta::seconds(599)));
        assert!(moment("yesterday").is_err());
    }
}
