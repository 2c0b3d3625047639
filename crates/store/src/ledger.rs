//! Attempts that count against objects, jobs that are done, hooks that were run, and what containers said last.

use crate::{Error, Store, column};
use evenkeel_model::{
    Attempt, Completion, ContainerName, Following, HookMoment, HooksRan, ImageRef, LastWords, Ledger, LedgerUpdate,
    NetworkName, Object, ServiceName, SpecHash, StackName, Timestamp, Undone, VolumeName,
};
use sqlx::{FromRow, SqliteConnection};

/// Failures that are taken over from a schema which only counted them: more than any back-off has rungs.
const OLD_TIMES: u32 = 16;

#[derive(FromRow)]
struct AttemptRow {
    object_kind: String,
    object_name: String,
    failures: i64,
    first_at: String,
    last_at: String,
    next_at: String,
    reason: String,
    times_json: Option<String>,
}

impl TryFrom<AttemptRow> for (Object, Attempt) {
    type Error = Error;
    fn try_from(row: AttemptRow) -> Result<Self, Error> {
        let object = match row.object_kind.as_str() {
            "image" => Object::Image(ImageRef::from(row.object_name)),
            "network" => Object::Network(NetworkName::from(row.object_name)),
            "volume" => Object::Volume(VolumeName::from(row.object_name)),
            "container" => Object::Container(ContainerName::from(row.object_name)),
            other => return Err(column::corrupt("attempts.object_kind", format!("`{other}`"))),
        };
        let failures: u32 = column::number(row.failures, "attempts.failures")?;
        let last_at = column::time(&row.last_at, "attempts.last_at")?;
        let times: Option<Vec<Timestamp>> =
            row.times_json.map(|text| column::json(&text, "attempts.times_json")).transpose()?;
        let attempt = Attempt {
            failures,
            // An earlier schema knew how many they were, and no more.
            times: times.unwrap_or_else(|| vec![last_at; failures.min(OLD_TIMES) as usize]),
            first_at: column::time(&row.first_at, "attempts.first_at")?,
            last_at,
            next_at: column::time(&row.next_at, "attempts.next_at")?,
            reason: row.reason,
            refused: false,
        };
        Ok((object, attempt))
    }
}

fn key(object: &Object) -> (&'static str, &str) {
    match object {
        Object::Image(name) => ("image", name.as_str()),
        Object::Network(name) => ("network", name.as_str()),
        Object::Volume(name) => ("volume", name.as_str()),
        Object::Container(name) => ("container", name.as_str()),
    }
}

#[derive(FromRow)]
struct CompletionRow {
    container: String,
    service: String,
    spec_hash: String,
    epoch: i64,
    container_id: String,
    started_at: String,
    finished_at: String,
}

impl TryFrom<CompletionRow> for (ContainerName, Completion) {
    type Error = Error;
    fn try_from(row: CompletionRow) -> Result<Self, Error> {
        let completion = Completion {
            service: ServiceName::from(row.service),
            spec_hash: SpecHash::from(row.spec_hash),
            epoch: column::number(row.epoch, "completions.epoch")?,
            container_id: row.container_id,
            started_at: column::time(&row.started_at, "completions.started_at")?,
            finished_at: column::time(&row.finished_at, "completions.finished_at")?,
        };
        Ok((ContainerName::from(row.container), completion))
    }
}

#[derive(FromRow)]
struct HooksRow {
    container: String,
    moment: String,
    run: String,
    at: String,
    failed: Option<String>,
}

impl TryFrom<HooksRow> for ((ContainerName, HookMoment), HooksRan) {
    type Error = Error;
    fn try_from(row: HooksRow) -> Result<Self, Error> {
        let moment = column::word(&row.moment, "hooks.moment", HookMoment::parse)?;
        let ran = HooksRan {
            run: column::time(&row.run, "hooks.run")?,
            at: column::time(&row.at, "hooks.at")?,
            failed: row.failed,
        };
        Ok(((ContainerName::from(row.container), moment), ran))
    }
}

#[derive(FromRow)]
struct LastWordsRow {
    container: String,
    exit_at: String,
    text: String,
}

impl TryFrom<LastWordsRow> for (ContainerName, LastWords) {
    type Error = Error;
    fn try_from(row: LastWordsRow) -> Result<Self, Error> {
        let words = LastWords { exit_at: column::time(&row.exit_at, "last_words.exit_at")?, text: row.text };
        Ok((ContainerName::from(row.container), words))
    }
}

