-- Times are RFC 3339 in UTC with nine decimals (2026-11-20T10:57:17.000000000Z), so that they sort as text and lose nothing.
-- Columns named *_json hold what SQL never looks into.

-- What each stack should be. The definition in force is the newest of its revisions.
CREATE TABLE stacks (
    name        TEXT PRIMARY KEY,
    generation  INTEGER NOT NULL CHECK (generation >= 1),
    epoch       INTEGER NOT NULL CHECK (epoch >= 0),
    goal        TEXT NOT NULL CHECK (goal IN ('up', 'down')),
    held        INTEGER NOT NULL CHECK (held IN (0, 1)),
    intent_json TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    changed_at  TEXT NOT NULL
) STRICT;

CREATE TABLE revisions (
    stack           TEXT NOT NULL REFERENCES stacks (name) ON DELETE CASCADE,
    generation      INTEGER NOT NULL CHECK (generation >= 1),
    definition_json TEXT NOT NULL,
    resolved_json   TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    PRIMARY KEY (stack, generation)
) STRICT, WITHOUT ROWID;

-- Failures that count against an object now.
CREATE TABLE attempts (
    stack       TEXT NOT NULL REFERENCES stacks (name) ON DELETE CASCADE,
    object_kind TEXT NOT NULL CHECK (object_kind IN ('image', 'network', 'volume', 'container')),
    object_name TEXT NOT NULL,
    failures    INTEGER NOT NULL CHECK (failures >= 0),
    first_at    TEXT NOT NULL,
    last_at     TEXT NOT NULL,
    next_at     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    PRIMARY KEY (stack, object_kind, object_name)
) STRICT, WITHOUT ROWID;

-- Jobs that are done.
CREATE TABLE completions (
    stack       TEXT NOT NULL REFERENCES stacks (name) ON DELETE CASCADE,
    container   TEXT NOT NULL,
    service     TEXT NOT NULL,
    spec_hash   TEXT NOT NULL,
    epoch       INTEGER NOT NULL CHECK (epoch >= 0),
    finished_at TEXT NOT NULL,
    PRIMARY KEY (stack, container)
) STRICT, WITHOUT ROWID;

-- One row a request. They outlive their stack, as history does, so there is no foreign key.
CREATE TABLE operations (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT NOT NULL UNIQUE,
    stack         TEXT NOT NULL,
    verb          TEXT NOT NULL,
    services_json TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'superseded')),
    ended_at      TEXT CHECK ((ended_at IS NULL) = (state = 'running')),
    reason        TEXT CHECK ((reason IS NULL) = (state <> 'failed')),
    generation    INTEGER NOT NULL,
    created_at    TEXT NOT NULL,
    deadline      TEXT NOT NULL
) STRICT;
CREATE INDEX operations_of_stack ON operations (stack, seq);
CREATE UNIQUE INDEX one_running_operation_of_a_stack ON operations (stack) WHERE state = 'running';

CREATE TABLE history (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        TEXT NOT NULL,
    stack     TEXT,
    service   TEXT,
    operation TEXT,
    kind      TEXT NOT NULL,
    object    TEXT,
    message   TEXT NOT NULL,
    cause     TEXT,
    took_ms   INTEGER CHECK (took_ms >= 0)
) STRICT;
CREATE INDEX history_of_stack ON history (stack, id);
CREATE INDEX history_of_operation ON history (operation, id);

-- Keys of writes that were accepted, so that a repeated request gets the first one's answer.
CREATE TABLE idempotency_keys (
    key         TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    generation  INTEGER NOT NULL,
    operation   TEXT,
    created_at  TEXT NOT NULL
) STRICT;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- API tokens. Only the SHA-256 of a token is kept.
CREATE TABLE tokens (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    hash         BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_at   TEXT NOT NULL,
    last_used_at TEXT,
    revoked_at   TEXT
) STRICT;

-- Who asked for what over the API.
CREATE TABLE audit (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     TEXT NOT NULL,
    who    TEXT NOT NULL,
    method TEXT NOT NULL,
    path   TEXT NOT NULL,
    status INTEGER NOT NULL
) STRICT;
