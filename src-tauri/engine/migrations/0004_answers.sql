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
-- A report is looked for when mail was sent lately.
CREATE INDEX outgoing_sent_at ON outgoing(sent_at) WHERE sent_at IS NOT NULL;

-- Who needs a reply, and who is waited for. A message is the newest of its thread when no other that is not automatic
-- is newer; it is kept here, so that nothing looks through threads to count.
ALTER TABLE message ADD COLUMN newest INTEGER NOT NULL DEFAULT 0;
UPDATE message SET newest = 1 WHERE id IN (
    SELECT (SELECT m.id FROM message m WHERE m.thread_id = t.id AND m.automatic = 0
            ORDER BY m.date DESC, m.id DESC LIMIT 1)
    FROM thread t
);
CREATE INDEX message_newest ON message(thread_id) WHERE newest = 1;
DROP INDEX message_open;
CREATE INDEX message_needs_reply ON message(date, id, message_id)
    WHERE newest = 1 AND direction = 'in' AND done = 0 AND project_id IS NOT NULL;
CREATE INDEX message_waiting ON message(date, id, message_id)
    WHERE newest = 1 AND direction = 'out' AND done = 0 AND project_id IS NOT NULL;
-- Who refers to a message.
CREATE INDEX message_ref_id ON message_ref(id);

CREATE TRIGGER message_newest_insert AFTER INSERT ON message WHEN NEW.automatic = 0 BEGIN
    UPDATE message SET newest = 0
        WHERE thread_id = NEW.thread_id AND newest = 1 AND (date, id) < (NEW.date, NEW.id);
    UPDATE message SET newest = 1
        WHERE id = NEW.id AND NOT EXISTS (SELECT 1 FROM message n WHERE n.thread_id = NEW.thread_id AND n.newest = 1);
END;

CREATE TRIGGER message_newest_delete AFTER DELETE ON message WHEN OLD.newest = 1 BEGIN
    UPDATE message SET newest = 1 WHERE id = (
        SELECT n.id FROM message n WHERE n.thread_id = OLD.thread_id AND n.automatic = 0
        ORDER BY n.date DESC, n.id DESC LIMIT 1);
END;

-- Threads are joined; a date or what is automatic changes. Both the thread that it left and the one that it is in now
-- get theirs.
CREATE TRIGGER message_newest_update AFTER UPDATE OF thread_id, date, automatic ON message BEGIN
    UPDATE message SET newest = 0 WHERE id = NEW.id;
    UPDATE message SET newest = 0 WHERE thread_id = NEW.thread_id AND newest = 1;
    UPDATE message SET newest = 0 WHERE thread_id = OLD.thread_id AND newest = 1;
    UPDATE message SET newest = 1 WHERE id = (
        SELECT n.id FROM message n WHERE n.thread_id = NEW.thread_id AND n.automatic = 0
        ORDER BY n.date DESC, n.id DESC LIMIT 1);
    UPDATE message SET newest = 1 WHERE id = (
        SELECT n.id FROM message n WHERE n.thread_id = OLD.thread_id AND n.automatic = 0
        ORDER BY n.date DESC, n.id DESC LIMIT 1);
END;