#[derive(FromRow)]
struct FollowingRow {
    container: String,
    followed: String,
    run: Option<String>,
    beside: Option<String>,
    behind: bool,
}

impl TryFrom<FollowingRow> for ((ContainerName, ContainerName), Following) {
    type Error = Error;
    fn try_from(row: FollowingRow) -> Result<Self, Error> {
        let following = Following {
            run: row.run.map(|run| column::time(&run, "followings.run")).transpose()?,
            beside: row.beside.map(|run| column::time(&run, "followings.beside")).transpose()?,
            behind: row.behind,
        };
        Ok(((ContainerName::from(row.container), ContainerName::from(row.followed)), following))
    }
}

impl Store {
    /// A stack's ledger; empty where there is no such stack.
    pub async fn ledger(&self, name: &StackName) -> Result<Ledger, Error> {
        // One transaction, so that attempts and completions are of the same moment.
        let mut transaction = self.readers().begin().await?;
        let attempts: Vec<AttemptRow> = sqlx::query_as(
            "SELECT object_kind, object_name, failures, first_at, last_at, next_at, reason, times_json
             FROM attempts WHERE stack = ?",
        )
        .bind(name.as_str())
        .fetch_all(&mut *transaction)
        .await?;
        let completions: Vec<CompletionRow> = sqlx::query_as(
            "SELECT container, service, spec_hash, epoch, container_id, started_at, finished_at
             FROM completions WHERE stack = ?",
        )
        .bind(name.as_str())
        .fetch_all(&mut *transaction)
        .await?;
        let hooks: Vec<HooksRow> =
            sqlx::query_as("SELECT container, moment, run, at, failed FROM hooks WHERE stack = ?")
                .bind(name.as_str())
                .fetch_all(&mut *transaction)
                .await?;
        let last_words: Vec<LastWordsRow> =
            sqlx::query_as("SELECT container, exit_at, text FROM last_words WHERE stack = ?")
                .bind(name.as_str())
                .fetch_all(&mut *transaction)
                .await?;
        let followings: Vec<FollowingRow> =
            sqlx::query_as("SELECT container, followed, run, beside, behind FROM followings WHERE stack = ?")
                .bind(name.as_str())
                .fetch_all(&mut *transaction)
                .await?;
        transaction.rollback().await?;
        Ok(Ledger {
            attempts: attempts.into_iter().map(TryInto::try_into).collect::<Result<_, Error>>()?,
            completions: completions.into_iter().map(TryInto::try_into).collect::<Result<_, Error>>()?,
            hooks: hooks.into_iter().map(TryInto::try_into).collect::<Result<_, Error>>()?,
            last_words: last_words.into_iter().map(TryInto::try_into).collect::<Result<_, Error>>()?,
            followings: followings.into_iter().map(TryInto::try_into).collect::<Result<_, Error>>()?,
        })
    }

    /// Writes changes to a stack's ledger, all or none.
    ///
    /// # Errors
    /// [`Error::UnknownStack`] where the stack has been forgotten meanwhile.
    pub async fn record(&self, name: &StackName, updates: &[LedgerUpdate]) -> Result<(), Error> {
        if updates.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin().await?;
        if crate::stacks::generation(&mut transaction, name).await?.is_none() {
            return Err(Error::UnknownStack { stack: name.clone() });
        }
        for update in updates {
            match update {
                LedgerUpdate::Failed { object, attempt } => failed(&mut transaction, name, object, attempt).await?,
                LedgerUpdate::Cleared { object } => cleared(&mut transaction, name, object).await?,
                LedgerUpdate::Completed { container, completion } => {
                    completed(&mut transaction, name, container, completion).await?;
                }
                LedgerUpdate::HooksRan { container, moment, ran } => {
                    hooks_ran(&mut transaction, name, container, *moment, ran).await?;
                }
                LedgerUpdate::Follows { container, followed, following } => {
                    follows(&mut transaction, name, (container, followed), *following).await?;
                }
                LedgerUpdate::LastWords { container, words } => {
                    last_words(&mut transaction, name, container, words).await?;
                }
            }
        }
        Ok(transaction.commit().await?)
    }
}

