-- Who waits for a full day, in the order of joining; what an entry is offered is an appointment that names it.

CREATE TABLE waiting_entry (
    reference VARCHAR(20) PRIMARY KEY NOT NULL,
    office VARCHAR(40) NOT NULL,
    day DATE NOT NULL,
    place BIGINT NOT NULL,
    procedures TEXT NOT NULL,
    officer VARCHAR(100),
    purpose VARCHAR(10) NOT NULL,
    state VARCHAR(8) NOT NULL CHECK (state IN ('waiting', 'booked', 'left')),
    joined_at TIMESTAMPTZ NOT NULL,
    passed TEXT NOT NULL,
    language VARCHAR(2) NOT NULL,
    name VARCHAR(200),
    phone VARCHAR(20),
    email VARCHAR(254),
    dossier_number VARCHAR(60),
    dossier_check VARCHAR(10),
    dossiers INTEGER,
    identity_hash VARCHAR(64),
    identity_tail VARCHAR(3)
);
CREATE INDEX waiting_entry_day ON waiting_entry (office, day, place) WHERE state = 'waiting';
-- Nobody waits twice for the same day.
CREATE UNIQUE INDEX waiting_entry_person ON waiting_entry (office, identity_hash, day) WHERE state = 'waiting';

ALTER TABLE appointment ADD COLUMN waiting_entry VARCHAR(20);
CREATE INDEX appointment_waiting_entry ON appointment (waiting_entry) WHERE waiting_entry IS NOT NULL;
