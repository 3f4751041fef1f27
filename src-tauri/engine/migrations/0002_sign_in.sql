-- Browser sign-in, certificates that a person trusts, what tells a server from something in between, kept mail.

-- The issuer that signs this account in (OAuth 2); NULL: a password.
ALTER TABLE account ADD COLUMN issuer TEXT;

-- The latest cycle when what it signs in with was last given anew, and proven: what failed up to it counts no more.
ALTER TABLE account ADD COLUMN proven_cycle INTEGER NOT NULL DEFAULT 0;

-- Certificates that the person trusts for one account, whatever is wrong with them.
CREATE TABLE trusted_certificate (
    account_id  INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,                     -- SHA-256, as it is shown
    host        TEXT NOT NULL,                     -- that showed it
    trusted_at  INTEGER NOT NULL,
    PRIMARY KEY (account_id, fingerprint)
) STRICT, WITHOUT ROWID;

-- Who vouched for a server when its certificate verified last.
CREATE TABLE known_issuer (
    account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    host       TEXT NOT NULL,
    issuer     TEXT NOT NULL,
    PRIMARY KEY (account_id, host)
) STRICT, WITHOUT ROWID;

-- The network that the cycle ran in, as far as it can be told.
ALTER TABLE cycle ADD COLUMN network TEXT;

-- Mail of deleted accounts that was kept; an account of the same address takes it over.
CREATE TABLE kept_mail (
    email      TEXT NOT NULL,
    message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
    PRIMARY KEY (email, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_mail_message ON kept_mail(message_id);
