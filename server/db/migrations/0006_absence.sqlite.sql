-- Officers who are away, and shifts that begin or end on a day: a timetable that is changed keeps what was.

CREATE TABLE absence (
    id INTEGER PRIMARY KEY,
    office VARCHAR(40) NOT NULL,
    username VARCHAR(100) NOT NULL,
    date DATE NOT NULL,
    until DATE,
    starts INTEGER,
    ends INTEGER,
    reason VARCHAR(20) NOT NULL
);
CREATE INDEX absence_office ON absence (office, date);

ALTER TABLE shift ADD COLUMN valid_from DATE;
ALTER TABLE shift ADD COLUMN valid_until DATE;
DROP INDEX shift_office_username_weekdays_starts_first_week;
CREATE UNIQUE INDEX shift_office_username_weekdays_starts_first_week_valid_from
    ON shift (office, username, weekdays, starts, first_week, valid_from);
