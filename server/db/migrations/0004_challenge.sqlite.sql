-- What keeps booking fair: whose network a hold came from for a short while, how many dossiers somebody brings, which
-- challenges have been spent, and the codes sent to people whose browser runs no scripts.

ALTER TABLE appointment ADD COLUMN network VARCHAR(64);
ALTER TABLE appointment ADD COLUMN dossiers INTEGER;
CREATE INDEX appointment_created ON appointment (office, created_at);

CREATE TABLE challenge_spent (
    nonce VARCHAR(64) PRIMARY KEY NOT NULL,
    until TIMESTAMPTZ NOT NULL
);
CREATE INDEX challenge_spent_until ON challenge_spent (until);

CREATE TABLE booking_code (
    reference VARCHAR(20) PRIMARY KEY NOT NULL,
    salt VARCHAR(32) NOT NULL,
    recipient VARCHAR(64) NOT NULL,
    network VARCHAR(64) NOT NULL,
    sent INTEGER NOT NULL,
    sent_at TIMESTAMPTZ NOT NULL,
    until TIMESTAMPTZ NOT NULL,
    tries INTEGER NOT NULL
);
CREATE INDEX booking_code_recipient ON booking_code (recipient, sent_at);
CREATE INDEX booking_code_network ON booking_code (network, sent_at);
