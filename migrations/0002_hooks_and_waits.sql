-- Hooks that have been run: the newest of each moment of a container, with the start of the run of the container.
CREATE TABLE hooks (
    stack     TEXT NOT NULL REFERENCES stacks (name) ON DELETE CASCADE,
    container TEXT NOT NULL,
    moment    TEXT NOT NULL CHECK (moment IN ('post_start', 'pre_stop')),
    run       TEXT NOT NULL,
    at        TEXT NOT NULL,
    failed    TEXT,
    PRIMARY KEY (stack, container, moment)
) STRICT, WITHOUT ROWID;

-- What a step that began had waited for: a list of texts for people, absent where it waited for nothing.
ALTER TABLE history ADD COLUMN waits_json TEXT;
