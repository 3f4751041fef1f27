-- Guided test emails: each run with its steps is kept.
CREATE TABLE test_run (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    token         TEXT NOT NULL UNIQUE,
    account_id    INTEGER REFERENCES account(id) ON DELETE SET NULL,
    account_email TEXT NOT NULL,
    contact_id    INTEGER REFERENCES contact(id) ON DELETE SET NULL,
    address       TEXT NOT NULL,                   -- whose reply is waited for
    project_id    INTEGER REFERENCES project(id) ON DELETE SET NULL,
    -- Made for this test, and offered for removal after it.
    made_contact  INTEGER NOT NULL DEFAULT 0,
    made_project  INTEGER NOT NULL DEFAULT 0,
    by_hand       INTEGER NOT NULL DEFAULT 0,      -- the account does not send: a mail written over there is waited for
    outgoing_id   INTEGER REFERENCES outgoing(id) ON DELETE SET NULL,
    message_id    TEXT NOT NULL DEFAULT '',        -- Message-ID of the test's mail
    state         TEXT NOT NULL,                   -- waiting, done, failed, stopped
    started_at    INTEGER NOT NULL,
    ended_at      INTEGER,
    diagnosis     TEXT,                            -- JSON of model::Diagnosis
    checks        TEXT NOT NULL DEFAULT '[]',      -- JSON of model::Check
    reply         INTEGER REFERENCES message(id) ON DELETE SET NULL,
    found         TEXT,                            -- JSON of model::FoundReply: a reply that could not count, and where it lies
    looked_at     INTEGER,                         -- when a look into every folder of the server last succeeded
    cleaned       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX test_run_state ON test_run(state, id);
CREATE INDEX test_run_account ON test_run(account_id);
CREATE INDEX test_run_address ON test_run(address, id);
CREATE INDEX test_run_contact ON test_run(contact_id);
CREATE INDEX test_run_project ON test_run(project_id);
CREATE INDEX test_run_outgoing ON test_run(outgoing_id);
CREATE INDEX test_run_reply ON test_run(reply);

CREATE TABLE test_step (
    run_id   INTEGER NOT NULL REFERENCES test_run(id) ON DELETE CASCADE,
    name     TEXT NOT NULL,
    state    TEXT NOT NULL,
    at       INTEGER,
    took_ms  INTEGER,
    detail   TEXT,
    PRIMARY KEY (run_id, name)
) STRICT, WITHOUT ROWID;
