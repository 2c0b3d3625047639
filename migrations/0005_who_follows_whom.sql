-- Which run of a container stood beside which run of one that it follows (`depends_on` with `restart: true`); none, where it had none. What an earlier schema wrote has none,
-- and is told by the engine's clock.
CREATE TABLE followings (
    stack TEXT NOT NULL REFERENCES stacks (name) ON DELETE CASCADE,
    container TEXT NOT NULL,
    followed TEXT NOT NULL,
    run TEXT,
    beside TEXT,
    behind INTEGER NOT NULL,
    PRIMARY KEY (stack, container, followed)
) STRICT, WITHOUT ROWID;
