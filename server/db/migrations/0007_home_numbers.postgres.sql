-- Numbers taken at home: a ticket is `coming` until its holder has said at the hall that he is there.
-- Every ticket there was before has its holder in the hall, and stays as it is.

ALTER TABLE ticket DROP CONSTRAINT ticket_state_check;
ALTER TABLE ticket ADD CONSTRAINT ticket_state_check CHECK (state IN ('coming', 'waiting', 'called', 'serving', 'parked', 'missed', 'served', 'withdrawn', 'no-show', 'closed'));
ALTER TABLE ticket ADD COLUMN arrived_at TIMESTAMPTZ;
ALTER TABLE ticket ADD COLUMN person VARCHAR(64);
DROP INDEX ticket_open;
CREATE INDEX ticket_open ON ticket (office, line) WHERE state IN ('coming', 'waiting', 'called', 'serving', 'parked', 'missed');
CREATE INDEX ticket_person ON ticket (office, person) WHERE person IS NOT NULL;
