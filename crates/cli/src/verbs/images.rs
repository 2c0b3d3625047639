//! `images`: which image each container was made from.

use super::{Context, ps::ago};
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::format::{self, Format, Row, decimal_size};
use chrono::Utc;
use evenkeel_wire::{EngineImage, routes};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// List the images that a stack's containers were made from
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only of these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// table, json, or a template such as '{{.Repository}}'
    #[arg(long, default_value = "table", hide_default_value = true, value_parser = format::parse)]
    format: Format,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let path = routes::fill(routes::ENGINE_IMAGES, &[&stack]);
    let mut images: Vec<EngineImage> = context.client()?.get(&path, &()).await?;
    images.retain(|image| arguments.services.is_empty() || arguments.services.contains(&image.service));
    let output = context.output;
    if output.quiet {
        let ids: BTreeSet<&str> = images.iter().map(|image| image.id.trim_start_matches("sha256:")).collect();
        ids.into_iter().for_each(|id| output.line(id));
    } else if output.json || arguments.format == Format::Json {
        // One document, as Compose prints it for this verb.
        let documents: Vec<Value> = images.iter().map(document).collect();
        output.line(&Value::Array(documents).to_string());
    } else {
        let rows: Vec<Row> = images.iter().map(row).collect();
        let columns = [
            ("CONTAINER", "ContainerName"),
            ("REPOSITORY", "Repository"),
            ("TAG", "Tag"),
            ("PLATFORM", "Platform"),
            ("IMAGE ID", "ID"),
            ("SIZE", "Size"),
            ("CREATED", "Created"),
        ];
        format::print(output, &arguments.format, columns, &rows)?;
    }
    Ok(DONE)
}

fn document(image: &EngineImage) -> Value {
    let mut document = json!({
        "ID": image.id, "ContainerName": image.container, "Repository": image.repository, "Tag": image.tag,
        "Platform": image.platform, "Size": image.size_bytes,
    });
    if let Some(created) = image.created_at {
        document["Created"] = json!(created);
    }
    document["LastTagTime"] = json!(image.tagged_at);
    document
}

fn row(image: &EngineImage) -> Row {
    let id = image.id.trim_start_matches("sha256:");
    let created = image.created_at.or(image.tagged_at);
    let fields = [
        ("ContainerName", image.container.clone()),
        ("Repository", none_where_empty(&image.repository)),
        ("Tag", none_where_empty(&image.tag)),
        ("Platform", image.platform.clone()),
        ("ID", id.chars().take(12).collect()),
        ("Size", decimal_size(image.size_bytes)),
        ("Created", created.map(|at| format!("{} ago", ago(at, Utc::now()))).unwrap_or_default()),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
}

fn none_where_empty(text: &str) -> String {
    if text.is_empty() { "<none>".to_owned() } else { text.to_owned() }
}
