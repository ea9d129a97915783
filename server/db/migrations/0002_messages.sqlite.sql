-- Messages to be sent, and what became of them; nothing personal in it.

CREATE TABLE outbox (
    id VARCHAR(16) PRIMARY KEY NOT NULL,
    office VARCHAR(40) NOT NULL,
    reference VARCHAR(20) NOT NULL,
    kind VARCHAR(12) NOT NULL,
    channel VARCHAR(8) NOT NULL,
    language VARCHAR(2) NOT NULL,
    sequence INTEGER NOT NULL,
    state VARCHAR(8) NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'dropped')),
    tries INTEGER NOT NULL,
    code VARCHAR(20),
    written_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    done_at TIMESTAMPTZ
);
-- Nobody is told the same thing twice by the same channel.
CREATE UNIQUE INDEX outbox_reference_kind ON outbox (reference, kind, sequence, channel);
CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'waiting';
CREATE INDEX outbox_office ON outbox (office, state);
