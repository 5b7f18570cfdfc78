-- What really happened, one row for each event of the show.
CREATE TABLE as_run (
    number  INTEGER PRIMARY KEY, -- the show's own count, from 1
    turn    INTEGER NOT NULL,    -- number of the first event of the same call
    time_us INTEGER NOT NULL,    -- event clock
    wall_us INTEGER NOT NULL,    -- Unix time
    kind    TEXT NOT NULL,       -- the event's word
    actor   TEXT NOT NULL,       -- JSON
    cause   TEXT NOT NULL,       -- JSON
    event   TEXT NOT NULL        -- JSON
) STRICT;
CREATE INDEX as_run_by_kind ON as_run (kind, number);

-- The whole state after the row `number`. The newest few are kept.
CREATE TABLE snapshot (
    number INTEGER PRIMARY KEY,
    digest BLOB NOT NULL, -- SHA-256 of the body: bytes that a disk has changed are found
    body   TEXT NOT NULL  -- JSON
) STRICT;

CREATE TABLE operator (
    name     TEXT PRIMARY KEY,
    roles    TEXT NOT NULL,    -- words, with commas between them
    password TEXT NOT NULL,    -- PHC string, argon2id
    stamp    INTEGER NOT NULL, -- changes with the password; sessions of another stamp are over
    added_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE web_session (
    digest    BLOB PRIMARY KEY, -- SHA-256 of the token
    operator  TEXT NOT NULL,
    stamp     INTEGER NOT NULL,
    opened_us INTEGER NOT NULL,
    seen_us   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    roles      TEXT NOT NULL,
    acts_for   TEXT REFERENCES operator (name) ON DELETE CASCADE,
    digest     BLOB NOT NULL UNIQUE,
    added_us   INTEGER NOT NULL,
    revoked_us INTEGER
) STRICT;
-- A revoked key leaves its name to the next.
CREATE UNIQUE INDEX api_key_by_name ON api_key (name) WHERE revoked_us IS NULL;

CREATE TABLE link (
    id          INTEGER PRIMARY KEY,
    holder_kind TEXT NOT NULL CHECK (holder_kind IN ('city', 'cohost')),
    holder      TEXT NOT NULL,
    digest      BLOB NOT NULL UNIQUE,
    added_us    INTEGER NOT NULL,
    expires_us  INTEGER,
    renewed_us  INTEGER,
    revoked_us  INTEGER
) STRICT;

-- A channel without a row is public.
CREATE TABLE access_code (
    channel TEXT PRIMARY KEY,
    salt    BLOB NOT NULL,
    digest  BLOB NOT NULL -- SHA-256 of salt and code
) STRICT, WITHOUT ROWID;

-- What happens once in a store's life.
CREATE TABLE milestone (
    name TEXT PRIMARY KEY,
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
