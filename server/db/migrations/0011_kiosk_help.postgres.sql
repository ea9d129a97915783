-- A kiosk's latest call for help: a row per kiosk that has ever called.
CREATE TABLE kiosk_help (
    id VARCHAR(32) PRIMARY KEY NOT NULL,
    office VARCHAR(40) NOT NULL,
    called_at TIMESTAMPTZ NOT NULL,
    answered_at TIMESTAMPTZ
);
CREATE INDEX kiosk_help_office ON kiosk_help (office);
