-- Why the office called an appointment off, in a code and in its own words, and which limits it waived when booking it.

ALTER TABLE appointment ADD COLUMN reason VARCHAR(20);
ALTER TABLE appointment ADD COLUMN note VARCHAR(200);
ALTER TABLE appointment ADD COLUMN waived VARCHAR(40) NOT NULL DEFAULT '';
