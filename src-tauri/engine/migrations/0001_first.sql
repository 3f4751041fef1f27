-- The first schema. Times are UTC milliseconds, addresses are in comparable form (model::Address).

-- Settings and the profile's uuid.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid            TEXT NOT NULL UNIQUE,          -- names it in the keychain
    email           TEXT NOT NULL,
    username        TEXT NOT NULL,
    in_host         TEXT NOT NULL,
    in_port         INTEGER NOT NULL,
    in_security     TEXT NOT NULL,
    out_host        TEXT,                          -- NULL: no outgoing server
    out_port        INTEGER,
    out_security    TEXT,
    ca_pem          TEXT,
    provider        TEXT NOT NULL,
    paused          INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    -- Figures for the account's page.
    headers_seen    INTEGER NOT NULL DEFAULT 0,
    messages_copied INTEGER NOT NULL DEFAULT 0,
    bytes_copied    INTEGER NOT NULL DEFAULT 0,
    -- The profile's awake clock (meta 'awake_ms') at the last success; lateness is counted from here.
    awake_at_success INTEGER NOT NULL DEFAULT 0,
    -- Gmail that hides All Mail from IMAP.
    all_mail_hidden INTEGER NOT NULL DEFAULT 0,
    UNIQUE (email, in_host, username)
) STRICT;