async fn failed(db: &mut SqliteConnection, stack: &StackName, object: &Object, attempt: &Attempt) -> Result<(), Error> {
    let (kind, name) = key(object);
    sqlx::query(
        "INSERT INTO attempts (stack, object_kind, object_name, failures, first_at, last_at, next_at, reason, times_json)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT DO UPDATE
         SET failures = ?4, first_at = ?5, last_at = ?6, next_at = ?7, reason = ?8, times_json = ?9",
    )
    .bind(stack.as_str())
    .bind(kind)
    .bind(name)
    .bind(attempt.failures)
    .bind(column::from_time(attempt.first_at))
    .bind(column::from_time(attempt.last_at))
    .bind(column::from_time(attempt.next_at))
    .bind(&attempt.reason)
    .bind(column::from_json(&attempt.times, "attempts.times_json")?)
    .execute(db)
    .await?;
    Ok(())
}

async fn cleared(db: &mut SqliteConnection, stack: &StackName, object: &Object) -> Result<(), Error> {
    let (kind, name) = key(object);
    sqlx::query("DELETE FROM attempts WHERE stack = ? AND object_kind = ? AND object_name = ?")
        .bind(stack.as_str())
        .bind(kind)
        .bind(name)
        .execute(db)
        .await?;
    Ok(())
}

async fn completed(
    db: &mut SqliteConnection,
    stack: &StackName,
    container: &ContainerName,
    completion: &Completion,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO completions (stack, container, service, spec_hash, epoch, container_id, started_at, finished_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE
         SET service = ?3, spec_hash = ?4, epoch = ?5, container_id = ?6, started_at = ?7, finished_at = ?8",
    )
    .bind(stack.as_str())
    .bind(container.as_str())
    .bind(completion.service.as_str())
    .bind(completion.spec_hash.as_str())
    .bind(column::from_number(completion.epoch))
    .bind(&completion.container_id)
    .bind(column::from_time(completion.started_at))
    .bind(column::from_time(completion.finished_at))
    .execute(db)
    .await?;
    Ok(())
}

async fn hooks_ran(
    db: &mut SqliteConnection,
    stack: &StackName,
    container: &ContainerName,
    moment: HookMoment,
    ran: &HooksRan,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO hooks (stack, container, moment, run, at, failed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET run = ?4, at = ?5, failed = ?6",
    )
    .bind(stack.as_str())
    .bind(container.as_str())
    .bind(moment.as_str())
    .bind(column::from_time(ran.run))
    .bind(column::from_time(ran.at))
    .bind(ran.failed.as_deref())
    .execute(db)
    .await?;
    Ok(())
}

async fn follows(
    db: &mut SqliteConnection,
    stack: &StackName,
    (container, followed): (&ContainerName, &ContainerName),
    following: Following,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO followings (stack, container, followed, run, beside, behind) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET run = ?4, beside = ?5, behind = ?6",
    )
    .bind(stack.as_str())
    .bind(container.as_str())
    .bind(followed.as_str())
    .bind(following.run.map(column::from_time))
    .bind(following.beside.map(column::from_time))
    .bind(following.behind)
    .execute(db)
    .await?;
    Ok(())
}

async fn last_words(
    db: &mut SqliteConnection,
    stack: &StackName,
    container: &ContainerName,
    words: &LastWords,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO last_words (stack, container, exit_at, text) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET exit_at = ?3, text = ?4",
    )
    .bind(stack.as_str())
    .bind(container.as_str())
    .bind(column::from_time(words.exit_at))
    .bind(&words.text)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets all failures of a stack, those of hooks too: they are run again where their time is not over.
pub async fn clear_attempts(db: &mut SqliteConnection, stack: &StackName) -> Result<(), Error> {
    sqlx::query("DELETE FROM attempts WHERE stack = ?").bind(stack.as_str()).execute(&mut *db).await?;
    sqlx::query("DELETE FROM last_words WHERE stack = ?").bind(stack.as_str()).execute(&mut *db).await?;
    sqlx::query("DELETE FROM hooks WHERE stack = ? AND failed IS NOT NULL").bind(stack.as_str()).execute(db).await?;
    Ok(())
}

/// Forgets that jobs of a stack are done.
pub async fn forget_completions(db: &mut SqliteConnection, stack: &StackName, which: &Undone) -> Result<(), Error> {
    match which {
        Undone::All => {
            sqlx::query("DELETE FROM completions WHERE stack = ?").bind(stack.as_str()).execute(db).await?;
        }
        Undone::In(places) => {
            for place in places {
                sqlx::query("DELETE FROM completions WHERE stack = ? AND container = ?")
                    .bind(stack.as_str())
                    .bind(place.as_str())
                    .execute(&mut *db)
                    .await?;
            }
        }
    }
    Ok(())
}
