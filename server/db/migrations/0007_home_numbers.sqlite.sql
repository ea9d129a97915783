-- Numbers taken at home: a ticket is `coming` until its holder has said at the hall that he is there.
-- Every ticket there was before has its holder in the hall, and stays as it is.
-- SQLite cannot change a CHECK, so the table is made anew.

ALTER TABLE ticket RENAME TO ticket_before;
CREATE TABLE ticket (
    id VARCHAR(100) PRIMARY KEY NOT NULL,
    office VARCHAR(40) NOT NULL,
    day DATE NOT NULL,
    series VARCHAR(4) NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    label VARCHAR(12) NOT NULL,
    line VARCHAR(4) NOT NULL,
    klass VARCHAR(40),
    rate INTEGER NOT NULL,
    source VARCHAR(16) NOT NULL,
    state VARCHAR(12) NOT NULL CHECK (state IN ('coming', 'waiting', 'called', 'serving', 'parked', 'missed', 'served', 'withdrawn', 'no-show', 'closed')),
    virtual_at TIMESTAMPTZ NOT NULL,
    issued_at TIMESTAMPTZ NOT NULL,
    issued_seq BIGINT NOT NULL,
    touched_seq BIGINT NOT NULL,
    only_officer VARCHAR(100),
    only_counter INTEGER,
    back_to VARCHAR(100),
    first_called_at TIMESTAMPTZ,
    called_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    ended_seq BIGINT,
    announced_at TIMESTAMPTZ,
    announced_seq BIGINT,
    announced_counter INTEGER,
    counter INTEGER,
    officer VARCHAR(100),
    misses INTEGER NOT NULL,
    missed_at TIMESTAMPTZ,
    returned_seq BIGINT,
    parked_at TIMESTAMPTZ,
    kept_ms BIGINT NOT NULL,
    parked_until TIMESTAMPTZ,
    chosen_by VARCHAR(100),
    choice_reason VARCHAR(200),
    park_reason VARCHAR(200),
    visit VARCHAR(100) NOT NULL,
    appointment VARCHAR(20),
    procedures TEXT NOT NULL,
    served_procedures TEXT NOT NULL,
    outcome VARCHAR(40),
    dossiers INTEGER,
    promised_on DATE,
    language VARCHAR(2) NOT NULL,
    sample BOOLEAN NOT NULL,
    follow_no INTEGER NOT NULL,
    follow_hash VARCHAR(64) NOT NULL,
    arrived_at TIMESTAMPTZ,
    person VARCHAR(64)
);
INSERT INTO ticket (
    id, office, day, series, number, label, line, klass, rate, source, state, virtual_at, issued_at, issued_seq,
    touched_seq, only_officer, only_counter, back_to, first_called_at, called_at, started_at, ended_at,
    ended_seq, announced_at, announced_seq, announced_counter, counter, officer, misses, missed_at,
    returned_seq, parked_at, kept_ms, parked_until, chosen_by, choice_reason, park_reason, visit, appointment,
    procedures, served_procedures, outcome, dossiers, promised_on, language, sample, follow_no, follow_hash
) SELECT
    id, office, day, series, number, label, line, klass, rate, source, state, virtual_at, issued_at, issued_seq,
    touched_seq, only_officer, only_counter, back_to, first_called_at, called_at, started_at, ended_at,
    ended_seq, announced_at, announced_seq, announced_counter, counter, officer, misses, missed_at,
    returned_seq, parked_at, kept_ms, parked_until, chosen_by, choice_reason, park_reason, visit, appointment,
    procedures, served_procedures, outcome, dossiers, promised_on, language, sample, follow_no, follow_hash
FROM ticket_before;
DROP TABLE ticket_before;
CREATE UNIQUE INDEX ticket_office_day_series_number ON ticket (office, day, series, number);
CREATE UNIQUE INDEX ticket_follow_hash ON ticket (follow_hash);
CREATE INDEX ticket_day ON ticket (office, day);
CREATE INDEX ticket_announced ON ticket (office, announced_seq);
CREATE INDEX ticket_open ON ticket (office, line) WHERE state IN ('coming', 'waiting', 'called', 'serving', 'parked', 'missed');
CREATE INDEX ticket_person ON ticket (office, person) WHERE person IS NOT NULL;