CREATE TABLE account_alias (
    account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    address    TEXT NOT NULL,
    -- 'known': sends and receives for it. 'asked': seen as From in Sent, not answered yet. 'declined': answered no.
    state      TEXT NOT NULL,
    PRIMARY KEY (account_id, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE folder (
    id             INTEGER PRIMARY KEY,
    account_id     INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    raw_name       TEXT NOT NULL,                  -- as the server writes it
    name           TEXT NOT NULL,                  -- for people
    role           TEXT NOT NULL,                  -- by special-use or name
    watched        INTEGER NOT NULL,               -- what holds now
    watched_choice INTEGER,                        -- what the user chose, if anything
    sent_choice    INTEGER,                        -- the user marked it as a Sent folder (1) or not (0)
    -- The cursor: every UID below next_uid has been looked at. NULL: never scanned.
    uid_validity   INTEGER,
    next_uid       INTEGER,
    exists_count   INTEGER,
    highest_modseq INTEGER,
    UNIQUE (account_id, raw_name)
) STRICT;

CREATE TABLE project (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    title      TEXT NOT NULL,
    status     TEXT NOT NULL,
    status_at  INTEGER NOT NULL,
    notes      TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE contact (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    name               TEXT NOT NULL,
    kind               TEXT NOT NULL,
    company            TEXT NOT NULL DEFAULT '',
    phone              TEXT NOT NULL DEFAULT '',
    notes              TEXT NOT NULL DEFAULT '',
    default_project_id INTEGER REFERENCES project(id) ON DELETE SET NULL,
    created_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX contact_name ON contact(name COLLATE NOCASE, id);
CREATE INDEX contact_default ON contact(default_project_id);

-- AUTOINCREMENT: an address that is saved again gets a new id, and with it new coverage.
CREATE TABLE contact_address (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id     INTEGER NOT NULL REFERENCES contact(id) ON DELETE CASCADE,
    address        TEXT NOT NULL UNIQUE,
    saved_at       INTEGER NOT NULL,
    -- Earlier mail comes in since this moment; NULL: none; 0: all.
    backfill_since INTEGER
) STRICT;
CREATE INDEX contact_address_contact ON contact_address(contact_id, id);

CREATE TABLE project_contact (
    project_id INTEGER NOT NULL REFERENCES project(id) ON DELETE CASCADE,
    contact_id INTEGER NOT NULL REFERENCES contact(id) ON DELETE CASCADE,
    PRIMARY KEY (project_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX project_contact_contact ON project_contact(contact_id, project_id);

-- What a folder has been searched for. A missing row, or a range that grew, means: search it.
CREATE TABLE coverage (
    address_id     INTEGER NOT NULL REFERENCES contact_address(id) ON DELETE CASCADE,
    folder_id      INTEGER NOT NULL REFERENCES folder(id) ON DELETE CASCADE,
    uid_validity   INTEGER NOT NULL,
    first_uid_next INTEGER NOT NULL,               -- UIDNEXT as first seen after the address was saved
    searched_since INTEGER NOT NULL,
    PRIMARY KEY (address_id, folder_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX coverage_folder ON coverage(folder_id);

-- Messages that were found and are not fetched yet. Committed with the cursor, so that nothing is lost when
-- a cycle ends early.
CREATE TABLE wanted (
    folder_id     INTEGER NOT NULL REFERENCES folder(id) ON DELETE CASCADE,
    uid_validity  INTEGER NOT NULL,
    uid           INTEGER NOT NULL,
    address_id    INTEGER REFERENCES contact_address(id) ON DELETE CASCADE,
    size          INTEGER NOT NULL,
    internal_date INTEGER NOT NULL,
    seen          INTEGER NOT NULL,
    outgoing      INTEGER NOT NULL,
    gmail_id      INTEGER,
    backfilled    INTEGER NOT NULL,
    -- Its time is out of range: only the place is noted, if the message turns out to be here already.
    known_only    INTEGER NOT NULL,
    -- How often the server failed to deliver it: such a message comes last and stops no other.
    attempts      INTEGER NOT NULL DEFAULT 0,
    state         TEXT NOT NULL,                   -- 'fetch', or 'ask': a moved mailbox waits for an answer
    PRIMARY KEY (folder_id, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX wanted_address ON wanted(address_id);

CREATE TABLE thread (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The user moved the thread: its messages from bound_from on go there.
    bound_project_id INTEGER REFERENCES project(id) ON DELETE SET NULL,
    bound_from       INTEGER
) STRICT;
CREATE INDEX thread_bound ON thread(bound_project_id);

-- Every id of Message-ID, In-Reply-To and References, those of messages never seen included.
CREATE TABLE thread_node (
    id        TEXT PRIMARY KEY,
    thread_id INTEGER NOT NULL REFERENCES thread(id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX thread_node_thread ON thread_node(thread_id);

-- What a message refers to: In-Reply-To and References, and its own id.
CREATE TABLE message_ref (
    message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
    id         TEXT NOT NULL,
    PRIMARY KEY (message_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id    TEXT NOT NULL,                   -- without brackets; '' when there is none
    fingerprint   BLOB NOT NULL,
    thread_id     INTEGER NOT NULL REFERENCES thread(id),
    direction     TEXT NOT NULL,
    from_name     TEXT NOT NULL,
    from_address  TEXT NOT NULL,
    to_json       TEXT NOT NULL,
    cc_json       TEXT NOT NULL,
    subject       TEXT NOT NULL,
    preview       TEXT NOT NULL,
    attachments   TEXT NOT NULL,                   -- JSON of model::Attachment
    date          INTEGER NOT NULL,
    received      INTEGER NOT NULL,                -- INTERNALDATE
    project_id    INTEGER REFERENCES project(id) ON DELETE SET NULL,
    reason        TEXT NOT NULL,                   -- filing::Reason, by its code
    moved_by_user INTEGER NOT NULL DEFAULT 0,
    seen          INTEGER NOT NULL,                -- \Seen at any of its locations when last looked
    opened        INTEGER,                         -- 1: opened here; 0: marked unread here; NULL: as the server says
    done          INTEGER NOT NULL DEFAULT 0,      -- taken off "Needs a reply"
    automatic     INTEGER NOT NULL,
    partial       INTEGER NOT NULL,
    unparsable    INTEGER NOT NULL,
    size          INTEGER NOT NULL,
    raw_hash      BLOB                             -- the bytes lie in a file of this SHA-256, not in raw
) STRICT;
CREATE INDEX message_identity ON message(message_id, fingerprint);
CREATE INDEX message_fingerprint ON message(fingerprint);
CREATE INDEX message_thread ON message(thread_id, date, id, automatic);
CREATE INDEX message_project ON message(project_id, date, id, direction, opened, seen);
CREATE INDEX message_date ON message(date, id);
CREATE INDEX message_open ON message(date, id, thread_id) WHERE direction = 'in' AND done = 0 AND automatic = 0 AND project_id IS NOT NULL;
CREATE INDEX message_raw_hash ON message(raw_hash) WHERE raw_hash IS NOT NULL;

-- Original bytes up to 256 KB, zstd.
CREATE TABLE raw (
    message_id INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
    bytes      BLOB NOT NULL
) STRICT;

-- The text for reading and for snippets.
CREATE TABLE body (
    message_id INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
    text       TEXT NOT NULL
) STRICT;

-- Every readable address of From, To, Cc and Bcc, known or not.
CREATE TABLE participant (
    message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
    role       TEXT NOT NULL,                      -- from, to, cc, bcc
    position   INTEGER NOT NULL,
    address    TEXT NOT NULL,
    PRIMARY KEY (message_id, role, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX participant_address ON participant(address, message_id);

CREATE TABLE location (
    folder_id    INTEGER NOT NULL REFERENCES folder(id) ON DELETE CASCADE,
    uid          INTEGER NOT NULL,
    uid_validity INTEGER NOT NULL,
    message_id   INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
    seen         INTEGER NOT NULL,
    outgoing     INTEGER NOT NULL,
    gmail_id     INTEGER,
    PRIMARY KEY (folder_id, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX location_message ON location(message_id);

-- From which accounts a message ever came, also when it is gone from there.
CREATE TABLE origin (
    account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
    PRIMARY KEY (account_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX origin_message ON origin(message_id);

-- Keychain entries of deleted accounts that could not be reached then; removed when the keychain is back.
CREATE TABLE stale_secret (
    user TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- A mail in a filed thread from someone who is no contact: who, when, which, and nothing else of it.
CREATE TABLE stranger (
    id         INTEGER PRIMARY KEY,
    thread_id  INTEGER NOT NULL REFERENCES thread(id) ON DELETE CASCADE,
    message_id TEXT NOT NULL UNIQUE,
    address    TEXT NOT NULL,
    name       TEXT NOT NULL,
    date       INTEGER NOT NULL
) STRICT;
CREATE INDEX stranger_thread ON stranger(thread_id);
CREATE INDEX stranger_address ON stranger(address);

CREATE TABLE cycle (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id   INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    started_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    outcome      TEXT NOT NULL,                    -- running, success, failed, cancelled
    new_messages INTEGER NOT NULL DEFAULT 0,
    headers_seen INTEGER NOT NULL DEFAULT 0,
    bytes_in     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX cycle_account ON cycle(account_id, id);
CREATE INDEX cycle_success ON cycle(account_id, outcome, ended_at);

CREATE TABLE cycle_failure (
    cycle_id    INTEGER NOT NULL REFERENCES cycle(id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    cause       TEXT NOT NULL,
    server_said TEXT,
    folder      TEXT,
    PRIMARY KEY (cycle_id, position)
) STRICT, WITHOUT ROWID;

-- How many earlier messages of an address an account's server holds, as last counted.
CREATE TABLE earlier (
    address_id INTEGER NOT NULL REFERENCES contact_address(id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    count      INTEGER NOT NULL,
    oldest     INTEGER,
    PRIMARY KEY (address_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX earlier_account ON earlier(account_id);

CREATE TABLE undo (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    made_at  INTEGER NOT NULL,
    sentence TEXT NOT NULL,
    steps    TEXT NOT NULL                         -- JSON: what was where before
) STRICT;

-- Search over normalised text (mail::search_text); rowid is the message's.
CREATE VIRTUAL TABLE message_fts USING fts5(
    "from", "to", subject, body, attachments,
    content = '', contentless_delete = 1, prefix = '1 2 3', tokenize = 'unicode61'
);
