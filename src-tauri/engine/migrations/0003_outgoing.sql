-- Writing and the outbox: drafts, queued and sent mail, templates, what an account signs with.

-- What stands as the sender's name, and under a mail that this account sends (cleaned HTML).
ALTER TABLE account ADD COLUMN sender_name TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN signature   TEXT NOT NULL DEFAULT '';
-- Why the outgoing server does not let this account send; NULL: nothing is known against it. A secret that was refused
-- there is not sent there again by itself. Incoming mail is another server, and has its own state.
ALTER TABLE account ADD COLUMN sending_cause TEXT;
ALTER TABLE account ADD COLUMN sending_said  TEXT;

CREATE TABLE outgoing (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    state         TEXT NOT NULL,                   -- model::OutgoingState
    account_id    INTEGER REFERENCES account(id) ON DELETE SET NULL,
    from_address  TEXT NOT NULL,
    subject       TEXT NOT NULL DEFAULT '',
    html          TEXT NOT NULL DEFAULT '',        -- as written, cleaned; the signature and the quote are in it
    project_id    INTEGER REFERENCES project(id) ON DELETE SET NULL,
    -- The message that is answered, and the ids that its answer carries (without brackets).
    answers       INTEGER REFERENCES message(id) ON DELETE SET NULL,
    in_reply_to   TEXT NOT NULL DEFAULT '',
    refers_to     TEXT NOT NULL DEFAULT '[]',      -- JSON array
    -- A test email's token; it also rides in a header.
    token         TEXT,
    -- From here on: set when it is queued. The mail is built once, and these are its bytes.
    message_id    TEXT NOT NULL DEFAULT '',
    needs_utf8    INTEGER NOT NULL DEFAULT 0,
    size          INTEGER NOT NULL DEFAULT 0,
    bytes         BLOB,                            -- zstd, up to 256 KB
    raw_hash      BLOB,                            -- larger: the file of this SHA-256
    queued_at     INTEGER,
    send_at       INTEGER,                         -- not before this moment: the time to undo, or send later
    later         INTEGER NOT NULL DEFAULT 0,      -- the person chose that moment
    attempts      INTEGER NOT NULL DEFAULT 0,
    next_try      INTEGER,                         -- of a sent mail: when its copy is looked for again
    -- Committed before the final dot goes out: from then on only the server knows.
    handed_over   INTEGER NOT NULL DEFAULT 0,
    cause         TEXT,                            -- of the last failure
    server_said   TEXT,
    sent_at       INTEGER,
    copy          TEXT NOT NULL DEFAULT 'none',    -- model::CopyState
    copy_tries    INTEGER NOT NULL DEFAULT 0,      -- looks at Sent that reached it
    looks_failed  INTEGER NOT NULL DEFAULT 0,      -- looks since then that did not
    sent_message  INTEGER REFERENCES message(id) ON DELETE SET NULL,
    dismissed     INTEGER NOT NULL DEFAULT 0,      -- taken off the outbox page
    created_at    INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX outgoing_state ON outgoing(state, changed_at, id);
CREATE INDEX outgoing_account ON outgoing(account_id);
CREATE INDEX outgoing_project ON outgoing(project_id, state);
CREATE INDEX outgoing_answers ON outgoing(answers);
CREATE INDEX outgoing_sent ON outgoing(sent_message);
CREATE INDEX outgoing_message_id ON outgoing(message_id) WHERE message_id <> '';
CREATE INDEX outgoing_copy ON outgoing(next_try) WHERE copy = 'wanted';
CREATE INDEX outgoing_hash ON outgoing(raw_hash) WHERE raw_hash IS NOT NULL;

CREATE TABLE outgoing_recipient (
    outgoing_id INTEGER NOT NULL REFERENCES outgoing(id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    role        TEXT NOT NULL,                     -- to, cc, bcc
    name        TEXT NOT NULL,
    address     TEXT NOT NULL,                     -- as typed; comparable from queueing on
    state       TEXT NOT NULL DEFAULT '',          -- '', accepted, refused
    cause       TEXT,
    server_said TEXT,
    PRIMARY KEY (outgoing_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX outgoing_refused ON outgoing_recipient(outgoing_id) WHERE state = 'refused';

-- Attached files are copied at once: what is sent is what was chosen.
CREATE TABLE outgoing_file (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    outgoing_id INTEGER NOT NULL REFERENCES outgoing(id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    size        INTEGER NOT NULL,
    hash        BLOB NOT NULL                      -- the file of this SHA-256 beside the database
) STRICT;
CREATE INDEX outgoing_file_of ON outgoing_file(outgoing_id, id);
CREATE INDEX outgoing_file_hash ON outgoing_file(hash);

CREATE TABLE template (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    title      TEXT NOT NULL,
    subject    TEXT NOT NULL,
    html       TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

-- The largest mail that an outgoing server said it takes (SIZE), by host.
CREATE TABLE size_limit (
    host  TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
