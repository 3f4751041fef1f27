-- Mail that a delivery report names as not delivered.
CREATE TABLE undelivered (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id  INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,  -- the mail that was sent
    address     TEXT NOT NULL,
    status      TEXT NOT NULL DEFAULT '',          -- RFC 3463, such as 5.1.1
    server_said TEXT NOT NULL DEFAULT '',
    reported_at INTEGER NOT NULL,
    dismissed   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (message_id, address)
) STRICT;
CREATE INDEX undelivered_open ON undelivered(reported_at, id) WHERE dismissed = 0;
