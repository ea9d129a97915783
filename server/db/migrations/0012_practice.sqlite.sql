-- Practice: a business day, or a part of it, whose numbers are all samples. Its numbers are counted on their own, so
-- that a real day begins with its own first number, and what is said of its visits is marked.

ALTER TABLE journal ADD COLUMN practice BOOLEAN NOT NULL DEFAULT 0;
ALTER TABLE rating ADD COLUMN sample BOOLEAN NOT NULL DEFAULT 0;
ALTER TABLE number_series ADD COLUMN practice BOOLEAN NOT NULL DEFAULT 0;
DROP INDEX number_series_office_line;
CREATE UNIQUE INDEX number_series_office_line_practice ON number_series (office, line, practice);
DROP INDEX ticket_office_day_series_number;
CREATE UNIQUE INDEX ticket_office_day_series_number_sample ON ticket (office, day, series, number, sample);
