-- When the failures were that count against an object: a list of times, absent where an earlier schema counted them.
ALTER TABLE attempts ADD COLUMN times_json TEXT;

-- What containers said before their newest end that was not asked for: the end of the log, bounded, secrets masked.
CREATE TABLE last_words (
    stack     TEXT NOT NULL REFERENCES stacks (name) ON DELETE CASCADE,
    container TEXT NOT NULL,
    exit_at   TEXT NOT NULL,
    text      TEXT NOT NULL,
    PRIMARY KEY (stack, container)
) STRICT, WITHOUT ROWID;
