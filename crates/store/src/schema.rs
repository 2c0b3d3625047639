//! Brings a database to this build's schema. Migrations are only ever added, so an older database always can be, and a
//! newer one never.

use crate::{Error, column};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Row, SqlitePool};
use std::path::Path;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// Applies what is missing. A database of a newer schema is refused before anything is written to it.
pub async fn bring_up_to_date(writer: &SqlitePool, file: &Path) -> Result<(), Error> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    let found = newest_applied(writer).await?;
    if found > known {
        return Err(Error::NewerSchema { file: file.to_owned(), found, known });
    }
    MIGRATIONS.run(writer).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => Error::from(error),
        other => Error::Corrupt { what: format!("{}: {other}", file.display()) },
    })
}

/// 0 for a database that is new.
async fn newest_applied(writer: &SqlitePool) -> Result<i64, Error> {
    let table = sqlx::query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'");
    if table.fetch_optional(writer).await?.is_none() {
        return Ok(0);
    }
    let row = sqlx::query("SELECT max(version) AS newest FROM _sqlx_migrations").fetch_one(writer).await?;
    let newest: Option<i64> =
        row.try_get("newest").map_err(|error| column::corrupt("_sqlx_migrations.version", error))?;
    Ok(newest.unwrap_or(0))
}
